import type { ModelCard, Stack } from '../../protocol/model';
import type { FileStamps } from '../files/fileStamps';
import type { ValueInfo } from '../onnx/file/types';
import type { InputRole } from '../onnx/graph/inputRoles';
import type { OutputHead } from './head/headSession';
import type { Inside } from './inside';
import type { MaskValues, TokenAxes } from './inputs/inputSignature';
import type { Pieces } from './pieces/pieces';
import type { StackPositions } from './positions/positionNumbers';
import type { Missing, Projection } from './projection';
import type { Feeds, CaptureRequest, ModelRun, Intervention, RunOptions } from './run';

/** An input of a graph, by the name under which it is fed. */
export interface GraphInput {
  readonly name: string;
  readonly role: InputRole;
  /** As the graph has it, with its own name. */
  readonly info: ValueInfo;
  /** How token ids lie in it, where not `[batch, tokens]`. */
  readonly axes?: TokenAxes;
  /** What its elements say, where it is a mask. */
  readonly mask?: MaskValues;
}

/** A model opened with all its attention sites exposed. */
export interface InstrumentedModel {
  readonly card: ModelCard;
  /** Files that hold its graphs and weights, as they were when they were read. */
  readonly files: FileStamps;
  readonly inputs: readonly GraphInput[];
  /** Its graphs take one text at a time: several are run one by one, and cannot touch each other. */
  readonly takesOneRow: boolean;
  /** What each token is called where the model reads the patches of a picture. */
  readonly patches?: readonly string[] | undefined;
  /**
   * Runs the model once.
   * @throws InspectorError `inputs-wrong`, `vocabulary-mismatch`, `out-of-memory`
   */
  run(
    feeds: Feeds,
    request: CaptureRequest,
    interventions?: readonly Intervention[],
    options?: RunOptions,
  ): Promise<ModelRun>;
  /**
   * Reads the numbers of a stack's position scheme.
   * @param length tokens of the text at hand
   * @param reach distances up to which biases are read
   */
  positions(stack: Stack, length: number, reach: number): Promise<StackPositions>;
  /** Reads W_O of a site, given as its index in `card.sites`. */
  projection(site: number): Projection | Missing;
  /** The cosine between the output head's matrix and the table of embeddings: 1 where they are tied. */
  headTie(): number | Missing;
  /**
   * What follows the last layer, to be applied to any state; opened once and kept.
   * @throws InspectorError `not-captured` where there are no logits, or the head cannot stand alone
   */
  head(): Promise<OutputHead>;
  /**
   * The model as a chain of pieces, in which the numbers of many runs can be replaced at once.
   * @throws InspectorError `not-captured` where it cannot be taken apart
   */
  pieces(): Pieces;
  /** Its graphs as they compute, for comparing them with others. */
  inside(): Inside;
  dispose(): Promise<void>;
}
