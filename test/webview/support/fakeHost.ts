import type { Capture } from '../../../src/inspector/capture/capture';
import { breakpoints } from '../../../src/inspector/breakpoints/breakpoints';
import { computation } from '../../../src/inspector/capture/computation';
import { difference } from '../../../src/inspector/capture/difference';
import { headFacts } from '../../../src/inspector/capture/headFacts';
import { layerRows } from '../../../src/inspector/capture/layerRows';
import { divergence, predictions } from '../../../src/inspector/capture/outputs';
import { shares } from '../../../src/inspector/capture/shares';
import {
  rowStatistics,
  sinkShares,
  tile,
  tilePlan,
  vectors,
} from '../../../src/inspector/capture/tiles';
import { distanceScores } from '../../../src/inspector/positions/distanceScores';
import { orderEffect } from '../../../src/inspector/positions/orderEffect';
import type { ModelStore } from '../../../src/inspector/store/modelStore';
import type { MapAddress } from '../../../src/protocol/inspector';
import { realCapture } from './realCapture';
import type { CaptureSummary, InspectProgress } from '../../../src/protocol/capture';
import type { Change } from '../../../src/protocol/change';
import { InspectorError, type ErrorCode, type ErrorReport } from '../../../src/protocol/errors';
import { eachRead, READ_NAMES, type ReadName } from '../../../src/protocol/methods';
import {
  panelChecks,
  type ChangedPart,
  type PanelApi,
  type PanelEvents,
  type ModelChoice,
  type RemedyId,
  type SideSlot,
  type TextTrace,
} from '../../../src/protocol/panel';
import { emit, serve, type Port } from '../../../src/protocol/rpc';
import type { SourceFit } from '../../../src/protocol/source';
import { openingLocus } from '../../../src/webview/app/locus';
import { RECIPES, type RecipeName } from './recipes';
import type { TokenTrace } from '../../../src/protocol/tokenTrace';
import { tracedPart } from '../../../src/protocol/tokenTrace';
import { SyntheticCapture, type Recipe } from './syntheticCapture';
import {
  fitting,
  syntheticAttribution,
  syntheticDistribution,
  syntheticLabels,
  syntheticLens,
  syntheticProbes,
  syntheticResiduals,
  syntheticSyntax,
} from './syntheticLayers';
import { syntheticDivergence, type DivergenceCase } from './syntheticDivergence';
import { syntheticPatches } from './syntheticPatching';
import { syntheticPositions } from './syntheticPositions';
import { decode, encode } from './wire';

/** Follows each answer: when it arrives the panel has had the answer. */
const ANSWERED = 'answered';

const isOf = (message: unknown, kinds: readonly string[]): boolean =>
  typeof message === 'object' &&
  message !== null &&
  'kind' in message &&
  kinds.some(kind => kind === message.kind);

/** The same, of the run's model. */
const PROBES = ['probes', 'fitProbes', 'syntax'] as const;

/** Asks the inspector of the test process. */
async function bridged<T>(
  method: ReadName | (typeof PROBES)[number] | 'probeLabels' | 'inspect',
  params: object,
): Promise<T> {
  const answer = await window.inspectorOf(method, encode(params));
  const { value, error } = decode(answer) as { value: T; error?: ErrorReport };
  if (error) throw new InspectorError(error.code, error.message);
  return value;
}

/** Synthetic captures have no model that could be asked. */
const NO_MODELS = {
  model: () => Promise.reject(new InspectorError('not-captured', 'This capture has no model.')),
} as unknown as ModelStore;

const isDerived = ({ head, measure, grouping }: Omit<MapAddress, 'capture'>): boolean =>
  head === 'rollout' || measure === 'norm' || grouping === 'word';

