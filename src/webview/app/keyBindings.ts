import { SCALES } from '../draw/color/palette';
import type { CommandName } from './commands';
import { FINDINGS_VIEW } from './findings';
import { interventionKeys } from './interventions/keys';
import type { LocusHistory } from './locusHistory';
import type { Panel } from './panel';
import { presenceOf, type Presence } from './presence';
import type { State } from './state';
import type { ViewOptions } from './viewOptions';
import { shownScale } from './viewPalette';

/** A key that acts wherever the focus is in the panel. */
export interface KeyBinding {
  /** As `KeyboardEvent.key` has it; letters in lower case, or in upper case with Shift, and so `f8`. */
  readonly key: string;
  readonly alt?: boolean;
  /** What it does, for the list of keys. */
  readonly does: string;
  /** The one view in which it acts; every view where absent. */
  readonly view?: string;
  act(): void;
}

/** Steps of the computation, with the letters that stand for VS Code's own keys. */
const STEPS: readonly [string, CommandName, string][] = [
  ['n', 'stepOver', 'Step over: the next stage for all keys'],
  ['i', 'stepInto', 'Step into one key'],
  ['o', 'stepOut', 'Step out'],
  ['b', 'stepBack', 'Step back'],
  ['r', 'restart', 'Start again'],
];

/** Keys of the patch maps. */
const PATCHING: readonly [string, CommandName, string][] = [
  ['k', 'keepPatch', 'Keep the cell as an intervention'],
  ['m', 'largestPatch', 'Largest cell of the map'],
  ['[', 'previousPatchMap', 'Map before: residual, attention, MLP, heads'],
  [']', 'nextPatchMap', 'Next map'],
  ['f2', 'editOther', 'Edit text B'],
];

/** Keys of the places where two models part. */
const DIVERGENCE: readonly [string, CommandName, string][] = [
  ['home', 'firstPlace', 'First place where the two part'],
  ['t', 'divergeByToken', 'By token, or by tensor'],
];

/** All keys that act from any view. */
export function keyBindings(
  panel: Panel,
  history: LocusHistory,
  views: readonly {
    readonly id: string;
    readonly key: string;
    readonly title: string;
    presence?(state: State): Presence;
  }[],
): KeyBinding[] {
  const { store, actions, commands } = panel;
  const nextScale = (): void => {
    const now = SCALES.indexOf(shownScale(store.state));
    actions.setOption({ scale: SCALES[(now + 1) % SCALES.length] ?? null });
  };
  const options = (): ViewOptions => store.state.options;
  const moves: readonly [string, string, () => void][] = [
    ['ArrowUp', 'Layer before', () => actions.stepLayer(-1)],
    ['ArrowDown', 'Next layer', () => actions.stepLayer(1)],
    ['ArrowLeft', 'Head before', () => actions.stepHead(-1)],
    ['ArrowRight', 'Next head', () => actions.stepHead(1)],
    ['[', 'Back to where the locus was', () => history.back()],
    [']', 'Forward again', () => history.forward()],
  ];
  return [
    ...moves.map(([key, does, act]) => ({ key, alt: true, does, act })),
    ...Object.entries({ patching: PATCHING, divergence: DIVERGENCE }).flatMap(([view, keys]) =>
      keys.map(([key, name, does]) => ({ key, does, view, act: () => commands.run(name) })),
    ),
    ...[...new Set(views.map(({ key }) => key))].map(key => {
      const same = views.filter(view => view.key === key);
      return {
        key,
        does: same.map(({ title }) => title).join(' or '),
        act: () => {
          const view = same.find(one => presenceOf(one, store.state) === 'there');
          if (view) actions.setOption({ view: view.id });
        },
      };
    }),
    {
      key: 'm',
      does: 'Make the strongest key of the query the key',
      act: () => void actions.takeStrongestKey(),
    },
    {
      key: 'v',
      does: 'Heat map or arcs',
      view: 'attention',
      act: () => actions.setOption({ picture: options().picture === 'map' ? 'arcs' : 'map' }),
    },
    {
      key: 'a',
      does: 'Head, mean, maximum, rollout, norm-weighted',
      act: () => actions.cycleAggregate(),
    },
    {
      key: 'w',
      does: 'Tokens or whole words',
      act: () => actions.toggleWords(),
    },
    { key: 's', does: 'Scale: linear, logarithmic, row maximum', act: nextScale },
    {
      key: 't',
      does: 'Show or hide special tokens',
      act: () => actions.setOption({ specialTokens: !options().specialTokens }),
    },
    {
      key: 'f',
      does: 'Filter the heads by their role',
      view: 'attention',
      act: () => commands.run('filter'),
    },
    {
      key: 'f',
      does: 'Filter the findings by their words',
      view: FINDINGS_VIEW,
      act: () => commands.run('filterFindings'),
    },
    { key: 'f8', does: 'Next finding', act: () => commands.run('nextFinding') },
    { key: 'F8', does: 'Finding before', act: () => commands.run('previousFinding') },
    {
      key: 'T',
      does: 'Read the charts as tables',
      act: () => actions.setOption({ table: !options().table }),
    },
    ...STEPS.map(([key, name, does]) => ({
      key,
      does,
      view: 'computation',
      act: () => commands.run(name),
    })),
    {
      key: 'g',
      does: 'Go to the source of the step, or of the head',
      act: () => commands.run('goToSource'),
    },
    ...interventionKeys(panel),
    { key: 'c', does: 'Compare models, texts and masks', act: () => commands.run('compare') },
    { key: '?', does: 'This list of keys', act: () => commands.run('help') },
  ];
}
