import { changeRefusal, isIntervening, isModified } from '../app/interventions/wanted';
import { outputStack, outputToken } from '../app/output';
import { keepDrawn } from '../app/keepDrawn';
import type { Panel } from '../app/panel';
import type { State } from '../app/state';
import { drawPicture } from '../draw/marks';
import { widthOf } from '../draw/widthOf';
import { el, fill, tokenSpan } from '../kit/dom';
import { svg } from '../kit/svgElement';
import { drawTable } from '../kit/table';
import { queryTokens } from '../reading/capture';
import { label } from '../reading/tokenText';
import { weight3 } from '../reading/format';
import { dumbbellPicture, entryName, gainText, probabilityText } from './dumbbell';
import { movedOutput } from './figures';
import { createKlStrip } from '../shell/klStrip';
import { tokenChanges } from './klStrip';
import { rowChange, rowPicture, type RowChange } from './rowChange';

/** What the interventions that are on do to the output: predictions, a row, and each token. */
export function createResult(panel: Panel): HTMLElement {
  const { store } = panel;
  const prediction = part();
  const row = part();
  const moved = createKlStrip();
  const tokens = el(
    'section.result-part',
    el('h3', 'Where the output changed ', el('span.muted', 'KL(before ‖ after), nats')),
    moved.element,
  );
  const problem = el('p.muted.result-problem', { role: 'status' });
  const element = el('div.intervention-result', problem, prediction.element, row.element, tokens);
  const width = widthOf(element, () => draw(store.state));
  const draw = (state: State): void => {
    const isThere = isIntervening(state) && isModified(state);
    element.hidden = !isThere;
    if (!isThere) return;
    const text = problemIn(state);
    problem.textContent = text ?? '';
    problem.hidden = text === null;
    const room = Math.max(220, width() - PADDING);
    drawPrediction(state, prediction, room);
    drawRow(state, row, room);
    tokens.hidden = text !== null && text !== WAITING;
    const goTo = (at: number): void => {
      if (state.capture) panel.actions.setQueryOf(outputStack(state.capture), at);
    };
    moved.show(state, tokenChanges(state) ?? [], outputToken(state), goTo);
  };
  keepDrawn(
    store,
    state => [state.answers, state.sides.before, state.interventions, state.options.isIntervening],
    draw,
  );
  return element;
}

/** What the style sheet puts around a part. */
const PADDING = 32;
const WAITING = 'The plain run is made, to stand beside this one…';

/** Why there is nothing before that this could be compared with; null where there is. */
function problemIn(state: State): string | null {
  const { before } = state.sides;
  if (before.kind === 'failed') return before.error.message;
  if (before.kind !== 'ready') return WAITING;
  return changeRefusal(state, 'predictionsAfter') ?? changeRefusal(state, 'divergence');
}

interface Part {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  readonly picture: SVGSVGElement;
  readonly table: HTMLElement;
  readonly note: HTMLElement;
}

function part(): Part {
  const title = el('h3');
  const picture = svg('svg', { class: 'result-picture', role: 'img' });
  const table = el('div.table');
  const note = el('p.muted.note');
  const scroll = el('div.result-scroll', { tabindex: 0, role: 'group' });
  scroll.append(picture);
  return {
    element: el('section.result-part', title, scroll, table, note),
    title,
    picture,
    table,
    note,
  };
}

function drawPrediction(
  state: State,
  { element, title, picture, table, note }: Part,
  width: number,
) {
  const entries = movedOutput(state);
  const token = outputToken(state);
  const { capture } = state;
  element.hidden = !entries || token === null || !capture;
  if (!entries || token === null || !capture) return;
  const stack = outputStack(capture);
  fill(
    title,
    stack === 'decoder' ? 'Prediction after ' : 'Prediction for ',
    tokenSpan(label(capture.tokens[stack]?.[token], 16)),
    el(
      'span.dumbbell-legend',
      { 'aria-hidden': 'true' },
      el('i.ring'),
      ' before ',
      el('i.full'),
      ' after',
    ),
  );
  drawPicture(picture, dumbbellPicture(entries, width));
  const says = entries.map(
    one => `${entryName(one)} from ${probabilityText(one.before)} to ${probabilityText(one.after)}`,
  );
  picture.setAttribute('aria-label', `Probability before and after: ${says.join('; ')}`);
  drawTable(
    table,
    state.options.table && {
      caption: 'Probabilities that moved most',
      columns: ['Entry', 'Before', 'After', 'Gained'],
      rows: entries.map(one => [
        entryName(one),
        probabilityText(one.before),
        probabilityText(one.after),
        gainText(one),
      ]),
    },
  );
  note.hidden = true;
}

function drawRow(state: State, parts: Part, width: number): void {
  const change = rowChange(state);
  const { capture } = state;
  const { element, title, picture, table, note } = parts;
  element.hidden = !change || !capture;
  if (!change || !capture) return;
  const { place, keys, of } = change;
  fill(
    title,
    'Attention from ',
    tokenSpan(label(queryTokens(capture, place.block)[place.query], 16), 'query'),
    `, L${place.layer}H${place.head}`,
  );
  drawPicture(picture, rowPicture(state, change, width));
  picture.setAttribute('aria-label', `Weights before and after: ${rowWords(change)}`);
  drawTable(
    table,
    state.options.table && {
      caption: 'Weights before and after',
      columns: ['Key', 'Before', 'After', 'Edge'],
      rows: keys.map(one => [one.name, weight3(one.before), weight3(one.after), one.mark ?? '']),
    },
  );
  note.hidden = keys.length === of;
  note.textContent = `The ${keys.length} of ${of} keys that get most.`;
}

const rowWords = ({ keys }: RowChange): string =>
  [...keys]
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))
    .slice(0, 6)
    .map(({ name, before, after, mark }) => {
      const edge = mark === null ? '' : ` (${mark})`;
      return `${name} from ${weight3(before)} to ${weight3(after)}${edge}`;
    })
    .join('; ');
