import type { SweepKind } from '../../app/choices/layers';
import { outputToken } from '../../app/output';
import type { State } from '../../app/state';
import { ShareGrid } from '../../draw/shareGrid';
import type { ShareMap } from '../../draw/shareMap';
import { button, dropdown, type Choice } from '../../kit/controls';
import { el } from '../../kit/dom';
import { drawTable, type TableContent } from '../../kit/table';
import { isDark } from '../../kit/theme';
import { weight3 } from '../../reading/format';
import { label } from '../../reading/tokenText';
import { measureField } from '../../shell/measureField';
import {
  shownSweep,
  sweepChoices,
  sweepEntries,
  sweepQuestion,
  sweepWords,
  whyNoSweep,
} from './sweeps';
import { createSection, createTask } from './task';
import { outputTokens } from './wanted';
import type { LayersPanel } from './wishes';

/** Cells that the table lists: the largest. */
const LISTED = 20;

const KINDS: readonly { readonly value: SweepKind; readonly label: string }[] = [
  { value: 'zero', label: 'Heads to zero' },
  { value: 'mean', label: 'Heads to mean' },
  { value: 'edges', label: 'Edges, this layer head by head' },
  { value: 'allEdges', label: 'Edges, all layers and heads together' },
  { value: 'tokens', label: 'Tokens' },
  { value: 'direct', label: 'Direct effect' },
];

/** What the output does once one thing is taken away: each head, each edge, each token. */
export function createSweepPane(panel: LayersPanel): HTMLElement {
  const { layers, actions, store } = panel;
  const kinds = dropdown('What is switched off', value =>
    layers.setOption({ sweep: KINDS.find(one => one.value === value)?.value ?? 'zero' }),
  );
  const field = measureField({
    kind: sweepMeasure => layers.setOption({ sweepMeasure }),
    entry: change => layers.chooseSweepEntry(change),
    place: token => layers.chooseOutputToken(token),
    offered: 'at this token',
  });
  const section = createSection(panel, 'Switch off', [kinds.element]);
  const { reason, table } = section;
  section.element.classList.add('sweep-pane');
  const start = button('Run', () => void layers.sweeps.run(), { secondary: true });
  const task = createTask(panel, 'sweep', () => layers.sweeps.cancel());
  const words = el('p.muted.layer-note');
  const goTo = ({ row, column }: { row: number; column: number }): void => {
    const kind = store.state.options.layers.sweep;
    if (kind === 'edges' || kind === 'allEdges') actions.setKey(column);
    else if (kind !== 'tokens') actions.setHead(row, column);
  };
  const grids = [0, 1].map(() => new ShareGrid({ point: () => undefined, commit: goTo }));
  const captions = grids.map(() => el('h3'));
  const figures = grids.map((grid, i) => el('div.sweep-figure', captions[i], grid.element));
  section.body.append(
    el('div.sweep-measure', ...field.elements, start, field.note),
    task,
    reason.element,
    el('div.sweep-figures', ...figures),
    words,
    table,
  );
  section.follow(
    ['choices'],
    state => {
      kinds.show(KINDS, state.options.layers.sweep);
      field.show({
        measure: state.options.layers.sweepMeasure,
        known: sweepChoices(state),
        entries: sweepEntries(state),
        places: placesOf(state),
        token: outputToken(state) ?? 0,
      });
      const shown = shownSweep(state);
      start.hidden = state.layers.tasks.sweep !== undefined || shown !== null;
      start.toggleAttribute('disabled', sweepQuestion(state) === null);
      reason.show(whyNoSweep(state));
      [shown?.effects ?? null, shown?.control ?? null].forEach((map, i) => {
        const figure = figures[i];
        if (figure) figure.hidden = map === null;
        if (!map) return;
        const caption = captions[i];
        if (caption) caption.textContent = map.name.replace(/:.*/, '');
        grids[i]?.show(map, isDark(state.theme));
      });
      words.textContent = [sweepWords(state), plainWords(state), ...(shown?.missing ?? [])].join(
        ' ',
      );
      drawTable(table, state.options.table && shown !== null && largest(shown.effects));
    },
    ({ tasks, sweepChoice }) => [
      tasks.sweep === undefined,
      sweepChoice,
      outputToken(store.state),
      shownSweepOf(store.state),
      whyNoSweep(store.state),
    ],
  );
  return section.element;
}

/** Tokens whose output can be measured. */
function placesOf({ capture }: State): readonly Choice[] {
  if (!capture) return [];
  return outputTokens(capture).map((token, i) => ({
    value: String(i),
    label: `${i} ${label(token, 12)}`,
  }));
}

/** Tells one answer from another. */
function shownSweepOf(state: State): unknown {
  const { effects } = shownSweep(state) ?? {};
  return effects?.values[0]?.buffer;
}

function plainWords(state: State): string {
  const plain = shownSweep(state)?.plain;
  return plain === undefined ? '' : `Of the plain run it is ${weight3(plain)}.`;
}

function largest({ name, rows, columns, values, hasTurnedNames }: ShareMap): TableContent {
  const cells = values.flatMap((row, i) =>
    Array.from(row ?? [], (value, column) => ({ row: i, column, value })),
  );
  const known = cells.filter(({ value }) => !Number.isNaN(value));
  const listed = known.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, LISTED);
  return {
    caption: `${name}, the ${listed.length} largest of ${known.length}`,
    columns: ['Row', 'Column', 'Change'],
    rows: listed.map(({ row, column, value }) => [
      rows[row] ?? '',
      hasTurnedNames ? `${column} ${columns[column]?.label ?? ''}` : (columns[column]?.label ?? ''),
      weight3(value),
    ]),
  };
}
