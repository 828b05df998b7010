import type { FindingsState } from '../../../protocol/findings';
import { foundIn, graveCount } from '../../app/findings';
import { button } from '../../kit/controls';
import { el, fill, icon } from '../../kit/dom';
import { counted } from '../../reading/format';
import { groupsOf } from './rows';
import { stopsOf } from './stops';
import type { FindingsPanel } from './wishes';

/** What there is to say and to do where there is no list yet, or it is not the last word. */
export function createStateNote(panel: FindingsPanel): HTMLElement {
  const { store } = panel;
  const element = el('div.findings-state');
  store.select(
    state => [
      state.findings,
      state.findingsLook,
      state.options.findings,
      state.capture,
      stopsOf(state),
    ],
    findings => {
      const parts = partsOf(panel, findings);
      fill(element, ...parts);
      element.hidden = parts.length === 0;
    },
  );
  return element;
}

function partsOf(panel: FindingsPanel, state: FindingsState): HTMLElement[] {
  const { findings, actions, store } = panel;
  const check = (label: string): HTMLElement =>
    button(label, () => findings.check(), { icon: 'beaker' });
  switch (state.kind) {
    case 'none':
      return [el('p', WHAT_IT_DOES), el('div.finding-buttons', check('Check this model'))];
    case 'failed':
      return [
        el('p', state.error.code === 'cancelled' ? STOPPED : WHAT_FAILED),
        el('div.finding-buttons', check('Check again')),
      ];
    case 'running': {
      const { decided, rules, runs } = state.progress;
      const bar = el('progress', {
        'aria-label': 'Checks done',
        max: Math.max(1, rules),
        'data-decided': decided,
      });
      bar.value = decided;
      return [
        el(
          'div.findings-progress',
          el('span', `${counted(runs, 'run')}, ${decided} of ${rules} done`),
          bar,
          button('Cancel', () => actions.cancel(), { secondary: true }),
        ),
      ];
    }
    case 'ready': {
      const isEmpty = groupsOf(store.state).length === 0;
      return [
        ...(state.isStale
          ? [
              el(
                'div.findings-stale',
                icon('history'),
                el('span', 'The model’s files have changed since it was checked.'),
                button('Check again', () => findings.check(), { secondary: true }),
              ),
            ]
          : []),
        ...(state.capture === store.state.capture?.id ? [] : [otherText()]),
        ...(isEmpty ? [el('p.muted', emptyWords(state))] : []),
      ];
    }
  }
}

/** What is said of a text is of another one than that on show. */
const otherText = (): HTMLElement =>
  el(
    'div.findings-stale',
    icon('info'),
    el(
      'span',
      'The model was checked with another text: what is said of a text is said of that one.',
    ),
  );

const WHAT_IT_DOES =
  'The check runs the model on this text and on small changes of it, and looks for faults that exports are known to have: in masks, padding, positions, precision, heads, and the tokenizer beside it.';
const STOPPED = 'Nothing of it is lost but the check itself.';
const WHAT_FAILED = 'What is listed in the other views does not depend on it.';

/** Why nothing is listed of a check that is done. */
const emptyWords = (state: FindingsState): string =>
  foundIn(state).length > 0 || graveCount(state) > 0
    ? 'No finding has these words.'
    : 'Nothing was found here.';
