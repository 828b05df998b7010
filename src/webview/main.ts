import './styles/index.css';
import { toErrorReport } from '../protocol/errors';
import { Actions } from './actions';
import { locusQuestions, predictedQuestions } from './addresses';
import { AnswerLoader } from './answerLoader';
import { perState } from './answers';
import { Commands } from './commands';
import { registerControls } from './controls';
import { append, el } from './dom';
import { Exporter } from './export/exporter';
import { connectHost } from './host';
import { keyBindings } from './keyBindings';
import { Keyboard } from './keyboard';
import { LayerWishes } from './layers/wishes';
import { listenToMouse, LocusHistory } from './locusHistory';
import { LocusLink } from './locusLink';
import { MASKING_VIEW } from './masking/sideWishes';
import type { Panel } from './panel';
import { STEP_MOVES } from './computation/step';
import { COMPUTATION_VIEW } from './computation/shown';
import { announceReady } from './ready';
import { readSaved, savedState, type SavedState } from './saved';
import { SliceLoader } from './slices';
import { SideRuns } from './sideRuns';
import { initialState, type State } from './state';
import { Store } from './store';
import { themeKind, watchTheme } from './theme';
import { WorkerComputer } from './tiles/tileComputer';
import { TileService } from './tiles/tileService';
import { followTraces, traceQuestions } from './traces';
import { attentionView } from './views/attention/attentionView';
import { computationView } from './views/computation/computationView';
import { createHeader } from './views/header';
import { createHelp } from './views/help';
import { layersView } from './views/layers/layersView';
import { createLocusBar } from './views/locusBar';
import { maskingView } from './views/masking/maskingView';
import { createModelCard } from './views/modelCard';
import { createNotices } from './views/notices';
import { positionsView } from './views/positions/positionsView';
import { createStates } from './views/states';
import { createTabs } from './views/tabs';
import { tokensView } from './views/tokens/tokensView';
import { openView, type View } from './view';
import { createTargetField } from './views/targetField';
import { createTokenStrip } from './views/tokenStrip';

/** A side bar shows the Masking view and nothing else. */
const isMaskingAlone = document.body.dataset['page'] === 'masking';

/** Views in the order of their tabs. */
const VIEWS: readonly View[] = isMaskingAlone
  ? [maskingView]
  : [attentionView, computationView, maskingView, positionsView, layersView, tokensView];

registerControls();
const host = connectHost<SavedState>();
const saved = readSaved(host.restore());
const store = new Store<State>({
  ...initialState(themeKind(document.body.classList)),
  options: isMaskingAlone ? { ...saved.options, view: MASKING_VIEW } : saved.options,
});
const answers = new AnswerLoader(
  host.api,
  store,
  perState((state: State) => ({
    ...locusQuestions(state),
    ...predictedQuestions(state, state.locus?.block),
    ...traceQuestions(state),
    ...openView(VIEWS, state)?.questions?.(state),
  })),
  ({ run, capture, locus, preview, options, sides }) => [
    run.kind === 'ready',
    capture,
    locus,
    preview,
    options,
    sides,
  ],
);
const slices = new SliceLoader(answers, store, () => saved.locus);
followTraces(store);
const commands = new Commands();
const sides = new SideRuns(host.api, store, VIEWS);
const actions = new Actions(host.api, store, slices);
const tiles = new TileService(host.api, new WorkerComputer(), error =>
  store.set({ sliceError: toErrorReport(error) }),
);
const layers = new LayerWishes(host.api, store, actions, answers);
const panel: Panel = { store, actions, commands, tiles, sides, layers };
const link = new LocusLink(host.api, store);
const history = new LocusHistory(store);
const bindings = keyBindings(panel, history, VIEWS);
const keyboard = new Keyboard(panel, bindings);
listenToMouse(history);
const exporter = new Exporter(host.api, store, VIEWS);
const help = createHelp(panel, bindings, VIEWS, () => keyboard.singleKeys);
const modelCard = createModelCard(panel);
commands.answer('compare', () => panel.actions.setOption({ view: 'masking' }));

build(document.getElementById('app') ?? document.body);
watchTheme(theme => store.set({ theme, themeVersion: store.state.themeVersion + 1 }));
store.select(
  state => [state.locus, state.options],
  () => {
    if (store.state.locus) host.save(savedState(store.state));
  },
);
announceReady(store);
host.listen({
  run: run => {
    store.set({ run, ...(run.kind === 'ready' ? {} : { sliceError: null, wishError: null }) });
    if (run.kind === 'ready') void slices.adopt(run.capture);
  },
  stale: ({ capture, stale, changed = [] }) => {
    const { run } = store.state;
    if (run.kind !== 'ready' || run.capture.id !== capture) return;
    store.set({ run: { ...run, stale, changed } });
  },
  side: ({ slot, state }) => store.set({ sides: { ...store.state.sides, [slot]: state } }),
  locus: locus => link.hear(locus),
  command: ({ name }) => {
    const isStep = STEP_MOVES.some(step => step === name);
    const isThere = store.state.options.view === COMPUTATION_VIEW;
    if (isStep && !isThere) actions.setOption({ view: COMPUTATION_VIEW });
    else commands.run(name);
  },
  settings: ({ singleKeys }) => (keyboard.singleKeys = singleKeys),
  models: models => store.set({ models }),
  cursor: ({ tokens }) => store.set({ cursorTokens: tokens }),
});
void host.api.call('ready', {});

/** Puts the bands of the panel below each other; what is hidden or shown is settled before they draw. */
function build(root: HTMLElement): void {
  const result = el('div', { class: 'result' });
  store.select(
    state => [state.run, state.capture, state.locus],
    (run, capture, locus) => {
      result.hidden = !capture || !locus || run.kind === 'failed' || run.kind === 'empty';
      root.classList.toggle('outdated', run.kind === 'running');
      if (run.kind === 'running') result.setAttribute('aria-busy', 'true');
      else result.removeAttribute('aria-busy');
    },
  );
  const strip = isMaskingAlone ? null : createTokenStrip(panel);
  append(root, [
    createHeader(
      panel,
      exporter,
      VIEWS.some(({ id }) => id === 'masking'),
    ),
    createNotices(panel),
    isMaskingAlone ? null : createTargetField(panel),
    strip,
    el('main', {}, createStates(panel), result),
    help,
    modelCard,
  ]);
  const tabs = createTabs(panel, VIEWS, createLocusBar(panel));
  append(result, [tabs.bar, tabs.body]);
  if (!strip) return;
  new ResizeObserver(() => {
    root.style.setProperty('--strip-height', `${strip.offsetHeight}px`);
  }).observe(strip);
}
