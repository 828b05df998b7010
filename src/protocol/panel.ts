import * as v from 'valibot';
import { InspectorError, type ErrorReport } from './errors';
import type { CaptureSummary, InspectProgress } from './capture';
import type { AttentionRow, Overview, PairWeights, WeightMap } from './capture';
import type { Checks } from './rpc';
import type { TokenTrace } from './tokenTrace';

/** A model that people can choose. */
export interface ModelChoice {
  /** Absolute path, or `encoder` / `decoder` for the bundled ones: what the setting holds. */
  readonly reference: string;
  readonly label: string;
  readonly detail: string;
}

/** How a tokenizer splits the text of the run. */
export interface TextTrace {
  /** Whose tokenizer it is. */
  readonly model: ModelChoice;
  /** What was traced: the beginning of a text that is too long to look through. */
  readonly text: string;
  readonly trace: TokenTrace;
}

/** A remedy that a failed run offers. */
export type RemedyId = 'runAgain' | 'showLog' | 'chooseModel' | 'openSettings' | 'inspectLine';

/** What the panel shows; the extension host holds it, the webview draws it. */
export type RunState =
  | { readonly kind: 'empty' }
  | { readonly kind: 'running'; readonly progress: InspectProgress }
  | {
      readonly kind: 'ready';
      readonly capture: CaptureSummary;
      /** The editor's text changed since the run. */
      readonly stale: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly error: ErrorReport;
      readonly remedies: readonly RemedyId[];
    };

/** Host → webview. */
export interface PanelEvents {
  run: RunState;
  models: { readonly choices: readonly ModelChoice[]; readonly current: string };
  /** Tokens under the editor's cursor. */
  cursor: { readonly tokens: readonly number[] };
}

const capture = v.pipe(v.string(), v.maxLength(64));
const reference = v.pipe(v.string(), v.maxLength(4096));
const index = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1 << 24));
const block = v.strictObject({
  stack: v.picklist(['encoder', 'decoder']),
  kind: v.picklist(['self', 'cross']),
});
const mapAddress = {
  capture,
  block,
  layer: index,
  head: v.union([index, v.picklist(['mean', 'max'])]),
};

/** What the host accepts from the webview, by method; everything else is refused. */
export const panelSchemas = {
  ready: v.strictObject({}),
  overview: v.strictObject({ capture, block }),
  map: v.strictObject(mapAddress),
  row: v.strictObject({ ...mapAddress, query: index }),
  pair: v.strictObject({ capture, block, query: index, key: index }),
  trace: v.strictObject({ model: v.nullable(reference) }),
  hoverToken: v.strictObject({ token: v.nullable(index) }),
  revealToken: v.strictObject({ token: index }),
  useModel: v.strictObject({ reference }),
  remedy: v.strictObject({
    remedy: v.picklist(['runAgain', 'showLog', 'chooseModel', 'openSettings', 'inspectLine']),
  }),
  cancel: v.strictObject({}),
} as const;

type Accepted<M extends keyof typeof panelSchemas> = v.InferOutput<(typeof panelSchemas)[M]>;

/** Webview → host. `ready` asks for the present state, which arrives as events. */
export interface PanelApi {
  ready(params: Accepted<'ready'>): Promise<void>;
  overview(params: Accepted<'overview'>): Promise<Overview>;
  map(params: Accepted<'map'>): Promise<WeightMap>;
  row(params: Accepted<'row'>): Promise<AttentionRow>;
  pair(params: Accepted<'pair'>): Promise<PairWeights>;
  /** Traces the run's text: `model` is the reference of a choice, or null for the run's own. */
  trace(params: Accepted<'trace'>): Promise<TextTrace>;
  /** Highlights the token's characters in the editor; null ends that. */
  hoverToken(params: Accepted<'hoverToken'>): Promise<void>;
  /** Moves the editor to the token. */
  revealToken(params: Accepted<'revealToken'>): Promise<void>;
  useModel(params: Accepted<'useModel'>): Promise<void>;
  remedy(params: Accepted<'remedy'>): Promise<void>;
  cancel(params: Accepted<'cancel'>): Promise<void>;
}

function check<M extends keyof typeof panelSchemas>(method: M): (params: unknown) => Accepted<M> {
  return params => {
    const parsed = v.safeParse(panelSchemas[method], params);
    if (parsed.success) return parsed.output;
    const issue = parsed.issues[0];
    throw new InspectorError(
      'internal',
      `The panel sent a malformed “${method}”: ${issue.message}`,
    );
  };
}

/** Validation of every message that the webview may send. */
export const panelChecks: Checks<PanelApi> = {
  ready: check('ready'),
  overview: check('overview'),
  map: check('map'),
  row: check('row'),
  pair: check('pair'),
  trace: check('trace'),
  hoverToken: check('hoverToken'),
  revealToken: check('revealToken'),
  useModel: check('useModel'),
  remedy: check('remedy'),
  cancel: check('cancel'),
};
