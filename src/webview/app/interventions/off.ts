import type { Block, CaptureSummary } from '../../../protocol/capture';
import { isOn } from '../../../protocol/intervention';
import { layerCount } from '../../../protocol/model';
import { siteAt } from '../../reading/capture';
import { runList } from './list';
import { stackOf } from './words';

/** Heads of a block that the run has switched off everywhere, as `layer head`. */
export function headsOff(capture: CaptureSummary, block: Block): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { at, how, only, on = true } of runList({ capture })) {
    const isOff = 'zero' in how || 'mean' in how;
    const isHere = stackOf(at, capture) === block.stack && (at.kind ?? 'self') === block.kind;
    if (!isOn({ on }) || !isOff || !isHere || at.point !== 'headOutput' || at.tokens || only)
      continue;
    const [first = 0, last = layerCount(capture.model, block.stack) - 1] =
      at.layers ?? (at.layer === undefined ? [] : [at.layer, at.layer]);
    for (let layer = first; layer <= last; layer++) {
      const count = siteAt(capture, block, layer)?.heads ?? 0;
      const heads = at.heads ?? Array.from({ length: count }, (_, head) => head);
      for (const head of heads) found.add(`${layer} ${head}`);
    }
  }
  return found;
}
