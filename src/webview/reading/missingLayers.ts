import { group } from 'd3';
import type { Block, CaptureSummary } from '../../protocol/capture';
import { maskOf } from '../../protocol/change';
import { layerCount, type MaskKind } from '../../protocol/model';
import { blocksOf, isCross, sameBlock, siteAt } from './capture';
import { counted } from './format';

/** A layer of the model whose attention is not on show, and why. */
export interface MissingLayer {
  readonly layer: number;
  /** `without` has no such attention; `refused` has some that cannot be shown truly. */
  readonly kind: 'without' | 'refused';
  readonly reason: string;
  /** Its effective attention, which is no softmax, can be shown instead. */
  readonly hasEffective?: true;
}

/** Layers of a block that a capture does not show, in their order; empty where all are there. */
export function missingLayers(capture: CaptureSummary, block: Block): readonly MissingLayer[] {
  const { model } = capture;
  const missing: MissingLayer[] = [];
  for (let layer = 0; layer < layerCount(model, block.stack); layer++) {
    if (siteAt(capture, block, layer)) continue;
    const site = model.sites.find(
      one => one.stack === block.stack && one.kind === block.kind && one.layer === layer,
    );
    if (site) {
      const { check } = site;
      const reason = check.result === 'refused' ? check.reason : 'It has no numbers in this run.';
      missing.push({ layer, kind: 'refused', reason });
    } else missing.push({ layer, kind: 'without', ...absence(capture, block, layer) });
  }
  return missing;
}

/** What a layer does that has no attention of this kind. */
function absence(
  { model }: CaptureSummary,
  { stack, kind }: Block,
  layer: number,
): Pick<MissingLayer, 'reason' | 'hasEffective'> {
  const found = model.withoutAttention?.find(one => one.stack === stack && one.layer === layer);
  const { instead, effective } = found ?? {};
  const what = kind === 'cross' ? 'no cross-attention here' : 'no attention here';
  if (instead === undefined) return { reason: what };
  const isShown = effective !== undefined && effective.check.result !== 'refused';
  const reason = `${what}: ${instead}`;
  if (!isShown || kind === 'cross') return { reason };
  const where = 'which has no softmax; its effective attention is in the Layers view';
  return { reason: `${reason}, ${where}`, hasEffective: true };
}

/** A missing layer in a few words: `not shown: the scores are not …`, `no attention here: convolution`. */
export const missingWords = ({ kind, reason }: MissingLayer): string =>
  kind === 'refused' ? `not shown: ${reason}` : reason;

/** Reasons that one notice spells out; the heads' grid has all. */
const SPELT_OUT = 2;

/**
 * What is refused of a capture, in sentences: “5 of 6 layers checked: exact. Layer 3 is not shown: …”;
 * null where nothing is.
 */
export function refusalSentence(capture: CaptureSummary): string | null {
  const blocks = refusedBlocks(capture);
  if (blocks.length === 0) return null;
  return blocks.map(block => blockSentence(capture, block, blocks.length > 1)).join(' ');
}

/** Kinds of attention of which a layer was refused, also those of which none is on show. */
function refusedBlocks(capture: CaptureSummary): Block[] {
  const shown = blocksOf(capture);
  const all = blocksOf({ ...capture, sites: capture.model.sites });
  const order = [...shown, ...all.filter(one => !shown.some(known => sameBlock(known, one)))];
  return order.filter(block => missingLayers(capture, block).some(isRefused));
}

const isRefused = ({ kind }: MissingLayer): boolean => kind === 'refused';

function blockSentence(capture: CaptureSummary, block: Block, isOneOfSeveral: boolean): string {
  const refused = missingLayers(capture, block).filter(isRefused);
  const shown = capture.sites.filter(site => sameBlock(site, block));
  const isExact = shown.every(({ check }) => check.result === 'exact');
  const where = capture.model.stacks.length > 1 || isOneOfSeveral ? ` of ${placeName(block)}` : '';
  const total = shown.length + refused.length;
  const checked = `${shown.length} of ${counted(total, 'layer')}${where} checked${isExact && shown.length > 0 ? ': exact' : ''}.`;
  const groups = group(refused, ({ reason }) => reason);
  const spelt = [...groups].slice(0, SPELT_OUT).map(([reason, layers]) => {
    const one = layers.length === 1;
    return `${layerNames(layers)} ${one ? 'is' : 'are'} not shown: ${ended(reason)}`;
  });
  const rest = [...groups.values()].slice(SPELT_OUT).flat();
  const more = rest.length === 0 ? [] : [`${layerNames(rest)}: see the rows of the heads.`];
  return [checked, ...spelt, ...more].join(' ');
}

const placeName = (block: Block): string =>
  isCross(block) ? 'the cross-attention' : `the ${block.stack}`;

/** `Layer 3`, `Layers 3 and 5`, `Layers 3 to 7 and 9`. */
export function layerNames(layers: readonly { readonly layer: number }[]): string {
  const runs: [number, number][] = [];
  for (const { layer } of layers) {
    const last = runs.at(-1);
    if (last && last[1] === layer - 1) last[1] = layer;
    else runs.push([layer, layer]);
  }
  const names = runs.flatMap(([first, last]) =>
    last - first > 1
      ? [`${first} to ${last}`]
      : first === last
        ? [`${first}`]
        : [`${first}`, `${last}`],
  );
  const [final = ''] = names.slice(-1);
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${final}` : final;
  return `${layers.length === 1 ? 'Layer' : 'Layers'} ${list}`;
}

const ended = (sentence: string): string => (/[.!?]”?$/.test(sentence) ? sentence : `${sentence}.`);

/**
 * Which layers of a decoder attend to later tokens while most are causal, in a sentence; null where
 * all are of one kind, and in a run whose mask was changed.
 */
export function brokenMaskSentence(capture: CaptureSummary): string | null {
  const { model } = capture;
  if (maskOf(capture)) return null;
  const own = model.sites.filter(({ stack, kind }) => stack === 'decoder' && kind === 'self');
  const open = own.filter(site => seesAhead(site.mask));
  if (open.length === 0 || open.length * 2 >= own.length) return null;
  const [attend, whose] =
    open.length === 1 ? ['attends', 'its mask is'] : ['attend', 'their masks are'];
  const others = own.length - open.length === 1 ? 'other layer is' : 'other layers are';
  return `${layerNames(open)} of the decoder ${attend} to later tokens while the ${others} causal: ${whose} missing in the model.`;
}

const seesAhead = (mask: MaskKind): boolean =>
  mask.kind === 'bidirectional' || (mask.kind === 'window' && mask.after > 0);
