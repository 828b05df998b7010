import type { RemedyId } from '../../protocol/panel';
import { button } from '../kit/controls';
import { el, fill } from '../kit/dom';
import { GLOSSARY } from '../reading/glossary';
import type { KeyBinding } from '../app/keyBindings';
import type { Panel } from '../app/panel';
import { openView } from '../app/presence';
import type { View } from '../app/view';
import { createOverlay } from '../kit/overlay';

/** A key or several, and what they do. */
type Line = readonly [keys: readonly string[], does: string];

const isMac = navigator.userAgent.includes('Mac');

/** Keys of single controls: they act where the focus is. */
const AT_THE_FOCUS: readonly Line[] = [
  [['Enter'], 'On a token or a cell: make it the query; in a map, both'],
  [['Shift+Enter'], 'On a token: make it the key'],
  [['Alt+Enter'], 'On a token: show it in the editor'],
  [['←', '→', '↑', '↓'], 'Move among tokens, heads and cells'],
  [['Home', 'End', 'PgUp', 'PgDn'], 'To the ends; 8 cells at a time'],
  [['Alt+←', 'Alt+→'], 'On a token under Order matters: move it'],
  [['Ctrl+Home', 'Ctrl+End'], 'To the first and the last cell'],
  [
    ['Menu', 'Shift+F10'],
    'On a head, a cell, a token, a state or a stage: what can be changed there',
  ],
  [['Del', 'Alt+↑', 'Alt+↓'], 'In the list of interventions: remove, move up and down'],
  [['Ctrl+C'], 'On a finding: copy it as Markdown; Enter goes there'],
  [['Esc'], 'Cancel the run, end a preview, clear the key'],
];

/** Keys that VS Code keeps for us while the panel has the focus. */
const OF_THE_PANEL: readonly Line[] = [
  [['Ctrl+Enter'], 'Run again'],
  [['Ctrl+S'], 'Export; in the list of interventions, save the list'],
  [['F10'], 'Step over'],
  [['F11'], 'Step into'],
  [['Shift+F11'], 'Step out'],
  [['F5'], 'Run all stages'],
  [['F12'], 'Go to the source'],
];

/** The overlay that lists the keys of the open view; answers the command `help`. */
export function createHelp(
  { store, commands, actions }: Panel,
  bindings: readonly KeyBinding[],
  views: readonly View[],
  singleKeys: () => boolean,
): HTMLElement {
  const { dialog, body } = createOverlay('help-title', 'Keys and words');
  const leading = (text: string, remedy: RemedyId): HTMLElement =>
    button(
      text,
      () => {
        dialog.close();
        actions.remedy(remedy);
      },
      { secondary: true },
    );
  commands.answer('help', () => {
    const view = openView(views, store.state);
    const inView = bindings.filter(binding => binding.view === view?.id);
    const everywhere = bindings.filter(binding => binding.view === undefined);
    fill(
      body,
      !singleKeys() &&
        el(
          'p.muted',
          'Letters, digits and signs are turned off by the setting attentionDebugger.singleKeys.',
        ),
      inView.length > 0 && section(view?.title ?? '', inView.map(lineOf)),
      section('Every view', everywhere.map(lineOf)),
      section('Where the focus is', AT_THE_FOCUS),
      section('The panel', OF_THE_PANEL),
      words(),
      el(
        'div.buttons',
        leading('Open the walkthrough', 'openWalkthrough'),
        leading('Try a sample', 'openSample'),
      ),
    );
    if (!dialog.open) dialog.showModal();
  });
  return dialog;
}

function section(name: string, lines: readonly Line[]): HTMLElement {
  const list = el('dl.keys');
  for (const [keys, does] of lines) {
    const names = el('dt');
    names.append(...keys.map(key => el('kbd', keyName(key))));
    list.append(names, el('dd', does));
  }
  return el('section', el('h3', name), list);
}

/** The words of the panel in a sentence each. */
function words(): HTMLElement {
  const list = el('dl.glossary');
  for (const [word, means] of Object.entries(GLOSSARY)) {
    list.append(el('dt', word), el('dd', { text: means }));
  }
  return el('section.help-words', el('h3', 'Words'), list);
}

/** A binding as its key is written on the keyboard. */
function lineOf({ key, alt, does }: KeyBinding): Line {
  const arrows: Record<string, string> = {
    ArrowUp: '↑',
    ArrowDown: '↓',
    ArrowLeft: '←',
    ArrowRight: '→',
  };
  const upper = key.toUpperCase();
  const isShifted = /^[A-Z]\d*$/.test(key);
  const name = arrows[key] ?? (isShifted ? `Shift+${key}` : upper);
  return [[alt ? `Alt+${name}` : name], does];
}

const keyName = (key: string): string =>
  isMac ? key.replace('Ctrl+', 'Cmd+').replace('Alt+', 'Option+') : key;
