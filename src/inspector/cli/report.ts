import { maskOf, orderOf } from '../../protocol/change';
import { layerCount, type AttentionSite, type LayerWithoutAttention } from '../../protocol/model';
import { moduleName, shortPlace } from '../../protocol/source';
import { expertsOf } from '../capture/experts';
import type { StoredSummary } from '../captureFile/storedSummary';
import { reportedTokens, textReport } from './textReport';
import type { ExpertCapture, ModelRun, SiteCapture } from '../model/run';

/** What a command-line run knows: from a text all of it, from raw inputs no tokens. */
export interface CommandRun {
  readonly summary: StoredSummary;
  readonly run: ModelRun;
}

/** The machine-readable report of a run: model, tokens, self-check, refused sites, timings. */
export function report({ summary, run }: CommandRun) {
  const { text, target, totalTokens, notes = [], timings } = summary;
  const { sites, outputCheck, ...model } = summary.model;
  const [mask, order] = [maskOf(summary), orderOf(summary)];
  const refused = sites.filter(({ check }) => check.result === 'refused');
  return {
    model: {
      ...model,
      layers: Object.fromEntries(
        model.stacks.map(stack => [stack, layerCount(summary.model, stack)]),
      ),
      heads: widest(sites, ({ heads }) => heads),
      keyHeads: widest(sites, ({ keyHeads }) => keyHeads),
      headDim: widest(sites, ({ headDim }) => headDim),
      sites,
    },
    ...(text === '' ? {} : { text, totalTokens }),
    ...textReport(summary),
    ...(target === undefined ? {} : { target }),
    ...(mask ? { mask } : {}),
    ...(order ? { order } : {}),
    ...(summary.continuation ? { continuation: summary.continuation } : {}),
    ...(summary.feeds ? { feeds: summary.feeds } : {}),
    tokens: reportedTokens(summary),
    notes,
    selfCheck: {
      output: outputCheck,
      sites: sites.map(site => ({ ...name(site), ...site.check })),
    },
    refused: refused.map(site => ({ ...name(site), ...site.check })),
    ...(run.experts?.length ? { experts: run.experts.map(expertRows) } : {}),
    rows: run.sites.map(capture => ({
      ...name(capture.site),
      worstSumError: worstRowSumError(capture),
    })),
    timings,
  };
}

/** Which experts treat each token of a layer, and with what weight, most weight first. */
function expertRows(capture: ExpertCapture) {
  const { stack, layer, experts, count, tokens, chosen, weights } = expertsOf(capture);
  const each = (token: number) =>
    Array.from({ length: count }, (_, i) => ({
      expert: chosen[token * count + i] ?? -1,
      weight: weights[token * count + i] ?? NaN,
    }));
  return {
    stack,
    layer,
    experts,
    tokens: Array.from({ length: tokens }, (_, token) => each(token)),
  };
}

/** The same for people: a few lines. */
export function summary(done: CommandRun): string {
  const { model: card, tokens, totalTokens, notes = [] } = done.summary;
  const { model, refused } = report(done);
  const taken = (tokens.encoder ?? tokens.decoder ?? []).length;
  const lines = [
    `${card.name}: ${card.architecture}, ${model.heads} heads of ${model.headDim}, ${card.precision}`,
    ...card.stacks.map(stack => `${stack}: ${layerCount(card, stack)} layers`),
    ...(card.inputs ?? []).map(({ name, fed, why }) => `input ${name}: ${fed} (${why})`),
    ...Object.entries(tokens).map(
      ([stack, list]) => `${stack} tokens: ${list.map(({ token }) => token).join(' ')}`,
    ),
    ...(totalTokens > taken
      ? [`The text was cut: ${taken} of its ${totalTokens} tokens were run.`]
      : []),
    ...(card.withoutAttention ?? []).map(withoutLine),
    ...card.sites.flatMap(sourceLine),
    ...refused.map(({ stack, kind, layer, ...check }) =>
      check.result === 'refused' ? `refused: ${stack} ${kind} layer ${layer}: ${check.reason}` : '',
    ),
    ...card.notes,
    ...notes,
  ];
  return `${lines.join('\n')}\n`;
}

/** What a layer without attention does, and how well its effective attention is known. */
function withoutLine({ stack, layer, instead, effective }: LayerWithoutAttention): string {
  const known = effective && effective.check.result !== 'refused' ? effective : undefined;
  const words = known ? ` (not a softmax: effective attention ${known.check.result})` : '';
  return `without attention: ${stack} layer ${layer}: ${instead}${words}`;
}

/** Where a site is written: each line of its source with the steps that it stands for. */
function sourceLine({ stack, kind, layer, source }: AttentionSite): string[] {
  if (!source) return [];
  const places = source.places.map(place => `${place.stages.join(', ')} ${shortPlace(place)}`);
  const where = [moduleName(source), places.join('; ')].filter(Boolean).join(': ');
  return [`source of ${stack} ${kind} layer ${layer}: ${where}`];
}

function widest(sites: readonly AttentionSite[], of: (site: AttentionSite) => number): number {
  return Math.max(0, ...sites.map(of));
}

function name({ stack, kind, layer }: AttentionSite) {
  return { stack, kind, layer };
}

/** Softmax rows sum to 1; how far the worst row of a site is from that. */
function worstRowSumError({ weights }: SiteCapture): number | undefined {
  if (!weights) return undefined;
  const keys = weights.dims.at(-1) ?? 1;
  let worst = 0;
  for (let start = 0; start < weights.data.length; start += keys) {
    let sum = 0;
    for (let key = 0; key < keys; key++) sum += weights.data[start + key] ?? 0;
    worst = Math.max(worst, Math.abs(sum - 1));
  }
  return worst;
}
