import { shownRow } from '../../app/addresses';
import { isLong } from '../../reading/capture';
import { el, fill, tokenSpan } from '../../kit/dom';
import { count, percent, weight2 } from '../../reading/format';
import { numberName } from '../../draw/measure';
import type { Panel } from '../../app/panel';
import { DrawnFrom } from '../../draw/pixels/drawnFrom';
import type { State } from '../../app/state';
import { queryUnits } from '../../reading/units';
import { arcsOfRow, keptOfRow } from './arcChoice';
import type { ArcModel } from './arcModel';

/** Says how much of the weight the arcs on show hold, and where some had to be left out. */
export function createArcsNote({ store }: Panel): {
  readonly element: HTMLElement;
  show(model: ArcModel | null): void;
} {
  const element = el('p.muted.note.arcs-note');
  const from = new DrawnFrom();
  return {
    element,
    show: model => {
      if (!model) return;
      const { state } = store;
      const row = shownRow(state, state.locus?.query);
      if (from.differs(model, row, state.locus)) fill(element, ...noteParts(state, model));
    },
  };
}

function noteParts(state: State, model: ArcModel): (string | HTMLElement)[] {
  const { capture, locus, options } = state;
  if (!capture || !locus) return [];
  const { choice, shown, perRow } = model;
  const name = numberName(locus.aggregate);
  const parts: (string | HTMLElement)[] = [];
  if (choice && !Number.isNaN(choice.kept)) {
    parts.push(
      `Arcs of ${weight2(options.threshold)} or more hold ${percent(choice.kept)} of the ${name}`,
    );
  }
  const row = shownRow(state, locus.query);
  const place = shown.rowOf.get(locus.query);
  if (row && place !== undefined) {
    const arcs = arcsOfRow(row.weights, shown.keys, place, options.threshold, perRow);
    const kept = keptOfRow(row.weights, shown.keys, arcs);
    const queries = queryUnits(capture, locus.block, options.grouping);
    const query = tokenSpan(queries.label(row.query, 16), 'query');
    parts.push(parts.length > 0 ? ', those from ' : 'The arcs from ', query);
    parts.push(parts.length > 2 ? ` ${percent(kept)} of its own` : ` hold ${percent(kept)}`);
  }
  if (parts.length > 0) parts.push('.');
  if (isLong(capture, locus.block)) {
    parts.push(' Arcs of the other queries are not drawn: the map is too long to be sent whole.');
  }
  if (choice && choice.cutRows > 0) {
    parts.push(` Of a query, only the ${count(perRow)} strongest are drawn.`);
  }
  return parts;
}
