import type { State } from '../../app/state';
import { el } from '../../kit/dom';
import { stopWords } from './stops';
import type { FindingsPanel } from './wishes';

/** Conditions to begin with (docs/breakpoints.md). */
const EXAMPLES = [
  'weight(0) > 0.9 and query > 0',
  'entropy < 0.1 and query > 0',
  'weight(query - 1) > 0.8',
  'stateMax > 1000',
  'abs(sum - 1) > 0.001',
  'isNaN(sum)',
];
const LIST = 'stop-examples';

/** Whether the field for a condition is there. */
export const isStopping = ({ findingsLook, options }: State): boolean =>
  findingsLook.isStopping || options.findings.condition !== '';

/** A conditional breakpoint: where it holds is listed first. */
export function createStopField({ store, findings }: FindingsPanel): HTMLElement {
  const input = el('input.field', {
    type: 'text',
    'aria-label': 'Stop where',
    placeholder: EXAMPLES[0] ?? '',
    spellcheck: 'false',
    maxlength: 1000,
    on: { change: () => findings.stopWhere(input.value) },
  });
  input.setAttribute('list', LIST);
  const examples = el('datalist', { id: LIST });
  examples.append(
    ...EXAMPLES.map(text => {
      const option = el('option');
      option.value = text;
      return option;
    }),
  );
  const said = el('p.muted', { role: 'status' });
  const element = el(
    'div.findings-stop',
    el('span', { text: 'Stop where', 'aria-hidden': 'true' }),
    input,
    examples,
    said,
  );
  store.select(
    state => [isStopping(state), state.options.findings.condition, stopWords(state)],
    (isOpen, condition, words) => {
      const wasHidden = element.hidden;
      element.hidden = !isOpen;
      if (document.activeElement !== input) input.value = condition;
      said.textContent = words;
      said.hidden = words === '';
      if (wasHidden && isOpen && condition === '') input.focus();
    },
  );
  return element;
}
