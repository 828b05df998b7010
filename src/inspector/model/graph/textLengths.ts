import { feedName } from '../../onnx/rewrite/halfInputs';
import type * as ort from '../../runtime/ort';
import type { RuntimeTensors } from '../../runtime/session';
import type { LoadedGraph } from './loadGraph';

/** Tokens that a run has in each of a model's texts, by the name of its input. */
export type TextLengths = ReadonlyMap<string, number>;

/** What tells where the tokens of an input are. */
export type TextAxes = Pick<LoadedGraph, 'lineage' | 'signature'>;

/** Ids are `[batch, tokens]`, or `[tokens, batch]` and `[tokens]` as the signature says. */
export function tokenAxis({ signature }: TextAxes, { dims }: ort.Tensor): number {
  return signature.axes || dims.length < 2 ? 0 : 1;
}

/** How many tokens the feeds of a run have in each text. */
export function textLengths(feeds: RuntimeTensors, loaded: TextAxes): TextLengths {
  const { picture } = loaded.signature;
  return new Map(
    loaded.lineage.texts.flatMap(name => {
      if (name === picture?.name) return [[name, picture.patches.length] as const];
      const tensor = feeds[name];
      return tensor ? [[name, tensor.dims[tokenAxis(loaded, tensor)] ?? 1] as const] : [];
    }),
  );
}

/** Whether keys and values of earlier runs are given: a buffer that slides has its size without any. */
export function isPastGiven(feeds: RuntimeTensors, { lineage, signature }: TextAxes): boolean {
  const { roles, pasts } = signature;
  const most = Math.max(...textLengths(feeds, { lineage, signature }).values());
  return [...roles].some(([name, role]) => {
    const { size = 0, dims = [] } = feeds[name] ?? feeds[feedName(name)] ?? {};
    if (role === 'past') return size > 0 && (pasts.get(name)?.room ?? 0) === 0;
    return role === 'mask' && dims.length === 2 && (dims[1] ?? 0) > most;
  });
}
