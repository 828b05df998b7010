import { countOn, shownList } from '../app/interventions/list';
import { addMenu } from '../app/interventions/menus';
import type { Panel } from '../app/panel';
import { button, iconButton } from '../kit/controls';
import { el, fill, icon } from '../kit/dom';
import { menuButton, type MenuGroup } from '../kit/menu';
import { createForm } from './form';
import { createResult } from './result';
import { createRows } from './rows';

/** The list of interventions, the form of the selected one, and what they do to the output. */
export function createInterventionsPane(panel: Panel): HTMLElement {
  const { store, interventions, actions, commands } = panel;
  const count = el('span.muted');
  const add = menuButton(
    'Add an intervention',
    [icon('add'), el('span', 'Add'), icon('chevron-down')],
    () => addMenu(panel),
  );
  const all = iconButton('Switch all off, or on again', 'circle-large-outline', () =>
    interventions.switchAll(),
  );
  const save = iconButton('Save the list (Ctrl+S)', 'save', () => interventions.save());
  const more = menuButton('Lists and experiments', [icon('ellipsis')], (): MenuGroup[] => [
    {
      name: 'Lists',
      items: [
        {
          label: 'Open a list…',
          icon: 'folder-opened',
          act: () => actions.remedy('openInterventions'),
        },
        { label: 'Save the list…', icon: 'save', act: () => interventions.save() },
      ],
    },
    {
      name: 'Experiments',
      items: [
        {
          label: 'Open an experiment…',
          icon: 'beaker',
          act: () => actions.remedy('openExperiment'),
        },
      ],
    },
  ]);
  const rerun = button('Re-run', () => interventions.runAgain());
  const head = el(
    'div.intervention-head',
    el('h2', 'Interventions'),
    count,
    el('span.spacer'),
    add.element,
    all,
    save,
    more.element,
    rerun,
  );
  const note = createNote(panel);
  const empty = createEmpty(panel);
  const keys = el('p.intervention-keys.muted');
  keys.append(
    ...KEYS.flatMap(([key, does], i) => [i > 0 ? ' · ' : '', el('kbd', key), ` ${does}`]),
    ' · bars: effect of each alone',
  );
  const element = el(
    'aside.interventions',
    { 'aria-label': 'Interventions' },
    el(
      'div.intervention-list',
      head,
      note,
      createRows(panel),
      empty,
      createEffectsStatus(panel),
      keys,
      createForm(panel),
    ),
    createResult(panel),
  );
  store.select(
    state => [state.capture, state.interventions, state.options.isIntervening],
    () => {
      const { state } = store;
      const list = shownList(state);
      element.hidden = !state.options.isIntervening;
      count.textContent = list.length > 0 ? `${countOn(list)} of ${list.length} on` : '';
      empty.hidden = list.length > 0;
      keys.hidden = list.length === 0;
      all.disabled = save.disabled = list.length === 0;
    },
  );
  commands.answer('intervene', () => {
    interventions.toggleOpen();
    if (store.state.options.isIntervening) add.element.querySelector('button')?.focus();
  });
  return element;
}

const KEYS: readonly (readonly [string, string])[] = [
  ['F9', 'on/off'],
  ['Del', 'remove'],
  ['Ctrl+Enter', 're-run'],
  ['Alt+↑↓', 'order'],
];

/** What is told of the experiment whose text is on show. */
function createNote({ store }: Panel): HTMLElement {
  const element = el('section.experiment', { 'aria-label': 'Experiment' });
  store.select(
    state => [state.experiment, state.capture?.text],
    (experiment, text) => {
      element.hidden = !experiment || experiment.text !== text;
      if (!experiment) return;
      const steps = el('ol');
      steps.append(...experiment.look.map(step => el('li', step)));
      fill(element, el('h3', experiment.title), el('p', experiment.asks), steps);
    },
  );
  return element;
}

/** What stands in place of an empty list. */
function createEmpty({ actions }: Panel): HTMLElement {
  return el(
    'div.intervention-empty',
    el(
      'p',
      'Nothing is changed. Add an intervention here, or where you look: right-click a head, a cell of the map, a token or a state.',
    ),
    el(
      'div.buttons',
      button('Open an experiment…', () => actions.remedy('openExperiment'), {
        secondary: true,
        icon: 'beaker',
      }),
      button('Open a list…', () => actions.remedy('openInterventions'), { secondary: true }),
    ),
  );
}

/** Says how far the effects of each alone have come, or why they are not known. */
function createEffectsStatus({ store, interventions }: Panel): HTMLElement {
  const element = el('div.effects-status.muted', { role: 'status' });
  store.select(
    state => [state.interventions, state.capture],
    ({ effects }, capture) => {
      const isOfThis = effects?.capture === capture?.id;
      element.hidden = !isOfThis || !effects || (!effects.isRunning && !effects.error);
      if (!effects || element.hidden) return;
      if (effects.error) fill(element, effects.error.message);
      else {
        fill(
          element,
          `Effects of each alone: ${effects.known.length} found…`,
          button('Cancel', () => interventions.cancelEffects(), { secondary: true }),
        );
      }
    },
  );
  return element;
}
