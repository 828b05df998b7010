import { el, fill, tokenSpan } from '../../kit/dom';
import { score } from '../../reading/format';
import { logitParts, logitSum, type LogitPart } from './attributionRows';
import { layerError, layerNumber, outputTokens } from './wanted';
import type { LayersPanel } from './wishes';
import { label } from '../../reading/tokenText';
import { drawTable } from '../../kit/table';
import { entry } from './lensContent';
import { createSection } from './task';

const LONGEST_TABLE = 200;

/** What each layer's attention and MLP adds to one logit. */
export function createAttributionPane(panel: LayersPanel): HTMLElement {
  const { layers } = panel;
  const caption = el('span.muted');
  const section = createSection(panel, 'Direct logit attribution', [caption]);
  const { reason, table } = section;
  const heading = el('h3.cell-title');
  const list = el('div.layer-bars.attribution-bars');
  const sum = el('p.muted.layer-note');
  section.body.append(reason.element, heading, list, sum, table);
  section.follow(['attribution'], state => {
    const error = layerError(state, 'attribution');
    reason.show(error);
    for (const element of [heading, list, sum]) element.hidden = error !== null;
    if (error !== null) drawTable(table, null);
    caption.textContent = error === null ? 'what each part adds to the logit' : '';
    const attribution = layerNumber(state, 'attribution');
    if (!attribution || !state.capture || error !== null) return;
    const { token, text, logit, error: rest } = attribution;
    const at = label(outputTokens(state.capture)[token], 16);
    fill(heading, 'Logit of ', tokenSpan(entry(text, 20)), ' at ', tokenSpan(at, 'query'));
    const parts = logitParts(attribution, state.capture);
    const most = Math.max(...parts.map(({ value }) => Math.abs(value)), 1e-9);
    fill(
      list,
      ...parts.map(part => partRow(part, most, state.locus?.layer === part.layer, layers)),
    );
    sum.textContent = `Sum ${score(logitSum(parts))}, the model’s logit ${score(logit)}; they differ by ${rest.toExponential(1)}. The final normalisation’s scale is held fixed.`;
    drawTable(
      table,
      state.options.table && {
        caption: `Logit of ${entry(text, 20)} at ${at}, by part`,
        columns: ['Part', 'Added to the logit'],
        rows: [
          ...parts.slice(0, LONGEST_TABLE).map(({ name, value }) => [name, value.toFixed(3)]),
          ['Sum', logitSum(parts).toFixed(3)],
          ['Logit', logit.toFixed(3)],
        ],
      },
    );
  });
  return section.element;
}

/** A bar to the left for what takes away, to the right for what adds. */
function partRow(
  { name, value, layer }: LogitPart,
  most: number,
  isHere: boolean,
  layers: LayersPanel['layers'],
): HTMLElement {
  const share = (Math.abs(value) / most) * 50;
  const side = value < 0 ? { right: '50%' } : { left: '50%' };
  const content = [
    el('span.bar-name', name),
    el(
      'span.signed-lane',
      { 'aria-hidden': 'true' },
      el('i', {
        class: value < 0 ? 'negative' : 'positive',
        style: { width: `${share}%`, ...side },
      }),
    ),
    el('span.number', score(value)),
  ];
  if (layer === null) return el('div.layer-bar', ...content);
  return el(
    'button',
    {
      class: isHere ? 'layer-bar here' : 'layer-bar',
      title: `Show layer ${layer}`,
      'aria-current': isHere ? 'true' : null,
      on: { click: () => layers.chooseState(layer + 1) },
    },
    ...content,
  );
}
