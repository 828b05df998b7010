import type { FindingPlace, ModelFinding } from '../../../protocol/findings';
import type { Block, CaptureSummary } from '../../../protocol/capture';
import { blocksOf, sameBlock } from '../../reading/capture';
import { CODES } from './codes';

/** Whether a place names anything that one can go to. */
const isNamed = ({ layer, token }: FindingPlace): boolean =>
  layer !== undefined || token !== undefined;

/** A place as the link of a row has it: `L1 H2`, `decoder L1`, `token 21`. */
export function placeWords({ code, place }: ModelFinding): string {
  const { stack, kind, layer, head, token, key } = place;
  const of = kind === 'cross' ? 'cross' : stack;
  if (layer !== undefined && head !== undefined) {
    return `${kind === 'cross' ? 'cross ' : ''}L${layer} H${head}`;
  }
  if (layer !== undefined) return [of, `L${layer}`].filter(Boolean).join(' ');
  if (token !== undefined) return key === undefined ? `token ${token}` : `token ${token} → ${key}`;
  return CODES[code].where;
}

/** A place in the heading of its detail: `decoder L1, all heads`. */
export function wholePlace(finding: ModelFinding): string {
  const { stack, kind, layer, head, token } = finding.place;
  if (layer === undefined) return placeWords(finding);
  const of = kind === 'cross' ? 'cross' : stack;
  return [
    [of, `L${layer}`].filter(Boolean).join(' '),
    head === undefined ? 'all heads' : `head ${head}`,
    ...(token === undefined ? [] : [`token ${token}`]),
  ].join(', ');
}

/** What its button says: `Go to L1 H2`, or which view it opens. */
export function goToWords(finding: ModelFinding, viewTitle: string): string {
  if (!isNamed(finding.place)) return `Open ${viewTitle}`;
  const { layer, head, token } = finding.place;
  if (layer === undefined) return `Go to token ${token ?? 0}`;
  return head === undefined ? `Go to layer ${layer}` : `Go to L${layer} H${head}`;
}

/** The kind of attention that a place is of; null where the run on show has none of that kind. */
export function blockOf(
  { stack, kind = 'self' }: FindingPlace,
  capture: CaptureSummary,
): Block | null {
  const blocks = blocksOf(capture);
  const known = stack === undefined ? blocks.find(one => one.kind === kind) : undefined;
  const wanted = stack === undefined ? known : { stack, kind };
  return (wanted && blocks.find(one => sameBlock(one, wanted))) ?? null;
}
