import { basename } from 'node:path';
import type { ModelCard, Stack } from '../../protocol/model';
import type { Capture } from '../capture/capture';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { InsideRun } from '../model/inside';
import type { Tensor } from '../runtime/tensor';
import { keyOf, type Place } from './places';
import { feedsOf, type ProbeText } from './probeTexts';

/** What one model computed of a text, by place `[batch, heads, tokens, columns]`. */
export interface Reading {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The last states of each stack before and after its final norm. */
  readonly last: ReadonlyMap<Stack, { readonly before?: Tensor; readonly after?: Tensor }>;
}

/** One of the two that are compared. */
export interface Side {
  readonly card: ModelCard;
  /** Absent where all that is known is in a capture. */
  readonly model?: InstrumentedModel;
  /** Tokens of each stack of a capture. */
  readonly captured?: { readonly [S in Stack]?: number };
  /** @throws InspectorError */
  read(text: ProbeText): Promise<Reading>;
}

/** A model that reads whatever it is given. */
export function modelSide(model: InstrumentedModel): Side {
  return {
    card: model.card,
    model,
    read: async text => readingOf(await model.inside().run(feedsOf(model, text))),
  };
}

/** What a capture holds of its own text. */
export function captureSide({ summary, run }: Capture): Side {
  const { file } = summary;
  return {
    card: file === undefined ? summary.model : { ...summary.model, name: basename(file) },
    captured: {
      encoder: summary.tokens.encoder?.length ?? 0,
      decoder: summary.tokens.decoder?.length ?? 0,
    },
    read: async () => {
      const sites = run.sites.map(({ site, ...tensors }) => ({ ...site, tensors }));
      return readingOf({ ...run, sites: sites.map(withoutMadeScores), states: [] });
    },
  };
}

type Site = InsideRun['sites'][number];

/** Where a file has no masked scores, the logarithms of the weights stand for them: those say nothing of scores. */
function withoutMadeScores(site: Site): Site {
  const { maskedScores, ...tensors } = site.tensors;
  if (!maskedScores || !isLogOfWeights(maskedScores, tensors.weights)) return site;
  return { ...site, tensors };
}

function isLogOfWeights({ data }: Tensor, weights: Tensor | undefined): boolean {
  return (
    weights?.data.every((weight, i) => Object.is(Math.fround(Math.log(weight)), data[i])) ?? false
  );
}

const OF_SITE = ['query', 'key', 'value', 'maskedScores', 'weights', 'headOutput'] as const;

function readingOf({ sites, states, hiddenStates, lastResidual, logits }: InsideRun): Reading {
  const tensors = new Map<string, Tensor>();
  const put = (place: Place, tensor: Tensor | undefined) => {
    if (tensor) tensors.set(keyOf(place), ofHeads(tensor));
  };
  for (const { stack, kind: attention, layer, tensors: own } of sites) {
    for (const kind of OF_SITE) put({ stack, attention, layer, kind }, own[kind]);
  }
  for (const { stack, kind: attention, layer, point, tensor } of states) {
    put({ stack, attention, layer, kind: point }, tensor);
  }
  const last = new Map<Stack, { before?: Tensor; after?: Tensor }>();
  for (const stack of ['encoder', 'decoder'] as const) {
    const own = hiddenStates[stack];
    const before = lastResidual[stack];
    const after = own?.at(-1);
    for (const [i, state] of (own ?? []).slice(0, -1).entries()) {
      const layer = i === 0 ? ('embeddings' as const) : i;
      put({ stack, attention: 'self', layer, kind: 'residual' }, state);
    }
    last.set(stack, {
      ...(before ? { before: ofHeads(before) } : {}),
      ...(after ? { after: ofHeads(after) } : {}),
    });
    put({ stack, attention: 'self', layer: 'output', kind: 'logits' }, logits);
  }
  return { tensors, last };
}

/** States as if they were of one head. */
function ofHeads({ dims, data }: Tensor): Tensor {
  const [batch = 1, tokens = 1, width = 1] = dims;
  return dims.length === 3 ? { dims: [batch, 1, tokens, width], data } : { dims, data };
}
