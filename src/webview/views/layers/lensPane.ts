import type { LensKind } from '../../../protocol/layers';
import { rampPixels } from '../../draw/color/palette';
import { button } from '../../kit/controls';
import { el, hiddenCanvas } from '../../kit/dom';
import { count, counted } from '../../reading/format';
import { runsByItself } from './lensRunner';
import { expectedName, lensKind, lensKinds, outputTokens } from './wanted';
import type { LayersPanel } from './wishes';
import { drawRamp } from '../../draw/pixels/swatches';
import type { State } from '../../app/state';
import { isDark } from '../../kit/theme';
import { segmented } from '../../kit/segmented';
import { drawTable } from '../../kit/table';
import { lensContent, lensTable } from './lensContent';
import type { StateGrid } from '../../draw/stateGrid';
import { createSection, createTask } from './task';

const RAMP_WIDTH = 80;

const KINDS: Record<LensKind, { readonly label: string; readonly title: string }> = {
  maskedLm: { label: 'Masked-LM', title: 'Each token masked in turn, one run a token' },
  logitLens: {
    label: 'Logit lens',
    title: 'The output head applied to each state of the run as it is',
  },
};

/** What every layer predicts at every token, if the model had to answer there. */
export function createLensPane(panel: LayersPanel, grid: StateGrid): HTMLElement {
  const { layers } = panel;
  const kinds = segmented<LensKind>('Predictions', lens => layers.setOption({ lens }));
  const caption = el('span.muted.lens-caption');
  const legend = createLegend(panel);
  const spacer = el('span.spacer');
  const section = createSection(panel, 'Predictions by layer', [
    kinds.element,
    caption,
    spacer,
    legend,
  ]);
  const { reason, table } = section;
  section.element.classList.add('lens-pane');
  const start = button('Run', () => layers.lens.runAll(), { secondary: true });
  const task = createTask(panel, 'lens', () => layers.lens.cancel());
  const note = el('p.muted.layer-note');
  section.body.append(task, reason.element, start, grid.element, note, table);
  section.follow(
    [],
    state => {
      if (!state.capture) return;
      const known = lensKinds(state.capture);
      kinds.element.hidden = known.length < 2;
      kinds.show(
        known.map(value => ({ value, ...KINDS[value] })),
        lensKind(state),
      );
      caption.textContent = captionOf(state);
      const content = lensContent(state);
      grid.element.hidden = content === null;
      if (content) grid.show(content);
      const { lenses, tasks } = state.layers;
      reason.show(lenses?.error?.message ?? null);
      const wanted = startLabel(state);
      start.hidden = tasks.lens !== undefined || wanted === null;
      if (wanted !== null && start.textContent !== wanted) start.textContent = wanted;
      const [made] = lenses?.chunks.values() ?? [];
      note.textContent = made?.note ?? '';
      drawTable(table, state.options.table && lensTable(state));
    },
    ({ lenses, tasks }) => [lenses, tasks.lens === undefined],
  );
  return section.element;
}

/** “each token masked in turn, 17 runs”. */
function captionOf(state: State): string {
  const { capture } = state;
  if (!capture) return '';
  const tokens = outputTokens(capture);
  if (lensKind(state) === 'logitLens') return 'the output head applied to each state';
  const runs = tokens.filter(({ special }) => !special).length;
  return `each token masked in turn, ${counted(runs, 'run')}`;
}

/** What the button says that makes the predictions; null where nothing is to be asked. */
function startLabel(state: State): string | null {
  const { capture, layers } = state;
  if (!capture || !layers.lenses) return null;
  const { chunks, isStopped, error } = layers.lenses;
  const tokens = outputTokens(capture).length;
  const made = [...chunks.values()].reduce((sum, lens) => sum + lens.count, 0);
  if (made >= tokens) return null;
  if (error) return 'Try again';
  if (isStopped) return made > 0 ? `Run the other ${counted(tokens - made, 'token')}` : 'Run again';
  return runsByItself(state) ? null : `Run ${count(tokens)} tokens`;
}

/** What the dot and the colours mean. */
function createLegend({ store }: LayersPanel): HTMLElement {
  const ramp = hiddenCanvas();
  const dot = el('span');
  store.select(
    state => [state.capture, state.options.colorMap, state.theme, state.themeVersion],
    (_capture, colorMap, theme) => {
      drawRamp(ramp, rampPixels(colorMap, isDark(theme)), RAMP_WIDTH);
      dot.textContent = `equals the ${expectedName(store.state)}`;
    },
  );
  return el(
    'div.legend.lens-legend',
    el('span.legend-item', el('i.dot', { 'aria-hidden': 'true' }), dot),
    el('span.legend-item', el('b', 'bold'), ' final answer first appears'),
    el('span.legend-item', '0', ramp, '1', el('span', 'probability of top token')),
  );
}
