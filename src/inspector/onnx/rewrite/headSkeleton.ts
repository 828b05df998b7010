import { ElementType } from '../file/types';
import { writeModel } from '../file/writeModel';
import type { Analysis } from '../graph/analysis';
import type { Streams } from '../stream/residualStream';
import { Cut } from './cut';
import { widenHalfInputs } from './halfInputs';
import { weightsFolder } from './instrument';

/** A part of a model as a model of its own. */
export interface CutOut {
  readonly skeleton: Uint8Array;
  /** The tensor that it reads, the only input. */
  readonly input: string;
  readonly elementType: number;
}

/** Why a part cannot stand alone, to be read after “…, because ”. */
export interface NotCutOut {
  readonly reason: string;
}

/**
 * The part of a graph between two of its tensors, with its weights left in their files.
 * @param from hidden state `[rows, tokens, modelDim]`, the only input of the result
 * @param to tensors computed from it, the outputs of the result
 */
export function headSkeleton(
  analysis: Analysis,
  streams: Streams,
  from: string,
  to: readonly string[],
): CutOut | NotCutOut {
  const cut = new Cut(analysis, streams, [from]);
  const reason = cut.collect(to);
  if (reason !== undefined) return { reason };
  const { model } = analysis;
  const elementType = cut.typeOf(from);
  const graph = {
    nodes: cut.nodes(),
    initializers: cut.initializers,
    inputs: [{ name: from, elementType }],
    outputs: to.map(name => ({ name, elementType: ElementType.undefined })),
  };
  const { opsets, irVersion, functions } = model;
  const skeleton = writeModel(
    widenHalfInputs({ graph, opsets, irVersion, functions }),
    weightsFolder(model),
  );
  return { skeleton, input: from, elementType };
}
