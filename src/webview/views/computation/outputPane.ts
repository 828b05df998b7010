import { length, limitOf } from './facts';
import { gateRows, type VectorRow } from './gateRows';
import { number } from '../../reading/numbers';
import { shownComputation } from './shown';
import { Stage } from '../../app/choices/step';
import { el, fill } from '../../kit/dom';
import { counted } from '../../reading/format';
import { divergingColors, drawVector } from '../../draw/vectorCells';
import type { State } from '../../app/state';
import { isDark } from '../../kit/theme';
import { createTable } from '../../kit/table';
import { barLane, shareBar } from '../../shell/weightBar';

const CELLS_HEIGHT = 16;
/** Room for the names and the numbers beside the cells. */
const NAME_ROOM = 410;
const NARROW_NAME_ROOM = 240;
const NARROW = 640;

/** From the head to the residual stream: its part of W_O, all heads of the layer, and the addition. */
export function drawOutputPane(place: HTMLElement, state: State, width: number): void {
  const shown = shownComputation(state);
  const { locus, capture, step } = state;
  place.hidden = !shown || step.stage < Stage.output || step.into !== null;
  if (!shown || !locus || !capture || place.hidden) return;
  const { output, gate } = shown.value;
  const gated = gateRows(shown.value);
  const title = el('div.pane-head', el('h2', 'From this head to the residual stream'));
  if ('missing' in output) {
    const reason = el('p.muted.note', output.missing);
    fill(place, title, gated.length > 0 && vectorTable(gated, state, width), reason);
    return;
  }
  const { fromHead, fromLayer, normOfHeads, residual, sum, residualMissing } = output;
  const mine = gate ? 'z × g' : 'z';
  const rows: readonly VectorRow[] = [
    ...gated,
    [`${mine} · W_O of head ${locus.head}`, 'what this head adds', fromHead],
    [`all ${counted(normOfHeads.length, 'head')}`, 'with the bias of W_O', fromLayer],
    ...(residual
      ? ([['residual stream', 'before this layer’s attention', residual]] as const)
      : []),
    ...(sum ? ([['sum', 'residual stream + all heads', sum]] as const) : []),
  ];
  fill(
    place,
    title,
    vectorTable(rows, state, width),
    residualMissing !== undefined && el('p.muted.note', residualMissing),
    headLengths(normOfHeads, locus.head),
  );
}

/** Vectors below each other, with their limits and lengths. */
function vectorTable(rows: readonly VectorRow[], state: State, width: number): HTMLElement {
  const colors = divergingColors(isDark(state.theme));
  const wide = Math.max(96, Math.min(640, width - (width < NARROW ? NARROW_NAME_ROOM : NAME_ROOM)));
  const table = createTable(
    ['', `${rows.at(-1)?.[2].length ?? 0} dimensions`, 'limits', 'length'],
    rows.map(([name, detail, vector]) => {
      const canvas = el('canvas', { 'aria-hidden': 'true' });
      const limit = limitOf([vector]);
      drawVector(canvas, vector, { colors, limit, width: wide, height: CELLS_HEIGHT });
      const what = document.createDocumentFragment();
      what.append(el('span', name), el('span.muted.wide', { text: ` ${detail}` }));
      return [what, canvas, `± ${number(limit, 2)}`, number(length(vector), 2)];
    }),
  );
  table.className = 'arithmetic output-table';
  return table;
}

/** How long each head's part is, as bars. */
function headLengths(normOfHeads: Float32Array, here: number): HTMLElement {
  const largest = limitOf([normOfHeads]);
  const list = el('div.head-lengths', {
    role: 'list',
    'aria-label': 'Length of what each head adds',
  });
  normOfHeads.forEach((value, head) => {
    list.append(
      el(
        'div',
        { class: head === here ? 'head-length here' : 'head-length', role: 'listitem' },
        el('span', `Head ${head}`),
        barLane(shareBar(value / largest)),
        el('span.number', number(value, 2)),
      ),
    );
  });
  return list;
}
