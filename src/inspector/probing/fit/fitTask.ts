import type { ProbeScore } from '../../../protocol/probes';
import { breaths } from '../../runtime/breathe';
import { checkCancelled } from '../cancelled';
import { checkTaskData } from './checkTaskData';
import { fitMix } from './fitMix';
import { fitState, type TrainingLabels } from './fitState';
import { Kernels } from './kernels';
import { centreOfGravity, expectedLayer } from './mixScores';
import { compressionOf } from './onlineCode';
import { preconditioner } from './precondition';
import { sampleItems } from './sample';
import { hits, largestOfRows, macroF1, majorityShare, wilson } from './fitScores';
import { foldScale, scaleOf, standardize, type Scale } from './standardize';
import { decayOf } from './trainProbes';
import type { FittedTask, FitWork, LinearProbe, ProbeTaskData } from './types';

/**
 * Fits and scores the probes of one task on every state.
 *
 * A probe is multinomial logistic regression on standardised features with an L2 penalty on weights
 * and bias. All items of the training part are used: the caller keeps at most `TRAIN_LIMIT` of them
 * with `sampleItems`, so that features of dropped ones are never gathered.
 * @throws InspectorError `cancelled` within a second; `inputs-wrong` for parts without items, for
 * arrays of another length and for features that are not finite numbers
 */
export async function fitTask(data: ProbeTaskData, work: FitWork): Promise<FittedTask> {
  checkTaskData(data);
  const kernels = await Kernels.open(work.signal);
  try {
    return await new TaskFit(data, work, kernels).fit();
  } finally {
    await kernels.release();
  }
}

/** One of so many training items helps to find the shares of a mix. */
const MIX_SAMPLE = 4;

/** What is kept of one state after its probes are fitted. */
interface StateResult {
  readonly probe: LinearProbe;
  readonly score: Omit<ProbeScore, 'mixed'>;
  readonly mixed: number;
  readonly shares: Float32Array;
}

/** Fits one task, state by state: the mix of states 0..ℓ comes right after the probe of ℓ. */
class TaskFit {
  readonly #states: number;
  /** Of the standardised features, with the 1 for the bias. */
  readonly #width: number;
  /** Standardised features of the training items in the order of the code `[states, items, width]`. */
  readonly #stacked: Float32Array;
  readonly #order: Int32Array;
  readonly #labels: TrainingLabels;
  /** The first items of each state, on which the shares of a mix begin `[states, sampled, width]`. */
  readonly #sample: Float32Array;
  readonly #sampled: number;
  readonly #scales: Scale[] = [];
  readonly #breathe: () => Promise<void>;

  constructor(
    readonly data: ProbeTaskData,
    readonly work: FitWork,
    readonly kernels: Kernels,
  ) {
    const { train, classes } = data;
    this.#states = train.features.length;
    this.#width = data.dims + 1;
    this.#stacked = new Float32Array(this.#states * train.count * this.#width);
    this.#sampled = Math.ceil(train.count / MIX_SAMPLE);
    this.#sample = new Float32Array(this.#states * this.#sampled * this.#width);
    this.#order = sampleItems(train.count, train.count, work.seed);
    const inOrder = (labels: Int32Array) => this.#order.map(item => labels[item] ?? 0);
    this.#labels = {
      classes: classes.length,
      labels: inOrder(train.labels),
      control: inOrder(train.control),
    };
    const breathe = breaths();
    this.#breathe = async () => {
      await breathe();
      checkCancelled(work.signal);
    };
  }

  async fit(): Promise<FittedTask> {
    const { train, test, classes } = this.data;
    const results: StateResult[] = [];
    for (let state = 0; state < this.#states; state++) {
      this.work.progress(this.#workBefore(state) / this.#workBefore(this.#states));
      results.push(await this.#fitState(state));
    }
    this.work.progress(1);
    const layer = expectedLayer(results.map(({ mixed }) => mixed));
    return {
      scores: results.map(({ score, mixed }) => ({ ...score, mixed })),
      ...(layer === undefined ? {} : { expectedLayer: layer }),
      centreOfGravity: centreOfGravity(results.at(-1)?.shares ?? []),
      majority: majorityShare(train.labels, test.labels, classes.length),
      probes: results.map(({ probe }) => probe),
    };
  }

  async #fitState(state: number): Promise<StateResult> {
    const { train, test, dims, classes } = this.data;
    const width = this.#width;
    const scale = scaleOf(train, state, dims);
    this.#scales.push(scale);
    const size = train.count * width;
    const values = this.#stacked.subarray(state * size, (state + 1) * size);
    await this.#breathe();
    standardize(train.features[state] ?? new Float32Array(0), this.#order, scale, values);
    const sampleSize = this.#sampled * width;
    this.#sample.set(values.subarray(0, sampleSize), state * sampleSize);
    await this.#breathe();
    const coordinates = await preconditioner(
      await this.kernels.gram(values, width),
      { dims: width, items: train.count, decay: decayOf(train.count) },
      this.#breathe,
    );
    const features = { values, dims: width, preconditioner: coordinates };
    const fitted = await fitState(this.kernels, features, this.#labels);
    const probe = foldScale(fitted.weights, scale);
    const found = await this.#classify(state, probe);
    const random = await this.#classify(state, foldScale(fitted.controlWeights, scale));
    const accuracy = wilson(hits(test.labels, found), test.count);
    const control = hits(test.control, random) / test.count;
    const mix = state === 0 ? undefined : await this.#mixed(state);
    return {
      probe,
      score: {
        state,
        accuracy,
        f1: macroF1(test.labels, found, classes.length),
        control,
        selectivity: accuracy.value - control,
        descriptionLength: fitted.bits,
        compression: compressionOf(fitted.bits, train.count, classes.length),
      },
      // The mix of one state is its probe.
      mixed: mix?.accuracy ?? accuracy.value,
      shares: mix?.shares ?? Float32Array.of(1),
    };
  }

  /** The mix of the states up to `last`: its shares and its accuracy. */
  async #mixed(last: number) {
    const { train, test, classes } = this.data;
    const states = last + 1;
    const mix = await fitMix(
      this.kernels,
      {
        stacked: this.#stacked.subarray(0, states * train.count * this.#width),
        sample: this.#sample.subarray(0, states * this.#sampled * this.#width),
        states,
        dims: this.#width,
        classes: classes.length,
        labels: this.#labels.labels,
      },
      this.#breathe,
    );
    const logits = new Float32Array(test.count * classes.length);
    for (const [state, share] of mix.shares.entries()) {
      const scale = this.#scales[state];
      if (!scale) continue;
      const part = await this.#logits(state, foldScale(mix.weights, scale, share));
      for (let i = 0; i < logits.length; i++) logits[i] = (logits[i] ?? 0) + (part[i] ?? 0);
    }
    const found = largestOfRows(logits, classes.length);
    return { accuracy: hits(test.labels, found) / test.count, shares: mix.shares };
  }

  async #classify(state: number, probe: LinearProbe): Promise<Int32Array> {
    return largestOfRows(await this.#logits(state, probe), this.data.classes.length);
  }

  /** Of the test items, under a probe of raw features. */
  #logits(state: number, probe: LinearProbe): Promise<Float32Array> {
    return this.kernels.logits(this.data.test.features[state] ?? new Float32Array(0), probe);
  }

  /** Work before a state, in probes: the mix that follows each but the first takes about half as long. */
  #workBefore(state: number): number {
    return state + Math.max(0, state - 1) / 2;
  }
}
