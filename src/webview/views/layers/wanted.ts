import type { CaptureSummary } from '../../../protocol/capture';
import { generatesAt } from '../../../protocol/continuation';
import type { LensKind } from '../../../protocol/layers';
import type { Stack } from '../../../protocol/model';
import type { PanelApi } from '../../../protocol/panel';
import type { Token } from '../../../protocol/tokens';
import { perState, readersOf, type Questions } from '../../app/answers';
import { outputStack, outputToken } from '../../app/output';
import type { State } from '../../app/state';
import { effectiveLayer, headOf } from './effective';
import { expertLayer } from './experts';

/** Name of the view. */
export const LAYERS_VIEW = 'layers';

/** Candidates that are asked for: samples are drawn from them. */
const CANDIDATES = 100;

/** Everything that the Layers view reads beside the predictions by layer; `syntax` when people ask. */
export const METHODS = {
  residuals: 'residuals',
  experts: 'experts',
  effective: 'effective',
  attribution: 'attribution',
  choices: 'predictions',
  distribution: 'distribution',
  probes: 'probes',
  probeLabels: 'probeLabels',
  syntax: 'syntax',
} as const;
export type LayerNumber = keyof typeof METHODS;
export type Wanted = { readonly [N in LayerNumber]?: Parameters<PanelApi[(typeof METHODS)[N]]>[0] };

/** What the view needs for this state. */
export const wantedLayers = perState((state: State): Wanted => work(state));

function work(state: State): Wanted {
  const { capture, locus, options, layers } = state;
  const token = outputToken(state);
  if (!capture || !locus || token === null) return {};
  const id = logitChoice(state, token);
  const next = nextTokenAt(state);
  const probed = { capture: capture.id, corpus: options.layers.corpus };
  const router = expertLayer(state);
  const mixer = effectiveLayer(state);
  return {
    ...(router && router.refusal === undefined
      ? { experts: { capture: capture.id, stack: router.stack, layer: router.layer } }
      : {}),
    ...(mixer && mixer.effective.check.result !== 'refused'
      ? {
          effective: {
            capture: capture.id,
            stack: mixer.stack,
            layer: mixer.layer,
            head: headOf(mixer, layers.effectiveHead),
          },
        }
      : {}),
    residuals: { capture: capture.id, stack: locus.block.stack },
    attribution: { capture: capture.id, token, ...(id === null ? {} : { id }) },
    ...(next === null
      ? {}
      : {
          distribution: {
            capture: capture.id,
            token: next,
            count: CANDIDATES,
            ...options.layers.sampling,
          },
        }),
    choices: { capture: capture.id, token, count: CANDIDATES },
    probes: probed,
    probeLabels: probed,
    syntax: probed,
  };
}

/** The vocabulary entry whose logit was chosen at a token; null for the most probable one. */
function logitChoice({ capture, layers }: State, token: number): number | null {
  const { logit } = layers;
  return logit?.capture === capture?.id && logit?.token === token ? logit.id : null;
}

/** The token whose next token is shown; null in models that do not write. */
export function nextTokenAt(state: State): number | null {
  const { capture, options } = state;
  if (!capture || outputStack(capture) !== 'decoder') return null;
  return options.layers.atQuery ? outputToken(state) : generatesAt(capture);
}

/** Tokens of the stack that has the output head. */
export const outputTokens = (capture: CaptureSummary): readonly Token[] =>
  capture.tokens[outputStack(capture)] ?? [];

/** Tokens of a stack. */
export const stackTokens = (capture: CaptureSummary, stack: Stack): readonly Token[] =>
  capture.tokens[stack] ?? [];

/** Lenses that a model can have, the one that suits first. */
export const lensKinds = (capture: CaptureSummary): readonly LensKind[] =>
  outputStack(capture) === 'decoder' ? ['logitLens'] : ['maskedLm', 'logitLens'];

/** The lens on show. */
export function lensKind({ capture, options }: State): LensKind {
  const kinds = capture ? lensKinds(capture) : (['logitLens'] as const);
  return kinds.find(kind => kind === options.layers.lens) ?? kinds[0] ?? 'logitLens';
}

/** What a prediction is compared with: models that write say what comes next. */
export const expectedName = ({ capture }: State): string =>
  capture && outputStack(capture) === 'decoder' ? 'next token' : 'input token';

const readers = readersOf(METHODS, wantedLayers);

/**
 * What was read under a name, undefined where it is not there and null where nothing was fitted; and
 * why nothing was.
 */
export const { answer: layerNumber, fault: layerFault, refusal: layerError } = readers;

/** What is asked by itself: heads are measured only when people ask. */
export const layerQuestions = (state: State): Questions => ({
  ...readers.questions(state),
  syntax: undefined,
});