/** The extension host's end, run in the page: it answers from synthetic captures and keeps a record. */
class FakeHost {
  readonly calls: { method: string; params: unknown }[] = [];
  readonly errors: string[] = [];
  saved: unknown = JSON.parse(sessionStorage.getItem('saved') ?? 'null') ?? undefined;
  /** Answers slices with this error instead. */
  lost = false;
  /** Holds slices back until this resolves: a host that is slow. */
  held: Promise<void> = Promise.resolve();
  /** Answers traces with this error instead. */
  traceFault: [ErrorCode, string] | null = null;
  /** What the Layers view is answered. */
  readonly layers = {
    /** Sentences that methods answer instead. */
    faults: {} as Record<string, string>,
    /** The code that these have. */
    faultCode: 'not-captured' as ErrorCode,
    /** Milliseconds that every token and every step of a fit takes. */
    pace: 0,
    /** Corpora that probes were fitted with. */
    fitted: new Set(['bundled']),
    /** The CoNLL-U file that people choose. */
    file: null as { readonly name: string } | null,
  };
  /** Rows of patch maps that may be answered: those after them wait. */
  patchRows = Infinity;
  /** The capture file that people choose. */
  captureFile: ModelChoice | null = null;
  /** Where two models part, and whether that may be answered. */
  divergence: { name: DivergenceCase; mayEnd: boolean } = { name: 'weights', mayEnd: true };
  /** What comes of going to a source. */
  sourceFit: SourceFit = 'same';
  private runOnShow: CaptureSummary | null = null;
  private choices: readonly ModelChoice[] = [];
  private shown: { readonly text: string; readonly model: string } | null = null;
  private readonly captures = new Map<string, SyntheticCapture>();
  /** Captures that the inspector's own code derives from. */
  private readonly reals = new Map<SyntheticCapture, Capture>();
  private receive: (message: unknown) => void = () => undefined;

  readonly port: Port = {
    post: message => {
      window.postMessage(structuredClone(message), '*');
      if (isOf(message, ['result', 'error'])) window.postMessage(ANSWERED, '*');
    },
    listen: listener => {
      this.receive = listener;
      return () => undefined;
    },
  };

