import type { Token } from '../../protocol/tokens';
import type { GraphInput, InstrumentedModel } from '../model/instrumentedModel';
import type { Feed, Feeds, ModelRun, SiteCapture } from '../model/run';
import { tokenFeeds } from '../run/modelInput';
import type { Runs } from './runs';

/** A text in two halves: the first one's keys and values are the past of the second. */
export interface Halves {
  /** Tokens of the first half. */
  readonly split: number;
  /** The second half after the first. */
  readonly run: ModelRun;
}

/** Runs the second half of a text after the first, or says why that cannot be done. */
export async function runHalves(model: InstrumentedModel, runs: Runs): Promise<Halves | string> {
  const { card } = model;
  const pasts = model.inputs.filter(({ role }) => role === 'past');
  if (card.stacks.length > 1)
    return 'The past of a decoder beside an encoder holds what it read of the encoder, too.';
  if (pasts.length === 0) return `${card.name} takes no keys and values of earlier tokens.`;
  const { encoder, decoder } = runs.tokens;
  const tokens = decoder ?? encoder ?? [];
  const split = Math.floor(tokens.length / 2);
  if (split === 0) return 'The text has a single token.';
  const stack = decoder ? 'decoder' : 'encoder';
  const of = (some: readonly Token[]) => tokenFeeds(model, { [stack]: some });
  const first = await runs.made('firstHalf', () => of(tokens.slice(0, split)));
  const fed = pasts.map(input => [input.name, pastOf(input, first.sites)] as const);
  const missing = fed.find(([, feed]) => !feed);
  if (missing) return `Nothing that is shown of a run is what its input “${missing[0]}” takes.`;
  const feeds: Feeds = {
    ...of(tokens.slice(split)),
    ...(Object.fromEntries(fed) as Feeds),
    ...switches(model.inputs),
  };
  const run = await runs.made('secondHalf', () => feeds);
  const isRead = run.sites.every(site => startsWith(site, first.sites));
  return isRead ? { split, run } : 'The graph puts the past elsewhere than before the text.';
}

/** The keys or values of the layer that an input for the past names. */
function pastOf({ name, info }: GraphInput, sites: readonly SiteCapture[]): Feed | undefined {
  const [layer, more] = name.match(/\d+/g) ?? [];
  // “past_key_values.0.value” is of a value.
  const [last] = name.match(/key|value/g)?.slice(-1) ?? [];
  const quantity = last === 'key' || last === 'value' ? last : undefined;
  if (layer === undefined || more !== undefined || !quantity) return undefined;
  const tensor = sites.find(({ site }) => site.layer === Number(layer))?.[quantity];
  const { dims } = info;
  if (!tensor || dims?.length !== 4) return undefined;
  const fits = dims.every((dim, i) => typeof dim !== 'number' || dim === tensor.dims[i]);
  return fits ? tensor : undefined;
}

/** What tells graphs of two branches that there is a past. */
function switches(inputs: readonly GraphInput[]): Feeds {
  const flags = inputs.filter(({ role, name }) => role === 'flag' && /^use_cache/.test(name));
  return Object.fromEntries(
    flags.map(({ name }) => [name, { dims: [1], data: Uint8Array.of(1) }] as const),
  );
}

/** Whether the keys of an attention begin with those of the first half. */
function startsWith({ site, key }: SiteCapture, first: readonly SiteCapture[]): boolean {
  const past = first.find(other => other.site.layer === site.layer)?.key;
  if (!key || !past) return true;
  const [, heads = 0, keys = 0, width = 0] = key.dims;
  const [, , pastKeys = 0] = past.dims;
  if (keys <= pastKeys) return false;
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < pastKeys * width; i++) {
      const now = key.data[head * keys * width + i] ?? NaN;
      const then = past.data[head * pastKeys * width + i] ?? NaN;
      if (!(Math.abs(now - then) <= 1e-3 * Math.max(1, Math.abs(then)))) return false;
    }
  }
  return true;
}
