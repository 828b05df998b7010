import { ElementType, type Model } from '../file/types';
import { makeNode } from '../file/writeModel';

/** Name under which a half-precision input takes float32. */
export function feedName(input: string): string {
  return `${input}/float32`;
}

/**
 * Makes half-precision inputs take float32: not every version of Node has typed arrays for halves that
 * the runtime accepts. Feeds of such inputs go by `feedName`.
 */
export function widenHalfInputs<M extends Pick<Model, 'graph'>>(model: M): M {
  const halves = model.graph.inputs.filter(isHalf);
  if (halves.length === 0) return model;
  const casts = halves.map(({ name }) =>
    makeNode('Cast', [feedName(name)], [name], { attributes: { to: ElementType.float16 } }),
  );
  const inputs = model.graph.inputs.map(input =>
    isHalf(input)
      ? { ...input, name: feedName(input.name), elementType: ElementType.float }
      : input,
  );
  return { ...model, graph: { ...model.graph, inputs, nodes: [...casts, ...model.graph.nodes] } };
}

function isHalf({ elementType }: { readonly elementType: number }): boolean {
  return elementType === ElementType.float16;
}
