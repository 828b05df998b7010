import './styles/index.css';
import { toErrorReport } from '../protocol/errors';
import { Actions } from './app/actions';
import { locusQuestions, predictedQuestions } from './app/addresses';
import { AnswerLoader } from './app/answerLoader';
import { perState } from './app/answers';
import { Commands } from './app/commands';
import { registerControls } from './kit/controls';
import { append, el } from './kit/dom';
import { Exporter } from './app/export/exporter';
import { connectHost } from './app/host';
import { EffectsRunner } from './app/interventions/effects';
import { changeQuestions, plainRun } from './app/interventions/wanted';
import { Interventions } from './app/interventions/interventions';
import { keyBindings } from './app/keyBindings';
import { Keyboard } from './app/keyboard';
import { LayerWishes } from './views/layers/wishes';
import { listenToMouse, LocusHistory } from './app/locusHistory';
import { LocusLink } from './app/locusLink';
import { SAME_MODEL } from './app/choices/masking';
import { MASKING_VIEW } from './views/masking/maskingRuns';
import type { Panel } from './app/panel';
import { STEP_MOVES } from './app/choices/step';
import { COMPUTATION_VIEW } from './views/computation/shown';
import { createInterventionsPane } from './interventions/pane';
import { interventionFigures } from './interventions/figures';
import { announceReady } from './app/ready';
import { readSaved, savedState, type SavedState } from './app/saved';
import { SliceLoader } from './app/slices';
import { SideRuns } from './app/sideRuns';
import { initialState, type State } from './app/state';
import { Store } from './app/store';
import { themeKind, watchTheme } from './kit/theme';
import { WorkerComputer } from './tiles/tileComputer';
import { TileService } from './tiles/tileService';
import { followTraces, traceQuestions } from './views/tokens/traces';
import { attentionView } from './views/attention/attentionView';
import { computationView } from './views/computation/computationView';
import { answerGoToSource } from './shell/goToSource';
import { createFindingCount } from './shell/findingCount';
import { createHeader } from './shell/header';
import { createHelp } from './shell/help';
import { createFindingsView } from './views/findings/findingsView';
import { FINDINGS_VIEW } from './app/findings';
import { FindingWishes } from './views/findings/wishes';
import { createLayersView } from './views/layers/layersView';
import { createLocusBar } from './shell/locusBar';
import { maskingView } from './views/masking/maskingView';
import { createModelCard } from './shell/modelCard';
import { createNotices } from './shell/notices';
import { createDivergenceView } from './views/divergence/divergenceView';
import { DivergenceWishes } from './views/divergence/wishes';
import { createPatchingView } from './views/patching/patchingView';
import { PatchWishes } from './views/patching/wishes';
import { positionsView } from './views/positions/positionsView';
import { createStates } from './shell/states';
import { createTabs } from './shell/tabs';
import { cardContent } from './views/tokens/cardContent';
import { tokensView } from './views/tokens/tokensView';
import { openView } from './app/presence';
import type { View } from './app/view';
import { createTargetField } from './shell/targetField';
import { TokenCard } from './shell/tokenCard';
import { createTokenStrip } from './shell/tokenStrip';

/** A side bar shows the Masking view and nothing else. */
const isMaskingAlone = document.body.dataset['page'] === 'masking';

/** Views in the order of their tabs. */
const VIEWS: readonly View[] = isMaskingAlone
  ? [maskingView]
  : [
      tokensView,
      attentionView,
      computationView,
      maskingView,
      positionsView,
      createLayersView(() => layers),
      createFindingsView(() => findings, titleOf),
      createDivergenceView(() => divergence),
      createPatchingView(() => patching),
    ];

/** What a view is called. */
function titleOf(name: string): string {
  return VIEWS.find(({ id }) => id === name)?.title ?? name;
}

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
    ...changeQuestions(state),
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
const effects = new EffectsRunner(answers, store);
const plain = new SideRuns(
  host.api,
  store,
  isMaskingAlone ? [] : [{ id: 'interventions', runs: plainRun }],
);
const interventions = new Interventions(host.api, store, effects, plain);
const findings = new FindingWishes(host.api, store, actions, interventions);
const patching = new PatchWishes(host.api, store, actions, answers, interventions);
const divergence = new DivergenceWishes(store, actions, answers);
const panel: Panel = { store, actions, commands, tiles, sides, interventions };
const link = new LocusLink(host.api, store);
const history = new LocusHistory(store);
const bindings = keyBindings(panel, history, VIEWS);
const keyboard = new Keyboard(panel, bindings, () => openView(VIEWS, store.state)?.id);
listenToMouse(history);
const exporter = new Exporter(host.api, store, VIEWS, interventionFigures);
const help = createHelp(panel, bindings, VIEWS, () => keyboard.singleKeys);
const modelCard = createModelCard(panel);
answerGoToSource(panel);
if (!isMaskingAlone) {
  commands.answer('nextFinding', () => findings.step(1));
  commands.answer('previousFinding', () => findings.step(-1));
}
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
  findings: findings => store.set({ findings }),
  showFindings: ({ name }) => {
    actions.setOption({ view: FINDINGS_VIEW });
    if (name !== undefined) findings.select(name);
  },
  experiment: experiment => store.set({ experiment }),
  intervene: ({ otherText }) => {
    interventions.open(true);
    const { masking } = store.state.options;
    if (otherText !== undefined)
      actions.setOption({ masking: { ...masking, other: SAME_MODEL, otherText } });
  },
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
  const result = el('div.result');
  store.select(
    state => [state.run, state.capture, state.locus],
    (run, capture, locus) => {
      result.hidden = !capture || !locus || run.kind === 'failed' || run.kind === 'empty';
      root.classList.toggle('outdated', run.kind === 'running');
      if (run.kind === 'running') result.setAttribute('aria-busy', 'true');
      else result.removeAttribute('aria-busy');
    },
  );
  const strip = isMaskingAlone
    ? null
    : createTokenStrip(panel, new TokenCard(panel, cardContent), VIEWS);
  append(root, [
    createHeader(
      panel,
      exporter,
      VIEWS.some(({ id }) => id === 'masking'),
      !isMaskingAlone,
      isMaskingAlone ? null : createFindingCount(panel),
    ),
    createNotices(panel),
    isMaskingAlone ? null : createTargetField(panel),
    strip,
    el('main', createStates(panel), result),
    help,
    modelCard,
  ]);
  const pane = isMaskingAlone ? null : createInterventionsPane(panel);
  const tabs = createTabs(panel, VIEWS, createLocusBar(panel), pane);
  append(result, [tabs.bar, tabs.body]);
  if (!strip) return;
  new ResizeObserver(() => {
    root.style.setProperty('--strip-height', `${strip.offsetHeight}px`);
  }).observe(strip);
}
