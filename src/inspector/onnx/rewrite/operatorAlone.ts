import { ElementType, type Model, type Node } from '../file/types';
import { writeModel } from '../file/writeModel';
import { feedName, widenHalfInputs } from './halfInputs';
import { weightsFolder } from './instrument';

/** A model of one operator. */
export interface Alone {
  readonly bytes: Uint8Array;
  /** Name under which each input that the operator had computed is fed, as float32. */
  readonly feeds: readonly string[];
  readonly output: string;
}

/**
 * One node with its stored weights as a model of its own.
 * @param given its inputs that are fed, by their position, and their element type
 */
export function operatorAlone(
  model: Model,
  node: Node,
  given: readonly { readonly at: number; readonly elementType: number }[],
): Alone {
  const nameOf = (at: number) => `attention_debugger/given/${at}`;
  const names = node.inputs.map((name, at) =>
    given.some(one => one.at === at) ? nameOf(at) : name,
  );
  const output = 'attention_debugger/output';
  const graph = {
    nodes: [{ ...node, inputs: names, outputs: [output] }],
    initializers: new Map([...model.graph.initializers].filter(([name]) => names.includes(name))),
    inputs: given.map(({ at, elementType }) => ({
      name: nameOf(at),
      elementType,
      dims: [undefined, undefined],
    })),
    outputs: [{ name: output, elementType: 0 }],
  };
  const feeds = given.map(({ at, elementType }) =>
    elementType === ElementType.float16 ? feedName(nameOf(at)) : nameOf(at),
  );
  const whole = widenHalfInputs({ ...model, graph });
  return { bytes: writeModel(whole, weightsFolder(model)), feeds, output };
}