  constructor(initial: RecipeName | 'empty' | 'bridge') {
    // Where people stood before: what stands out in made-up weights is nobody's choice.
    if (initial !== 'empty' && initial !== 'bridge') {
      const { summary } = new SyntheticCapture(RECIPES[initial]);
      this.saved ??= { locus: openingLocus(summary) };
    }
    const slice = async (id: string): Promise<SyntheticCapture> => {
      await this.held;
      const capture = this.captures.get(id);
      if (capture && !this.lost) return capture;
      throw new InspectorError(
        'capture-missing',
        'The numbers of this run are gone. Run it again.',
      );
    };
    const real = async (id: string): Promise<Capture> => {
      const synthetic = await slice(id);
      const known = this.reals.get(synthetic) ?? realCapture(synthetic);
      this.reals.set(synthetic, known);
      return known;
    };
    const layered = async (name: string, id: string): Promise<CaptureSummary> => {
      const { summary } = await slice(id);
      const fault = this.layers.faults[name];
      if (fault !== undefined) throw new InspectorError(this.layers.faultCode, fault);
      return summary;
    };
    const record = (method: string, params: unknown): Promise<void> => {
      this.calls.push({ method, params });
      return Promise.resolve();
    };
    serve<PanelApi>(
      this.port,
      {
        ...eachRead(method => () => {
          const missing = `No synthetic capture has an answer to “${method}”.`;
          return Promise.reject(new InspectorError('not-captured', missing));
        }),
        ready: params => {
          void record('ready', params);
          this.emitModels();
          const { runOnShow } = window;
          if (initial === 'bridge' && runOnShow) this.showRun(runOnShow);
          else if (initial === 'empty' || initial === 'bridge') this.emit('run', { kind: 'empty' });
          else this.show(initial);
          return Promise.resolve();
        },
        overview: async ({ capture, block }) => (await slice(capture)).overview(block),
        map: async params =>
          isDerived(params)
            ? (await real(params.capture)).map(params)
            : (await slice(params.capture)).map(params.block, params.layer, params.head),
        row: async params =>
          isDerived(params)
            ? (await real(params.capture)).row(params)
            : (await slice(params.capture)).row(
                params.block,
                params.layer,
                params.head,
                params.query,
              ),
        layerRows: async params =>
          isDerived({ ...params, head: 0 })
            ? layerRows(await real(params.capture), params)
            : (await slice(params.capture)).layerRows(params.block, params.layer, params.query),
        pair: async ({ capture, block, query, key }) =>
          (await slice(capture)).pair(block, query, key),
        headFacts: async ({ capture, block }) => headFacts(await real(capture), block),
        computation: async params => {
          void record('computation', params);
          return computation(await real(params.capture), params);
        },
        shares: async ({ capture, block }) => shares(await real(capture), block),
        difference: async params =>
          difference(await real(params.before), await real(params.after), params),
        predictions: async ({ capture, token, count }) =>
          predictions(await real(capture), undefined, token, count),
        divergence: async ({ before, after }) => divergence(await real(before), await real(after)),
        breakpoints: async ({ capture, condition }) => breakpoints(await real(capture), condition),
        tilePlan: async params => tilePlan(await real(params.capture), params),
        sinkShares: async params => sinkShares(await real(params.capture), params),
        vectors: async params => vectors(await real(params.capture), params),
        rowStatistics: async params => rowStatistics(await real(params.capture), params),
        tile: async params => tile(await real(params.capture), params),
        residuals: async ({ capture, stack }) =>
          syntheticResiduals(await layered('residuals', capture), stack),
        lens: async (params, progress, signal) => {
          void record('lens', params);
          const summary = await layered('lens', params.capture);
          return syntheticLens(summary, params, this.layers.pace, signal, progress);
        },
        patching: async (params, progress, signal) => {
          void record('patching', params);
          const summary = await layered('patching', params.before);
          const mayGoOn = (row: number): boolean => row < this.patchRows;
          return syntheticPatches(summary, params, mayGoOn, signal, progress);
        },
        firstDivergence: async (params, progress, signal) => {
          void record('firstDivergence', params);
          const summary = await layered('firstDivergence', params.before);
          const { divergence } = this;
          const mayEnd = (): boolean => divergence.mayEnd;
          return syntheticDivergence(summary, divergence.name, mayEnd, signal, progress);
        },
        path: async params => {
          void record('path', params);
          await slice(params.before);
          return [
            { into: 'query', share: 0.02 },
            { into: 'key', share: 0.31 },
            { into: 'value', share: 0.07 },
          ];
        },
        attribution: async params => {
          const summary = await layered('attribution', params.capture);
          return syntheticAttribution(summary, params);
        },
        distribution: async params => {
          await layered('distribution', params.capture);
          return syntheticDistribution(params);
        },
        positions: async ({ capture, stack }) => {
          const { summary, positions } = await slice(capture);
          return syntheticPositions(summary, stack, positions);
        },
        distanceScores: async params =>
          distanceScores(await real(params.capture), params, NO_MODELS),
        orderEffect: async ({ before, after, block }) =>
          orderEffect(await real(before), await real(after), block),
        probes: async ({ capture, corpus }) => {
          const summary = await layered('probes', capture);
          return this.layers.fitted.has(corpus) ? syntheticProbes(summary, corpus) : null;
        },
        fitProbes: async (params, progress, signal) => {
          void record('fitProbes', params);
          const summary = await layered('fitProbes', params.capture);
          await fitting(this.layers.pace, signal, progress);
          this.layers.fitted.add(params.corpus);
          return syntheticProbes(summary, params.corpus);
        },
        probeLabels: async ({ capture, corpus }) => {
          const summary = await layered('probeLabels', capture);
          return this.layers.fitted.has(corpus) ? syntheticLabels(summary, corpus) : null;
        },
        syntax: async (params, progress, signal) => {
          const summary = await layered('syntax', params.capture);
          await fitting(this.layers.pace, signal, progress);
          return syntheticSyntax(summary, params.corpus);
        },
        chooseCorpus: async params => {
          await record('chooseCorpus', params);
          return this.layers.file;
        },
        setContinuation: params => record('setContinuation', params),
        setInterventions: async params => {
          await record('setInterventions', params);
          if (initial === 'bridge') this.showRun(await this.inspect(params.interventions));
        },
        saveInterventions: params => record('saveInterventions', params),
        runSide: async params => {
          await record('runSide', params);
          if (initial !== 'bridge' || params.slot !== 'before') return;
          const capture = await this.inspect(params.changes);
          this.emit('side', { slot: 'before', state: { kind: 'ready', capture, stale: false } });
        },
        closeSide: params => record('closeSide', params),
        chooseCapture: async params => {
          await record('chooseCapture', params);
          return this.captureFile;
        },
        inspectText: params => record('inspectText', params),
        setTarget: params => record('setTarget', params),
        setChat: params => record('setChat', params),
        setFeeds: params => record('setFeeds', params),
        checkModel: params => record('checkModel', params),
        pinFinding: params => record('pinFinding', params),
        openFinding: params => record('openFinding', params),
        generateTarget: params => record('generateTarget', params),
        shareLocus: params => record('shareLocus', params),
        saveFigure: params => record('saveFigure', params),
        saveCapture: params => record('saveCapture', params),
        trace: params => {
          void record('trace', params);
          return this.trace(params.model);
        },
        hoverToken: params => record('hoverToken', params),
        revealToken: params => record('revealToken', params),
        openSource: async params => {
          await record('openSource', params);
          return this.sourceFit;
        },
        useModel: params => record('useModel', params),
        remedy: params => record('remedy', params),
        cancel: params => record('cancel', params),
        ...(initial === 'bridge'
          ? Object.fromEntries([
              ...READ_NAMES.map(name => [name, (params: object) => bridged(name, params)] as const),
              // The host turns the run into its model; a file of corpora is never chosen here.
              ...PROBES.map(name => [name, () => bridged(name, this.modelOnShow())] as const),
              [
                'probeLabels',
                ({ capture }: { capture: string }) => bridged('probeLabels', { capture }),
              ],
            ])
          : {}),
      },
      {
        checks: panelChecks,
        onError: (method, error) => {
          if (error.code !== 'cancelled') this.errors.push(`${method}: ${error.message}`);
        },
      },
    );
  }

