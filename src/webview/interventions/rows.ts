import { isOn, type Intervention, type InterventionEffect } from '../../protocol/intervention';
import { isSameIntervention, runList, selectedRow, shownList } from '../app/interventions/list';
import { refusalAt } from '../app/interventions/support';
import { plainCapture } from '../app/interventions/wanted';
import { wordsOf } from '../app/interventions/words';
import { plainText } from '../app/sentence';
import type { Panel } from '../app/panel';
import type { State } from '../app/state';
import { iconButton } from '../kit/controls';
import { el, fill, icon } from '../kit/dom';
import { weight2 } from '../reading/format';
import { drawn } from '../shell/sentenceBand';
import { barLane, shareBar } from '../shell/weightBar';

/** Effects from here on fill their lane, in nats. */
const FULL = 4;

/** What the interventions of the list do alone, by their places; undefined where it is not known. */
export function effectAt(state: State, one: Intervention): InterventionEffect | undefined {
  const { effects } = state.interventions;
  if (!effects || effects.capture !== state.capture?.id) return undefined;
  const place = runList(state).findIndex(other => isSameIntervention(one, other));
  return place < 0 ? undefined : effects.known.find(({ index }) => index === place);
}

/** Why an intervention cannot be made; null where it can, or may be. */
export const refusalOf = (state: State, one: Intervention): string | null =>
  effectAt(state, one)?.reason ?? (state.capture ? refusalAt(one.at, state.capture) : null);

/** The rows of the list: one tab stop, arrows select, F9, Del and Alt+↑↓ act on the row with the focus. */
export function createRows({ store, interventions }: Panel): HTMLElement {
  const element = el('div.intervention-rows', { role: 'grid', 'aria-label': 'Interventions' });
  let isFocused = false;
  const focusRow = (place: number | undefined): void =>
    element.querySelector<HTMLElement>(`[data-place="${place ?? -1}"]`)?.focus();
  element.addEventListener('keydown', event => {
    const place = placeOf(event);
    if (place === null) return;
    const act = actOf(event, place);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    isFocused = true;
    act();
  });
  element.addEventListener('click', event => {
    const place = placeOf(event);
    if (place !== null) interventions.select(place);
  });
  element.addEventListener('focusin', event => {
    const place = placeOf(event);
    if (place !== null && place !== selectedRow(store.state)) interventions.select(place);
  });
  const actOf = (event: KeyboardEvent, place: number): (() => void) | undefined => {
    const { length } = shownList(store.state);
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key] as 1 | -1 | undefined;
    if (step && event.altKey) return () => interventions.move(place, step);
    if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
    if (step) return () => interventions.select(Math.max(0, Math.min(length - 1, place + step)));
    const acts: Record<string, () => void> = {
      Home: () => interventions.select(0),
      End: () => interventions.select(length - 1),
      F9: () => interventions.switch(place),
      Delete: () => interventions.remove(place),
    };
    const isSwitch = event.key === ' ' && event.target instanceof HTMLElement;
    const isRow = isSwitch && event.target.matches('.intervention-row');
    return isRow ? () => interventions.switch(place) : acts[event.key];
  };
  store.select(
    state => [state.capture, state.interventions, state.sides.before],
    () => {
      const { state } = store;
      const hadFocus = isFocused || element.contains(document.activeElement);
      isFocused = false;
      const list = shownList(state);
      const selected = selectedRow(state);
      fill(element, ...list.map((one, place) => drawRow(state, one, place, place === selected)));
      element.hidden = list.length === 0;
      if (hadFocus) focusRow(selected);
    },
  );

  function drawRow(
    state: State,
    one: Intervention,
    place: number,
    isSelected: boolean,
  ): HTMLElement {
    const { capture } = state;
    if (!capture) return el('div');
    const words = wordsOf(one, plainCapture(state) ?? capture);
    const on = isOn(one);
    const refusal = refusalOf(state, one);
    const effect = effectAt(state, one)?.divergence;
    const name = plainText(words.sentence);
    const dot = el(
      'button.intervention-dot',
      {
        'aria-pressed': String(on),
        'aria-label': `${on ? 'On' : 'Off'}: ${name}`,
        title: on ? 'Switch it off (F9)' : 'Switch it on (F9)',
        tabindex: -1,
        on: { click: () => interventions.switch(place) },
      },
      icon(on ? 'circle-large-filled' : 'circle-large-outline'),
    );
    const remove = iconButton(`Remove: ${name}`, 'close', () => interventions.remove(place));
    remove.tabIndex = -1;
    const alone =
      effect === undefined
        ? []
        : [
            barLane(shareBar(Math.min(1, effect / FULL))),
            el('span.number', {
              text: weight2(effect),
              title: 'KL of the output with it alone, in nats',
            }),
          ];
    const cell = (...content: (Node | string | null | false)[]): HTMLElement =>
      el('div', { role: 'gridcell' }, ...content);
    return el(
      'div',
      {
        class: ['intervention-row', isSelected ? 'selected' : '', on ? '' : 'off'],
        role: 'row',
        tabindex: isSelected ? 0 : -1,
        'aria-selected': String(isSelected),
        'aria-label': [
          name,
          on ? 'on' : 'off',
          words.value,
          effect === undefined ? '' : `alone KL ${weight2(effect)}`,
          refusal ?? '',
        ]
          .filter(Boolean)
          .join(', '),
        'data-place': place,
      },
      cell(dot),
      cell(icon(words.sign)),
      el(
        'div.intervention-words',
        { role: 'gridcell' },
        el('div', ...drawn(words.sentence)),
        words.note !== null && el('div.intervention-note', words.note),
        refusal !== null && el('div.intervention-refusal', icon('warning'), ` ${refusal}`),
      ),
      el('div.intervention-value', { role: 'gridcell' }, words.value),
      el('div.intervention-effect', { role: 'gridcell' }, ...alone),
      cell(remove),
    );
  }
  return element;
}

function placeOf(event: Event): number | null {
  const row =
    event.target instanceof Element ? event.target.closest<HTMLElement>('.intervention-row') : null;
  return row ? Number(row.dataset['place']) : null;
}
