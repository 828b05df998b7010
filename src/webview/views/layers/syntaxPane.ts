import type { SyntaxReport } from '../../../protocol/probes';
import { button } from '../../kit/controls';
import { el, fill } from '../../kit/dom';
import { count, counted } from '../../reading/format';
import { bestHeads, type BestHead } from './syntaxRows';
import { points } from './probeWords';
import { layerFault, layerNumber } from './wanted';
import type { LayersPanel } from './wishes';
import { createTable } from '../../kit/table';
import { createSection, createTask } from './task';

/** Which head finds which dependency. */
export function createSyntaxPane(panel: LayersPanel): HTMLElement {
  const { store, layers, actions } = panel;
  const caption = el('span.muted', 'the most attended word is the other end');
  const measure = (): void => void layers.probes.measureHeads();
  const section = createSection(panel, 'Syntax by heads', [caption], { panel, again: measure });
  const { reason, table } = section;
  const task = createTask(panel, 'syntax', () => layers.probes.cancel('syntax'));
  const start = button('Measure every head', measure, { secondary: true });
  table.classList.add('syntax-table');
  const note = el('p.muted.layer-note');
  section.body.append(task, reason.element, table, note, start);
  const go = (report: SyntaxReport, { layer, head }: BestHead): void => {
    const { locus, capture } = store.state;
    if (!locus || !capture) return;
    if (locus.block.stack === report.stack)
      actions.setPlace({ stack: report.stack, kind: 'self' }, null, null);
    else actions.setBlock({ stack: report.stack, kind: 'self' });
    actions.setHead(layer, head);
  };
  section.follow(
    ['syntax'],
    state => {
      const report = layerNumber(state, 'syntax');
      const fault = layerFault(state, 'syntax');
      reason.show(fault?.message ?? null, fault);
      start.hidden = state.layers.tasks.syntax !== undefined;
      start.textContent = report ? 'Measure again' : 'Measure every head';
      for (const element of [table, note]) element.hidden = !report;
      if (!report) return;
      note.textContent = noteOf(report);
      fill(
        table,
        syntaxTable(report, state.locus, head => go(report, head)),
      );
    },
    ({ tasks }) => [tasks.syntax === undefined],
  );
  return section.element;
}

const noteOf = ({ corpus, sentences, notes }: SyntaxReport): string =>
  [
    `${corpus}, ${counted(sentences, 'sentence')}. Baseline: the word at the best fixed offset (Clark et al. 2019).`,
    ...notes,
  ].join(' ');

function syntaxTable(
  report: SyntaxReport,
  locus: { readonly layer: number; readonly head: number } | null,
  go: (head: BestHead) => void,
): HTMLElement {
  const rows = bestHeads(report).map(best => {
    const isHere = best.layer === locus?.layer && best.head === locus.head;
    const link = el('button.head-link', {
      text: `L${best.layer} H${best.head}`,
      title: `Show layer ${best.layer}, head ${best.head}`,
      'aria-current': isHere ? 'true' : null,
      on: { click: () => go(best) },
    });
    return [
      best.relation,
      count(best.count),
      link,
      best.direction,
      points(best.accuracy),
      points(best.baseline),
      best.offset > 0 ? `+${best.offset}` : `−${-best.offset}`,
    ];
  });
  return createTable(
    ['Relation', 'Pairs', 'Best head', 'Reads', 'Accuracy, %', 'Baseline, %', 'Offset'],
    rows,
    el('caption.visually-hidden', 'Dependencies and the head that finds each best'),
  );
}
