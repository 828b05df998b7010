import type { Cancellation } from '../../../protocol/rpc';
import * as ort from '../../runtime/ort';
import { Session, toTensor, type RuntimeTensors } from '../../runtime/session';
import { checkCancelled } from '../cancelled';
import { gramGraph, logitsGraph, lossGraph, mixedLossGraph, productGraph } from './kernelGraphs';
import type { LinearProbe } from './types';

/** One probe or several of the same features, at a point to evaluate. */
export interface LossQuestion {
  readonly items: number;
  readonly dims: number;
  readonly classes: number;
  /** Point of each probe `[probes]` of `[dims, classes]`, in the preconditioner's coordinates. */
  readonly points: readonly Float64Array[];
  /** `[dims, dims]` */
  readonly preconditioner: Float32Array;
  /** A 1 at the class of each item `[items, probes, classes]`. */
  readonly targets: Float32Array;
  /** Factor of half the sum of squared weights. */
  readonly decay: number;
}

/** Mean cross-entropy of the items with the penalty of the weights, and its slope, of each probe. */
export interface LossAnswer {
  /** In nats `[probes]`. */
  readonly losses: Float32Array;
  /** `[probes]` of `[dims, classes]` */
  readonly gradients: readonly Float64Array[];
}

/**
 * The matrix arithmetic of fitting. One thread: products of this width gain little from a second, and
 * the process has other things to answer.
 */
export class Kernels {
  readonly #sessions: Readonly<Record<KernelName, Session>>;
  readonly #signal: Cancellation;

  private constructor(sessions: Readonly<Record<KernelName, Session>>, signal: Cancellation) {
    this.#sessions = sessions;
    this.#signal = signal;
  }

  /** Every question is refused with InspectorError `cancelled` once `signal` is aborted. */
  static async open(signal: Cancellation): Promise<Kernels> {
    const open = (graph: () => Uint8Array) => Session.open(graph(), '/', { threads: 1 });
    const sessions = {
      loss: await open(lossGraph),
      mixedLoss: await open(mixedLossGraph),
      product: await open(productGraph),
      logits: await open(logitsGraph),
      gram: await open(gramGraph),
    };
    return new Kernels(sessions, signal);
  }

  /** @param features `[items, dims]` */
  async loss(features: Float32Array, question: LossQuestion): Promise<LossAnswer> {
    const x = tensor(features, [question.items, question.dims]);
    const answer = await this.#run('loss', { ...lossFeeds(question), x }, ['loss', 'gradient']);
    return lossAnswer(question, answer);
  }

  /**
   * The same of the sum of states, each times its share.
   * @param stacked `[states, items, dims]`
   * @param shares `[states]`
   */
  async mixedLoss(
    stacked: Float32Array,
    shares: Float32Array,
    question: LossQuestion,
  ): Promise<LossAnswer & { /** Slope by each share `[states]`. */ shareGradient: Float32Array }> {
    const states = shares.length;
    const answer = await this.#run(
      'mixedLoss',
      {
        ...lossFeeds(question),
        stacked: tensor(stacked, [states, question.items * question.dims]),
        mix: tensor(shares, [1, states]),
      },
      ['loss', 'gradient', 'mixGradient'],
    );
    return { ...lossAnswer(question, answer), shareGradient: values(answer, 'mixGradient') };
  }

  /** `[rows, columns]`: `a` `[rows, inner]` times `b` `[inner, columns]`. */
  async product(a: Float32Array, b: Float32Array, inner: number): Promise<Float32Array> {
    const feeds = {
      a: tensor(a, [a.length / inner, inner]),
      b: tensor(b, [inner, b.length / inner]),
    };
    return values(await this.#run('product', feeds, ['product']), 'product');
  }

  /** What a probe makes of raw features `[items, dims]`: `[items, classes]`. */
  async logits(features: Float32Array, { weights, bias }: LinearProbe): Promise<Float32Array> {
    const dims = weights.length / bias.length;
    const feeds = {
      x: tensor(features, [features.length / dims, dims]),
      weights: tensor(weights, [bias.length, dims]),
      bias: tensor(bias, [bias.length]),
    };
    return values(await this.#run('logits', feeds, ['logits']), 'logits');
  }

  /** `[dims, dims]`: features `[items, dims]` transposed, times themselves. */
  async gram(features: Float32Array, dims: number): Promise<Float32Array> {
    const x = tensor(features, [features.length / dims, dims]);
    return values(await this.#run('gram', { x }, ['gram']), 'gram');
  }

  async release(): Promise<void> {
    for (const session of Object.values(this.#sessions)) await session.release();
  }

  #run(
    name: KernelName,
    feeds: RuntimeTensors,
    fetches: readonly string[],
  ): Promise<RuntimeTensors> {
    checkCancelled(this.#signal);
    return this.#sessions[name].run(feeds, fetches);
  }
}

type KernelName = 'loss' | 'mixedLoss' | 'product' | 'logits' | 'gram';

function lossFeeds(question: LossQuestion): RuntimeTensors {
  const { items, dims, classes, points, preconditioner, targets, decay } = question;
  const columns = points.length * classes;
  const point = new Float32Array(dims * columns);
  for (const [probe, values] of points.entries()) {
    for (let dim = 0; dim < dims; dim++) {
      point.set(
        values.subarray(dim * classes, (dim + 1) * classes),
        dim * columns + probe * classes,
      );
    }
  }
  return {
    preconditioner: tensor(preconditioner, [dims, dims]),
    point: tensor(point, [dims, columns]),
    targets: tensor(targets, [items, points.length, classes]),
    share: tensor(Float32Array.of(1 / items), [1]),
    decay: tensor(Float32Array.of(decay), [1]),
  };
}

function lossAnswer({ dims, classes, points }: LossQuestion, answer: RuntimeTensors): LossAnswer {
  const all = values(answer, 'gradient');
  const columns = points.length * classes;
  const gradients = points.map((_, probe) => {
    const gradient = new Float64Array(dims * classes);
    for (let dim = 0; dim < dims; dim++) {
      const start = dim * columns + probe * classes;
      gradient.set(all.subarray(start, start + classes), dim * classes);
    }
    return gradient;
  });
  return { losses: values(answer, 'loss'), gradients };
}

function values(answer: RuntimeTensors, name: string): Float32Array {
  const found = answer[name];
  if (!found) throw new Error(`The runtime left out ${name}.`);
  return toTensor(found).data;
}

const tensor = (data: Float32Array, dims: readonly number[]) =>
  new ort.Tensor('float32', data, dims);
