import { InspectorError } from '../../../protocol/errors';
import type { SelfCheck } from '../../../protocol/model';
import { ElementType } from '../../onnx/file/types';
import { feedName } from '../../onnx/rewrite/halfInputs';
import { headSkeleton } from '../../onnx/rewrite/headSkeleton';
import { weightsFolder } from '../../onnx/rewrite/instrument';
import { isSumWith } from '../../onnx/stream/plainSum';
import { Session } from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import { judge } from '../check/selfCheck';
import type { Part } from '../part';
import { largestDifference } from '../probe/original';
import { plainProbe } from '../probe/probe';
import { Piecewise, type LogitPiece } from './piecewise';

/** Tokens that the head is checked with. */
const PROBED_TOKENS = 12;

/** What a model does to its residual stream after the last layer, as a model of its own. */
export interface OutputHead {
  /** Entries that the logits are of. */
  readonly vocabulary: number;
  readonly modelDim: number;
  /** How well head(residual) agrees with the model's own logits; never refused. */
  readonly check: SelfCheck;
  /** Something happens before the vocabulary: a final normalisation that `normed` applies. */
  readonly hasNorm: boolean;
  /** Nothing but additions lies between the embeddings and the state after the last layer. */
  readonly isOfSum: boolean;
  /**
   * Logits `[rows, tokens, vocabulary]` of residual states `[rows, tokens, modelDim]`, as they are
   * before the final normalisation.
   */
  run(states: Tensor): Promise<Tensor>;
  /** The same a few tokens at a time, for vocabularies that make the whole too large. */
  pieces(states: Tensor): AsyncGenerator<LogitPiece, void>;
  /** Residual states after the final normalisation `[rows, tokens, modelDim]`. */
  normed(states: Tensor): Promise<Tensor>;
  /** Logits of states that are normalised already `[rows, tokens, vocabulary]`. */
  unembed(normed: Tensor): Promise<Tensor>;
}

/** The head of one graph: `states → logits`, and its two halves, opened when they are first asked for. */
export class HeadSession implements OutputHead {
  #normalise: Promise<Piecewise> | undefined;
  #unembed: Promise<Piecewise> | undefined;

  private constructor(
    private readonly part: Part,
    private readonly names: HeadNames,
    private readonly whole: Piecewise,
    readonly vocabulary: number,
    readonly modelDim: number,
    readonly check: SelfCheck,
  ) {}

  /**
   * Cuts the head out of a graph and checks that it gives the graph's own logits.
   * @param name of the model, for people
   * @throws InspectorError `not-captured`
   */
  static async open(part: Part, name: string): Promise<HeadSession> {
    const { loaded, session, precision, maximumPositions = Infinity } = part.graph;
    const names = headNames(part, name);
    const length = Math.max(2, Math.min(PROBED_TOKENS, maximumPositions - 2));
    const { feeds, batch } = plainProbe(loaded, length);
    const wanted = { quantities: new Set<never>(), hiddenStates: true, output: true };
    const run = await session.run(feeds, batch, wanted);
    const residual = run.streams.at(-1)?.residual;
    const { output } = run;
    const modelDim = residual?.dims.at(-1) ?? 0;
    const vocabulary = output?.dims.at(-1) ?? 0;
    if (!residual || output?.dims.length !== 3 || modelDim * vocabulary === 0) {
      throw noLogits(name);
    }
    const rank = residual.dims.length;
    const whole = await openPiecewise(part, names, names.residual, names.output, vocabulary, rank);
    try {
      // In two pieces: each token's logits must not depend on its neighbours.
      const tokens = residual.data.length / modelDim;
      const states = { dims: [1, tokens, modelDim], data: residual.data };
      const logits = await whole.run(states, Math.ceil(tokens / 2));
      const difference = largestDifference(logits, output);
      const check = judge(difference, precision, 'the logits of the model and of its output head');
      if (check.result === 'refused') throw cannotRun(name, check.reason);
      return new HeadSession(part, names, whole, vocabulary, modelDim, check);
    } catch (error) {
      await whole.release();
      throw explained(error, name);
    }
  }

  get hasNorm(): boolean {
    return this.names.normed !== this.names.residual;
  }

