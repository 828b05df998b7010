import type { Panel } from '../../app/panel';
import { el } from '../../kit/dom';

/** Name of the view that shows effective attention. */
const LAYERS_VIEW = 'layers';

/**
 * Why a layer has no maps, in the place of its heads. A layer without a softmax whose effective attention is
 * known leads to it.
 */
export function missingCell(
  { actions }: Panel,
  layer: number,
  reason: string,
  hasEffective: boolean,
): HTMLElement {
  const show = (): void => {
    actions.chooseEffective(layer);
    actions.setOption({ view: LAYERS_VIEW });
  };
  const link = el('button.effective-link', {
    text: 'Not a softmax: effective attention',
    title: `Show the effective attention of layer ${layer}, which is not a softmax`,
    'aria-label': `Not a softmax: effective attention of layer ${layer}`,
    on: { click: show },
  });
  return el(
    'div.missing-layer',
    { title: reason, role: 'gridcell', 'aria-label': `Layer ${layer}: ${reason}` },
    hasEffective ? link : null,
    el('span', reason),
  );
}
