import * as v from 'valibot';
import { InspectorError, type ErrorReport } from './errors';
import type { Block, CaptureSummary, InspectProgress } from './capture';
import { chatSchema } from './chat';
import { changesSchema } from './change';
import type { HostCommand } from './commands';
import { MOST_INPUTS, MOST_NUMBERS } from './feeds';
import type { ExperimentNote } from './experiment';
import type { FindingsState } from './findings';
import { interventionsSchema, listSchema } from './intervention';
import { answers, READS, type ApiOf, type Method, type ReadApi } from './methods';
import { block, capture, finite, index } from './schemas';
import type { ProbeLabels, ProbeReport, SyntaxReport } from './probes';
import type { Checks, Params } from './rpc';
import { sourceStage, type SourceFit } from './source';
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
export const REMEDY_IDS = [
  'runAgain',
  'showLog',
  'chooseModel',
  'openSettings',
  'inspectLine',
  'openCapture',
  'moveWindow',
  'nextWindow',
  'previousWindow',
  'chooseTokenizer',
  'inspectAsText',
  'howToExport',
  'openSample',
  'openWalkthrough',
  'openInterventions',
  'openExperiment',
] as const;
export type RemedyId = (typeof REMEDY_IDS)[number];

/** What a result was made with, beside its text, and is no longer what is chosen. */
export type ChangedPart = 'model' | 'maximumTokens' | 'tokenizer';

/** What the panel shows; the extension host holds it, the webview draws it. */
export type RunState =
  | { readonly kind: 'empty' }
  | { readonly kind: 'running'; readonly progress: InspectProgress }
  | {
      readonly kind: 'ready';
      readonly capture: CaptureSummary;
      /** The editor's text changed since the run. */
      readonly stale: boolean;
      /** Reference of the model that made the result; absent for a file. */
      readonly model?: string;
      /** What is no longer as it was when the result was made; absent while all of it is. */
      readonly changed?: readonly ChangedPart[];
      /** Windows of a long text that were run before this one; absent for its first. */
      readonly window?: number;
    }
  | {
      readonly kind: 'failed';
      readonly error: ErrorReport;
      readonly remedies: readonly RemedyId[];
    };

/** Runs beside the main one. */
export const SIDE_SLOTS = [
  /** Another model or text. */
  'other',
  /** The same without interventions. */
  'before',
  /** The same with its mask changed. */
  'changed',
  /** The same in another order. */
  'reordered',
  /** The same with all positions equal, in the order of the text and in another one. */
  'equal',
  'reorderedEqual',
] as const;
export type SideSlot = (typeof SIDE_SLOTS)[number];

/** Where one of our pages stands, for the others to follow. */
export interface SharedLocus {
  /** The main run's capture: a locus means nothing in another one. */
  readonly capture: string;
  readonly block: Block;
  readonly layer: number;
  readonly head: number;
  readonly aggregate: 'head' | 'mean' | 'max' | 'rollout' | 'norm';
  readonly query: number;
  readonly key: number | null;
}

/** Host → webview. */
export interface PanelEvents {
  run: RunState;
  /** The editor's text, or what is chosen, is other than that of this run, or the same again. */
  stale: {
    readonly capture: string;
    readonly stale: boolean;
    readonly changed?: readonly ChangedPart[];
  };
  /** A run beside the main one; `empty` where there is none. */
  side: { readonly slot: SideSlot; readonly state: RunState };
  /** Another page of ours moved its locus. */
  locus: SharedLocus;
  /** What is told of an experiment; pages show it beside the run of its text. */
  experiment: ExperimentNote;
  /** The list of interventions is to be open; with text B where the texts are to be compared. */
  intervene: { readonly otherText?: string };
  /** What the checks of the main run's model say. */
  findings: FindingsState;
  /** The Findings view is to be open, at the finding of this `findingName` where one is given. */
  showFindings: { readonly name?: string };
  /** A key or menu command that VS Code received for the panel. */
  command: { readonly name: HostCommand };
  models: {
    readonly choices: readonly ModelChoice[];
    readonly current: string;
    /** Capture files that a run can be compared with. */
    readonly captures?: readonly ModelChoice[];
  };
  settings: {
    /** Letters, digits and signs act by themselves while the panel has the focus. */
    readonly singleKeys: boolean;
  };
  /** Tokens under the editor's cursor. */
  cursor: { readonly tokens: readonly number[] };
}

const reference = v.pipe(v.string(), v.maxLength(4096));
const slot = v.picklist(SIDE_SLOTS);
const tokens = v.pipe(v.array(index), v.maxLength(1 << 16));
/** Which of the corpora is probed with: the bundled treebank, or the file that was chosen last. */
const corpus = v.picklist(['bundled', 'chosen']);
const text = v.pipe(v.string(), v.maxLength(1 << 22));
const givenFeeds = v.pipe(
  v.record(
    v.pipe(v.string(), v.maxLength(512)),
    v.union([
      finite,
      v.pipe(v.array(finite), v.minLength(1), v.maxLength(MOST_NUMBERS), v.readonly()),
    ]),
  ),
  v.check(feeds => Object.keys(feeds).length <= MOST_INPUTS, 'too many inputs'),
);
/** Kinds of file that a figure can be saved as. */
export const FIGURE_FORMATS = ['svg', 'png', 'csv', 'json'] as const;