  get isOfSum(): boolean {
    const { analysis, streams } = this.part.graph.loaded;
    const first = streams.streams.at(-1)?.beforeLayers[0];
    return first !== undefined && isSumWith(analysis.index, this.names.residual, first);
  }

  run(states: Tensor): Promise<Tensor> {
    this.#checkStates(states);
    return this.whole.run(states);
  }

  pieces(states: Tensor): AsyncGenerator<LogitPiece, void> {
    this.#checkStates(states);
    return this.whole.pieces(states);
  }

  async normed(states: Tensor): Promise<Tensor> {
    this.#checkStates(states);
    if (!this.hasNorm) return states;
    const { residual, normed } = this.names;
    this.#normalise ??= this.#half(residual, normed, this.modelDim);
    return (await this.#normalise).run(states);
  }

  async unembed(normed: Tensor): Promise<Tensor> {
    this.#checkStates(normed);
    if (!this.hasNorm) return this.whole.run(normed);
    this.#unembed ??= this.#half(this.names.normed, this.names.output, this.vocabulary);
    return (await this.#unembed).run(normed);
  }

  async release(): Promise<void> {
    await this.whole.release();
    await (await this.#normalise)?.release();
    await (await this.#unembed)?.release();
  }

  #half(from: string, to: string, width: number): Promise<Piecewise> {
    return openPiecewise(this.part, this.names, from, to, width, this.whole.rank);
  }

  #checkStates({ dims }: Tensor): void {
    if (dims.length === 3 && dims[2] === this.modelDim) return;
    throw new InspectorError(
      'internal',
      `The output head reads states of ${this.modelDim} numbers, not [${dims.join(', ')}].`,
    );
  }
}

/** Keeps the head of a model from when it is first asked for. */
export class HeadSlot {
  #opened: Promise<HeadSession> | undefined;

  constructor(
    private readonly part: Part,
    private readonly name: string,
  ) {}

  /** @throws InspectorError `not-captured`; another call tries again */
  open(): Promise<OutputHead> {
    this.#opened ??= HeadSession.open(this.part, this.name).catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async release(): Promise<void> {
    const head = await this.#opened?.catch(() => undefined);
    await head?.release();
  }
}

/** The tensors that bound the head and its halves. */
interface HeadNames {
  /** Of the model, for people. */
  readonly name: string;
  readonly residual: string;
  readonly normed: string;
  readonly output: string;
}

function headNames({ graph }: Part, name: string): HeadNames {
  const { streams, output, hasHead } = graph.loaded.streams;
  const { residual, normed = residual } = streams.at(-1) ?? {};
  if (!hasHead || output === undefined) throw noLogits(name);
  if (residual === undefined || normed === undefined) {
    throw cannotRun(name, 'its residual stream after the last layer could not be found');
  }
  return { name, residual, normed, output };
}

async function openPiecewise(
  { graph }: Part,
  { name }: HeadNames,
  from: string,
  to: string,
  width: number,
  rank: number,
): Promise<Piecewise> {
  const { analysis, streams } = graph.loaded;
  const { options } = graph.session;
  const cut = headSkeleton(analysis, streams, from, [to]);
  if ('reason' in cut) throw cannotRun(name, cut.reason);
  const folder = weightsFolder(analysis.model);
  const session = await Session.open(cut.skeleton, folder, options).catch((error: unknown) => {
    throw explained(error, name);
  });
  const input = cut.elementType === ElementType.float16 ? feedName(from) : from;
  return new Piecewise(session, input, to, width, rank);
}

/** What the runtime said of the part, for people; running out of memory stays what it is. */
function explained(error: unknown, name: string): unknown {
  if (!(error instanceof InspectorError)) return error;
  if (error.code !== 'inputs-wrong' && error.code !== 'model-unsupported') return error;
  const { message, detail } = cannotRun(name, 'the runtime cannot run it alone');
  return new InspectorError('not-captured', message, {
    cause: error,
    detail: error.detail ?? detail ?? '',
  });
}

function noLogits(name: string): InspectorError {
  return new InspectorError(
    'not-captured',
    `${name} gives no logits, so no predictions can be read from its layers. Choose a model with a language-model head.`,
  );
}

function cannotRun(name: string, reason: string): InspectorError {
  return new InspectorError(
    'not-captured',
    `The output head of ${name} cannot be applied to other layers: ${reason}. Choose another export of the model.`,
  );
}