  /** What `acquireVsCodeApi` gives the panel. */
  readonly vscode = {
    postMessage: (message: unknown): void => {
      if (isOf(message, ['request'])) window.openCalls++;
      const copy: unknown = structuredClone(message);
      queueMicrotask(() => this.receive(copy));
    },
    getState: (): unknown => this.saved,
    setState: (state: unknown): unknown => {
      this.saved = state;
      sessionStorage.setItem('saved', JSON.stringify(state));
      return state;
    },
  };

  emit<N extends keyof PanelEvents>(name: N, value: PanelEvents[N]): void {
    emit<PanelEvents, N>(this.port, name, value);
  }

  emitModels(more: readonly ModelChoice[] = [], current = 'encoder'): void {
    this.choices = [
      { reference: 'encoder', label: 'Bundled encoder', detail: 'Bidirectional, 6 layers' },
      { reference: 'decoder', label: 'Bundled decoder', detail: 'Causal, 6 layers' },
      ...more,
    ];
    this.emit('models', { choices: this.choices, current });
  }

  /** Asks the test process, which has the tokenizers. */
  private async trace(reference: string | null): Promise<TextTrace> {
    if (this.traceFault) throw new InspectorError(...this.traceFault);
    const { model, text: whole } = this.shown ?? {};
    const wanted = reference ?? model ?? 'encoder';
    const text = tracedPart(whole ?? '');
    const trace = JSON.parse(await window.traceOf(wanted, text)) as TokenTrace;
    const label = this.choices.find(choice => choice.reference === wanted)?.label ?? wanted;
    return { model: { reference: wanted, label, detail: '' }, text, trace };
  }

