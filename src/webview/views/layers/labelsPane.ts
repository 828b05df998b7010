import type { ProbeLabels, ProbeTask } from '../../../protocol/probes';
import { dropdown } from '../../kit/controls';
import { el } from '../../kit/dom';
import { weight3 } from '../../reading/format';
import { inkOn } from '../../draw/color/inkOn';
import { shareColors } from './colors';
import { missingStates, shownState, stateName, stateWords } from './facts';
import { TASK_NAMES } from './probeWords';
import { layerError, layerNumber, stackTokens } from './wanted';
import { outputStack, outputToken } from '../../app/output';
import type { LayersPanel } from './wishes';
import type { State } from '../../app/state';
import { label, shorten } from '../../reading/tokenText';
import { drawTable } from '../../kit/table';
import type { GridContent } from '../../draw/stateCells';
import type { StateGrid } from '../../draw/stateGrid';
import { createSection } from './task';

const LIMIT = 12;
/** Not empty: a dropdown without a value takes the first entry that is. */
const NONE = 'none';

/** The labels of one task. */
export type LabelTask = ProbeLabels['tasks'][number];

/** What the probes say of each token in each state. */
export function createLabelsPane(panel: LayersPanel, grid: StateGrid): HTMLElement {
  const { layers } = panel;
  const tasks = dropdown('Labels of', value =>
    layers.setOption({ labels: (value === NONE ? null : value) as ProbeTask | null }),
  );
  const caption = el('span.muted');
  const section = createSection(panel, 'Labels by layer', [tasks.element, caption]);
  const { reason, table } = section;
  section.body.append(reason.element, grid.element, table);
  section.follow(['probeLabels', 'probes'], state => {
    const found = layerNumber(state, 'probeLabels');
    const error = layerError(state, 'probeLabels');
    const isSaid = error === null || layerError(state, 'probes') !== null;
    section.element.hidden = !found && isSaid;
    reason.show(error);
    const known = found?.tasks ?? [];
    tasks.show(
      [
        { value: NONE, label: 'No labels' },
        ...known.map(({ task }) => ({ value: task, label: TASK_NAMES[task] })),
      ],
      labelTask(state)?.task ?? NONE,
    );
    const content = labelContent(state);
    grid.element.hidden = content === null;
    caption.textContent =
      content && found ? `what the probes of ${found.corpus} say of each word` : '';
    if (content) grid.show(content);
    drawTable(table, content && state.options.table && labelTable(state, content));
  });
  return section.element;
}

/** The task whose labels are on show; null where none is. */
export function labelTask(state: State): LabelTask | null {
  const found = layerNumber(state, 'probeLabels');
  return found?.tasks.find(({ task }) => task === state.options.layers.labels) ?? null;
}

/** The labels on show by state and token; null where none are. */
export function labelContent(state: State): GridContent | null {
  const { capture, options, locus } = state;
  const found = layerNumber(state, 'probeLabels');
  const one = labelTask(state);
  if (!capture || !locus || !found || !one) return null;
  const tokens = stackTokens(capture, found.stack);
  const columns = tokens.flatMap((token, i) =>
    token.special && !options.specialTokens
      ? []
      : [{ token: i, label: label(token, LIMIT), isSpecial: token.special }],
  );
  const colors = shareColors(state);
  const query =
    locus.block.stack === found.stack
      ? locus.query
      : found.stack === outputStack(capture)
        ? outputToken(state)
        : null;
  const at = columns.findIndex(({ token }) => token === query);
  return {
    name: `${TASK_NAMES[one.task]} by layer: rows are states, columns are tokens`,
    states: one.labels.map((_, i) => stateName(i)),
    missing: missingStates(state, found.stack, one.labels.length),
    columns,
    cell: (row, column) => {
      const { token = 0, label: name = '' } = columns[column] ?? {};
      const text = one.labels[row]?.[token] ?? '';
      const probability = one.probabilities[row * tokens.length + token] ?? NaN;
      if (text === '') return null;
      const background = colors(Number.isNaN(probability) ? 0 : probability);
      return {
        text: shorten(text, LIMIT),
        background,
        ink: inkOn(background),
        name: `${name}, ${stateWords(row)}: ${text} ${weight3(probability)}`,
      };
    },
    here: at < 0 ? null : { row: shownState(state), column: at },
    key: null,
  };
}

/** Labels of every word in the chosen state. */
function labelTable(state: State, { columns }: GridContent) {
  const one = labelTask(state);
  const at = Math.min(shownState(state), (one?.labels.length ?? 1) - 1);
  const width = one && one.labels.length > 0 ? one.probabilities.length / one.labels.length : 0;
  return {
    caption: `${one ? TASK_NAMES[one.task] : ''} ${stateWords(at)}`,
    columns: ['Token', 'Index', 'Label', 'Probability'],
    rows: columns.flatMap(({ token, label: name }) => {
      const text = one?.labels[at]?.[token] ?? '';
      return text === ''
        ? []
        : [[name, String(token), text, weight3(one?.probabilities[at * width + token] ?? NaN)]];
    }),
  };
}