const nothing = v.strictObject({});
const ofCorpus = v.strictObject({ capture, corpus });
const done = <S extends v.GenericSchema>(params: S): Method<S, void> => ({
  params,
  isLong: false,
});

/** What the webview may ask of the host beside reading, one row a method; everything else is refused. */
const WISHES = {
  /** Asks for the present state, which arrives as events. */
  ready: done(nothing),
  /** What is stored for the model of a run; null where nothing was fitted. */
  probes: answers<ProbeReport | null>()(ofCorpus),
  /** Progress values are `ProbeProgress`; heeds its signal, as does `syntax`. */
  fitProbes: answers<ProbeReport>()(ofCorpus, true),
  probeLabels: answers<ProbeLabels | null>()(ofCorpus),
  syntax: answers<SyntaxReport>()(ofCorpus, true),
  /** Lets people choose a CoNLL-U file; its name, or null where none was chosen. */
  chooseCorpus: answers<{ readonly name: string } | null>()(nothing),
  /** Runs again with these vocabulary entries after what the last stack reads. */
  setContinuation: done(v.strictObject({ tokens })),
  /** Runs again with these interventions in place of those of the run. */
  setInterventions: done(v.strictObject({ interventions: interventionsSchema })),
  /** Asks where to, and writes the list of interventions as a file. */
  saveInterventions: done(v.strictObject({ list: listSchema })),
  /** Runs beside the main run: null stands for the main run's model or text; a capture file is opened instead. */
  runSide: done(
    v.strictObject({
      slot,
      model: v.nullable(reference),
      text: v.nullable(text),
      changes: changesSchema,
    }),
  ),
  closeSide: done(v.strictObject({ slot })),
  /** Lets people choose a capture file to compare with; null where none was chosen. */
  chooseCapture: answers<ModelChoice | null>()(nothing),
  /** Opens a text in a document of its own and inspects it. */
  inspectText: done(v.strictObject({ text })),
  /** Runs again with this as the decoder's text; for encoder–decoder models. */
  setTarget: done(v.strictObject({ target: text })),
  /** Runs the text again as messages, or as it is. */
  setChat: done(v.strictObject({ chat: v.nullable(chatSchema) })),
  /** Runs again with these values for inputs of the model; the others are fed their defaults. */
  setFeeds: done(v.strictObject({ feeds: givenFeeds })),
  /** Lets the model write the target itself, then runs with it. */
  generateTarget: done(nothing),
  /** Checks the main run's model with its text, or checks it again; `findings` events tell of it. */
  checkModel: done(nothing),
  /** Ignores a finding of the main run's model from now on, by its `findingName`, or no longer. */
  pinFinding: done(
    v.strictObject({ name: v.pipe(v.string(), v.maxLength(200)), isPinned: v.boolean() }),
  ),
  /** Opens the file, or the place of the text, that a finding is about. */
  openFinding: done(v.strictObject({ name: v.pipe(v.string(), v.maxLength(200)) })),
  /** Tells the other pages of ours where this one stands. */
  shareLocus: done(
    v.strictObject({
      capture,
      block,
      layer: index,
      head: index,
      aggregate: v.picklist(['head', 'mean', 'max', 'rollout', 'norm']),
      query: index,
      key: v.nullable(index),
    }),
  ),
  /** Asks where to, and writes the file. */
  saveFigure: done(
    v.strictObject({
      name: v.pipe(v.string(), v.maxLength(200)),
      format: v.picklist(FIGURE_FORMATS),
      data: v.union([
        v.pipe(v.string(), v.maxLength(1 << 26)),
        v.pipe(
          v.instance(Uint8Array),
          v.check(bytes => bytes.byteLength <= 1 << 26, 'too large'),
        ),
      ]),
    }),
  ),
  saveCapture: done(v.strictObject({ capture })),
  /** Traces the run's text: `model` is the reference of a choice, or null for the run's own. */
  trace: answers<TextTrace>()(v.strictObject({ model: v.nullable(reference) })),
  /** Highlights the token's characters in the editor; null ends that. */
  hoverToken: done(v.strictObject({ token: v.nullable(index) })),
  /** Moves the editor to the token. */
  revealToken: done(v.strictObject({ token: index })),
  /** Shows the line that computes a step of an attention in an editor, where its file is found. */
  openSource: answers<SourceFit>()(
    v.strictObject({ capture, block, layer: index, stage: sourceStage }),
  ),
  useModel: done(v.strictObject({ reference })),
  remedy: done(v.strictObject({ remedy: v.picklist(REMEDY_IDS) })),
  cancel: done(nothing),
} as const;

/** Webview → host. */
export interface PanelApi extends ReadApi, ApiOf<typeof WISHES> {}

/** A figure as a file: PNG as bytes, everything else as text. */
export type FigureFile = Params<PanelApi, 'saveFigure'>;

/** Validation of every message that the webview may send. @throws InspectorError `internal` */
export const panelChecks = Object.fromEntries(
  Object.entries({ ...READS, ...WISHES }).map(([method, { params: schema }]) => [
    method,
    (params: unknown): unknown => {
      const parsed = v.safeParse<v.GenericSchema>(schema, params);
      if (parsed.success) return parsed.output;
      const [issue] = parsed.issues;
      throw new InspectorError(
        'internal',
        `The panel sent a malformed “${method}”: ${issue.message}`,
      );
    },
  ]),
) as Checks<PanelApi>;
