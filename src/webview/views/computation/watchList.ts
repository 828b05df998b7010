import { keyTokens } from '../../reading/capture';
import { shownComputation } from './shown';
import { isComputed } from '../../app/choices/step';
import { canonical, watch } from './watch';
import { LONGEST_WATCH, MOST_WATCHES } from '../../app/choices/computation';
import { el, fill, icon } from '../../kit/dom';
import type { Panel } from '../../app/panel';

/** Expressions that people watch while they step, with their values; kept across reloads. */
export function createWatchList({ store, actions }: Panel): HTMLElement {
  const list = el('ul.watches');
  const input = el('input.watch-input', {
    type: 'text',
    maxlength: LONGEST_WATCH,
    placeholder: 'Add: α[token], q·k[token], ‖z‖ …',
    'aria-label': 'Add an expression to watch',
    spellcheck: 'false',
    autocomplete: 'off',
  });
  const add = (): void => {
    const { watches } = store.state.options;
    const expression = canonical(input.value);
    if (expression === '') return;
    const others = watches.filter(one => one !== expression);
    actions.setOption({ watches: [...others, expression].slice(-MOST_WATCHES) });
    input.value = '';
  };
  input.addEventListener('keydown', event => {
    if (event.key === 'Enter') add();
    else if (event.key === 'Escape') input.value = '';
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const remove = (expression: string): void => {
    const { watches } = store.state.options;
    const next = watches.indexOf(expression);
    actions.setOption({ watches: watches.filter(one => one !== expression) });
    queueMicrotask(() => {
      const buttons = list.querySelectorAll<HTMLElement>('button');
      (buttons[Math.min(next, buttons.length - 1)] ?? input).focus();
    });
  };
  store.select(
    state => [
      state.options.watches,
      shownComputation(state),
      state.step,
      state.locus,
      state.capture,
    ],
    (watches, _computation, step, locus, capture) => {
      const shown = shownComputation(store.state);
      if (!shown || !locus || !capture) return;
      const keys = keyTokens(capture, locus.block);
      const lines = watches.map(expression => {
        const result = watch(expression, shown, keys);
        const found = 'value' in result;
        return el(
          'li',
          { class: found ? '' : 'has-problem' },
          el('span.watch-name', expression),
          el('span', {
            class: found ? 'watch-value' : 'watch-problem',
            text: !found ? result.problem : isComputed(step, result.from) ? result.value : '–',
          }),
          el(
            'button.watch-remove',
            {
              title: `Stop watching ${expression}`,
              'aria-label': `Stop watching ${expression}`,
              on: { click: () => remove(expression) },
            },
            icon('close'),
          ),
        );
      });
      fill(list, ...lines);
      list.hidden = lines.length === 0;
    },
  );
  return el('div', list, input);
}
