import type {
  ComparedCell,
  FirstDivergence,
  FirstPlace,
  ProbeDivergence,
} from '../../protocol/firstDivergence';
import { moved, type Outputs } from '../capture/outputs';
import type { Heed } from '../model/pieces/piecesOf';
import { toErrorReport } from '../../protocol/errors';
import type { Tensor } from '../runtime/tensor';
import { stacksOf } from './alike';
import { causeOf } from './causes';
import { ErrorFlow, type PlaceError } from './firstPlace';
import { floorOf } from './floors';
import { measured, relativeError } from './measure';
import { missingCells } from './missing';
import { nodeOf } from './nodeStep';
import { keyOf, placesOf, type Place } from './places';
import { isText, readingStack, type ProbeText } from './probeTexts';
import type { Reading, Side } from './side';

export interface CompareOptions {
  /** The text, then what else is read; what cannot be read is told of, but for the text. */
  readonly texts: readonly [ProbeText, ...ProbeText[]];
  /** What is known not to be compared: one sentence each. */
  readonly missing: readonly string[];
  /** In place of what rounding explains. */
  readonly tolerance?: number | undefined;
  readonly heed: Heed;
  /** Is told the share that is done. */
  readonly report: (done: number) => void;
}

type Stacks = ReturnType<typeof stacksOf>;

/**
 * Compares two models tensor by tensor on the same ids, and finds the first place where they part.
 * @throws InspectorError `inputs-wrong` where they have not the same shape, `cancelled`
 */
export async function compare(a: Side, b: Side, options: CompareOptions): Promise<FirstDivergence> {
  const started = performance.now();
  const { texts, missing, tolerance, heed, report } = options;
  const { floor: rounding, precision } = floorOf(a.card.precision, b.card.precision);
  const floor = tolerance ?? rounding;
  const hasLogits = a.card.vocabulary === b.card.vocabulary;
  const stacks = stacksOf(a.card, b.card, hasLogits);
  const lacking = new Set(missing);
  if (!hasLogits) {
    lacking.add(
      `Outputs are not compared: ${a.card.name} has ${a.card.vocabulary.toLocaleString('en')} entries in its vocabulary, ${b.card.name} ${b.card.vocabulary.toLocaleString('en')}.`,
    );
  }
  const probes: ProbeDivergence[] = [];
  for (const [i, text] of texts.entries()) {
    try {
      await heed();
      const mine = await a.read(text);
      report((2 * i + 1) / (2 * texts.length));
      await heed();
      const theirs = await b.read(text);
      report((2 * i + 2) / (2 * texts.length));
      const pair = new Pair(mine, theirs, stacks, text, floor);
      for (const one of missingCells(pair.lacking, a.card.name, b.card.name)) lacking.add(one);
      const first = pair.flow.first();
      const known = probes.find(one => one.first && first && keyOf(one.first) === keyOf(first));
      const node = known
        ? known.first?.node
        : first && (await nodeAt(a, b, first, text, pair.flow));
      probes.push({
        ...(await pair.divergence(hasLogits)),
        first: first ? firstPlace(first, pair.flow, node) : null,
      });
    } catch (error) {
      const { code, message } = toErrorReport(error);
      if (i === 0 || code === 'cancelled' || code === 'internal') throw error;
      lacking.add(`The ${text.probe} text is not compared. ${message}`);
    }
  }
  const told = probes.find(({ first }) => first) ?? probes[0];
  return {
    floor,
    precision,
    probes,
    told: told?.probe ?? 'text',
    missing: [...lacking],
    milliseconds: Math.round(performance.now() - started),
  };
}

/** The same text in both models. */
class Pair {
  readonly flow: ErrorFlow;
  /** Places that one of them does not show. */
  readonly lacking: readonly {
    readonly place: Place;
    readonly inA: boolean;
    readonly inB: boolean;
  }[];