  private modelOnShow(): { readonly model: string } {
    return { model: this.runOnShow?.model.path ?? '' };
  }

  capture(name: RecipeName, id?: string): SyntheticCapture {
    return this.captureOf({ ...RECIPES[name], ...(id ? { id } : {}) });
  }

  /** A capture that was shown, by its id. */
  known(id: string): SyntheticCapture {
    const capture = this.captures.get(id);
    if (!capture) throw new Error(`No capture ${id}.`);
    return capture;
  }

  captureOf(recipe: Recipe): SyntheticCapture {
    const capture = this.captures.get(recipe.id) ?? new SyntheticCapture(recipe);
    this.captures.set(recipe.id, capture);
    return capture;
  }

  /** Ends a run with this capture. */
  show(
    name: RecipeName,
    options: {
      id?: string;
      stale?: boolean;
      model?: string;
      changed?: readonly ChangedPart[];
    } = {},
  ): CaptureSummary {
    const { summary } = this.capture(name, options.id);
    this.shown = { text: summary.text, model: name === 'decoder' ? 'decoder' : 'encoder' };
    const { model, changed } = options;
    this.emit('run', {
      kind: 'ready',
      capture: summary,
      stale: options.stale ?? false,
      ...(model === undefined ? {} : { model }),
      ...(changed ? { changed } : {}),
    });
    return summary;
  }

  /** Ends a run of a real text: its tokens are those of a real tokenizer. */
  showRecipe(recipe: Recipe, model: string, notes: readonly string[] = []): void {
    const { summary } = this.captureOf(recipe);
    this.shown = { text: summary.text, model };
    this.emit('run', { kind: 'ready', capture: { ...summary, notes }, stale: false });
  }

  /** Ends a run of the test process's inspector; its slices are asked for there. */
  showRun(capture: CaptureSummary): void {
    this.runOnShow = capture;
    this.emit('run', { kind: 'ready', capture, stale: false });
  }

  /** Runs the model of the run on show again, with other changes. */
  private async inspect(changes: readonly Change[]): Promise<CaptureSummary> {
    const { model, text = '', target } = this.runOnShow ?? {};
    return bridged<CaptureSummary>('inspect', {
      model: model?.path ?? '',
      text,
      changes,
      maximumTokens: 512,
      ...(target === undefined ? {} : { target }),
    });
  }

  /** Ends a run beside the main one with this capture. */
  showSide(slot: SideSlot, recipe: Recipe): CaptureSummary {
    const { summary } = this.captureOf(recipe);
    this.emit('side', { slot, state: { kind: 'ready', capture: summary, stale: false } });
    return summary;
  }

  running(progress: InspectProgress): void {
    this.emit('run', { kind: 'running', progress });
  }

  fail(message: string, remedies: readonly RemedyId[]): void {
    this.emit('run', { kind: 'failed', error: { code: 'crashed', message }, remedies });
  }
}

declare global {
  interface Window {
    host: FakeHost;
    violations: string[];
    /** The test process: a trace by a model's name, as JSON. */
    traceOf: (model: string, text: string) => Promise<string>;
    /** The test process's inspector: parameters and answer as `wire.ts` writes them. */
    inspectorOf: (method: string, params: string) => Promise<string>;
    /** Calls of the panel whose answers it has not drawn yet. */
    openCalls: number;
    /** The run that a page shows from the start. */
    runOnShow?: CaptureSummary;
  }
}

window.violations = [];
window.openCalls = 0;
window.addEventListener('message', ({ data }) => {
  if (data === ANSWERED) window.openCalls--;
});
document.addEventListener('securitypolicyviolation', event => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
const wanted = new URLSearchParams(location.search).get('capture') ?? 'encoder';
window.host = new FakeHost(wanted as RecipeName | 'empty' | 'bridge');
let acquired = false;
Object.assign(window, {
  acquireVsCodeApi: () => {
    if (acquired) throw new Error('acquireVsCodeApi was called twice.');
    acquired = true;
    return window.host.vscode;
  },
});
