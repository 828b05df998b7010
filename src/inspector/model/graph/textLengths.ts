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
