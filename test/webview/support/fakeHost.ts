import type { CaptureSummary, InspectProgress } from '../../../src/protocol/capture';
import { InspectorError } from '../../../src/protocol/errors';
import {
  panelChecks,
  type PanelApi,
  type PanelEvents,
  type RemedyId,
} from '../../../src/protocol/panel';
import { emit, serve, type Port } from '../../../src/protocol/rpc';
import { RECIPES, type RecipeName } from './recipes';
import { SyntheticCapture } from './syntheticCapture';

/** The extension host's end, run in the page: it answers from synthetic captures and keeps a record. */
class FakeHost {
  readonly calls: { method: string; params: unknown }[] = [];
  readonly errors: string[] = [];
  saved: unknown = JSON.parse(sessionStorage.getItem('saved') ?? 'null') ?? undefined;
  /** Answers slices with this error instead. */
  lost = false;
  /** Holds slices back until this resolves: a host that is slow. */
  held: Promise<void> = Promise.resolve();
  private readonly captures = new Map<string, SyntheticCapture>();
  private receive: (message: unknown) => void = () => undefined;

  readonly port: Port = {
    post: message => window.postMessage(structuredClone(message), '*'),
    listen: listener => {
      this.receive = listener;
      return () => undefined;
    },
  };

  constructor(initial: RecipeName | 'empty') {
    const slice = async (id: string): Promise<SyntheticCapture> => {
      await this.held;
      const capture = this.captures.get(id);
      if (capture && !this.lost) return capture;
      throw new InspectorError(
        'capture-missing',
        'The numbers of this run are gone. Run it again.',
      );
    };
    const record = (method: string, params: unknown): Promise<void> => {
      this.calls.push({ method, params });
      return Promise.resolve();
    };
    serve<PanelApi>(
      this.port,
      {
        ready: params => {
          void record('ready', params);
          this.emitModels();
          if (initial === 'empty') this.emit('run', { kind: 'empty' });
          else this.show(initial);
          return Promise.resolve();
        },
        overview: async ({ capture, block }) => (await slice(capture)).overview(block),
        map: async ({ capture, block, layer, head }) =>
          (await slice(capture)).map(block, layer, head),
        row: async ({ capture, block, layer, head, query }) =>
          (await slice(capture)).row(block, layer, head, query),
        pair: async ({ capture, block, query, key }) =>
          (await slice(capture)).pair(block, query, key),
        hoverToken: params => record('hoverToken', params),
        revealToken: params => record('revealToken', params),
        useModel: params => record('useModel', params),
        remedy: params => record('remedy', params),
        cancel: params => record('cancel', params),
      },
      {
        checks: panelChecks,
        onError: (method, error) => this.errors.push(`${method}: ${error.message}`),
      },
    );
  }

  /** What `acquireVsCodeApi` gives the panel. */
  readonly vscode = {
    postMessage: (message: unknown): void => {
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

  emitModels(): void {
    const choices = [
      { reference: 'encoder', label: 'Bundled encoder', detail: 'Bidirectional, 6 layers' },
      { reference: 'decoder', label: 'Bundled decoder', detail: 'Causal, 6 layers' },
    ];
    this.emit('models', { choices, current: 'encoder' });
  }

  capture(name: RecipeName, id?: string): SyntheticCapture {
    const recipe = { ...RECIPES[name], ...(id ? { id } : {}) };
    const capture = this.captures.get(recipe.id) ?? new SyntheticCapture(recipe);
    this.captures.set(recipe.id, capture);
    return capture;
  }

  /** Ends a run with this capture. */
  show(name: RecipeName, options: { id?: string; stale?: boolean } = {}): CaptureSummary {
    const { summary } = this.capture(name, options.id);
    this.emit('run', { kind: 'ready', capture: summary, stale: options.stale ?? false });
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
  }
}

window.violations = [];
document.addEventListener('securitypolicyviolation', event => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
const wanted = new URLSearchParams(location.search).get('capture') ?? 'encoder';
window.host = new FakeHost(wanted as RecipeName | 'empty');
let acquired = false;
Object.assign(window, {
  acquireVsCodeApi: () => {
    if (acquired) throw new Error('acquireVsCodeApi was called twice.');
    acquired = true;
    return window.host.vscode;
  },
});