  constructor(
    private readonly a: Reading,
    private readonly b: Reading,
    private readonly stacks: Stacks,
    private readonly text: ProbeText,
    floor: number,
  ) {
    const places = placesOf(stacks);
    const read = places.map(place => ({ place, both: this.#both(place) }));
    this.lacking = read.flatMap(({ place, both: [x, y] }) =>
      x && y && x.dims.join() === y.dims.join()
        ? []
        : [{ place, inA: x !== undefined, inB: y !== undefined }],
    );
    const cells = read.flatMap(({ place, both: [x, y] }): PlaceError[] => {
      const own = x && y && measured(place.kind, x, y, this.#isText(place));
      return own ? [{ ...place, ...own }] : [];
    });
    this.flow = new ErrorFlow(cells, stacks, floor);
  }

  async divergence(hasLogits: boolean): Promise<Omit<ProbeDivergence, 'first'>> {
    const { text, flow } = this;
    const last = this.stacks.at(-1);
    const tokens = (last && (text.told[last.stack] ?? text.told[last.other])) ?? [];
    const { kl, flips } = hasLogits
      ? await this.#outputs(tokens.length)
      : { kl: new Float32Array(), flips: 0 };
    return {
      probe: text.probe,
      tokens: tokens.map(({ token }) => token),
      ...(text.padding && last && readingStack(text.told) === this.#read(last.stack)
        ? { padding: text.padding }
        : {}),
      cells: flow.cells.map(cellOf),
      largestSteps: flow.largestSteps(),
      perToken: this.#perToken(tokens.length),
      kl,
      flips,
    };
  }

  #isText({ stack, attention, kind }: Place) {
    const ofKeys = attention === 'cross' && (kind === 'key' || kind === 'value');
    return isText(this.text, ofKeys ? 'encoder' : this.#read(stack));
  }

  /** The name of a stack in the tokens, which models of one stack may call differently. */
  #read(stack: Place['stack']) {
    const { told } = this.text;
    return told[stack] ? stack : told.encoder ? 'encoder' : 'decoder';
  }

  /** The tensor of a place in both; the last states both before the final norm, or both after it. */
  #both(place: Place): readonly [Tensor | undefined, Tensor | undefined] {
    const { stack, layer, kind } = place;
    const found = this.stacks.find(one => one.stack === stack);
    const other = { ...place, stack: found?.other ?? stack };
    if (layer !== 'output' || kind !== 'residual') {
      return [this.a.tensors.get(keyOf(place)), this.b.tensors.get(keyOf(other))];
    }
    const [mine, theirs] = [this.a.last.get(stack), this.b.last.get(other.stack)];
    const isBefore = found?.isLast === true && mine?.before && theirs?.before;
    return isBefore ? [mine.before, theirs.before] : [mine?.after, theirs?.after];
  }

  async #outputs(tokens: number) {
    const last = this.stacks.at(-1);
    if (!last) return { kl: new Float32Array(), flips: 0 };
    const place = {
      stack: last.stack,
      attention: 'self',
      layer: 'output',
      kind: 'logits',
    } as const;
    const [x, y] = this.#both(place);
    if (!x || !y || x.data.length !== y.data.length) return { kl: new Float32Array(), flips: 0 };
    const isOwn = this.#isText(place);
    const row = this.text.rows.length - 1;
    const own = Array.from({ length: tokens }, (_, token) => token).filter(token =>
      isOwn(row, token),
    );
    const both = own.map(token => [token, token] as const);
    const { kl, flipped } = await moved(outputsAt(x, row), outputsAt(y, row), both);
    const all = new Float32Array(tokens);
    // Where one is no number, nothing brings the two together.
    for (const [i, token] of own.entries()) all[token] = orInfinite(kl[i] ?? 0);
    return { kl: all, flips: flipped.reduce((sum, one) => sum + one, 0) };
  }

  /** Relative error of the stream at each token of the told row `[layers + 1, tokens]`. */
  #perToken(tokens: number): Float32Array {
    const last = this.stacks.at(-1);
    const { layers = 0, stack = 'decoder' } = last ?? {};
    const errors = new Float32Array((layers + 1) * tokens);
    const row = this.text.rows.length - 1;
    for (let state = 0; state <= layers; state++) {
      const layer = state === 0 ? 'embeddings' : state === layers ? 'output' : state;
      const [x, y] = this.#both({ stack, attention: 'self', layer, kind: 'residual' });
      if (!x || !y || x.data.length !== y.data.length) continue;
      const [, , count = 0, width = 0] = x.dims;
      for (let token = 0; token < Math.min(tokens, count); token++) {
        const at = (row * count + token) * width;
        const [mine, theirs] = [x, y].map(({ data }) => data.subarray(at, at + width));
        if (mine && theirs) errors[state * tokens + token] = relativeError(mine, theirs);
      }
    }
    return errors;
  }
}

const orInfinite = (value: number) => (Number.isNaN(value) ? Infinity : value);

function outputsAt({ dims, data }: Tensor, row: number): Outputs {
  const [, , tokens = 0, vocabulary = 0] = dims;
  const at = (token: number) => {
    const start = (row * tokens + token) * vocabulary;
    return data.subarray(start, start + vocabulary);
  };
  return { tokens, vocabulary, at };
}

/** The node of a place where both are models; not knowing it is no reason to fail. */
async function nodeAt(a: Side, b: Side, place: PlaceError, text: ProbeText, flow: ErrorFlow) {
  if (!a.model || !b.model) return undefined;
  try {
    const { stack, attention, layer } = place;
    const agrees = (kind: Place['kind']) =>
      (flow.at({ stack, attention, layer, kind }) ?? Infinity) <= flow.floor;
    return await nodeOf(a.model, b.model, place, text, flow.floor, agrees);
  } catch (error) {
    if (toErrorReport(error).code === 'internal') throw error;
    return undefined;
  }
}

function firstPlace(place: PlaceError, flow: ErrorFlow, node: FirstPlace['node']): FirstPlace {
  const { token, head } = place.worst;
  const isOfHeads = ![
    'residual',
    'attentionOutput',
    'afterAttention',
    'feedForward',
    'logits',
  ].includes(place.kind);
  return {
    ...cellOf(place),
    ofInputs: flow.ofInputs(place),
    cause: causeOf(place, flow),
    ...(node ? { node } : {}),
    worst: { token, ...(isOfHeads ? { head } : {}) },
  };
}

function cellOf({
  stack,
  attention,
  layer,
  kind,
  error,
  largest,
  cosine,
}: PlaceError): ComparedCell {
  return { stack, attention, layer, kind, error, largest, cosine };
}
