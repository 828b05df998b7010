import type { CaptureSummary } from '../../protocol/capture';
import type { ErrorReport } from '../../protocol/errors';
import { generatesAt } from '../../protocol/continuation';
import type { LensKind } from '../../protocol/layers';
import type { Stack } from '../../protocol/model';
import type { PanelApi } from '../../protocol/panel';
import type { Token } from '../../protocol/tokens';
import { address } from '../addresses';
import { outputStack, outputToken } from '../masking/wanted';
import type { Slice, State } from '../state';
import type { LayerNumber, LayerNumbers } from './state';

/** Name of the view. */
export const LAYERS_VIEW = 'layers';

/** Candidates that are asked for: samples are drawn from them. */
const CANDIDATES = 100;

type Params<N extends LayerNumber> = Parameters<PanelApi[N]>[0];
export type Wanted = { readonly [N in LayerNumber]?: Params<N> };

let latest: { readonly state: State; readonly wanted: Wanted } | undefined;

/** What the view needs for this state; every part of one state is given the same object. */
export function wantedLayers(state: State): Wanted {
  if (latest?.state !== state) latest = { state, wanted: work(state) };
  return latest.wanted;
}

function work(state: State): Wanted {
  const { capture, locus, options } = state;
  const token = outputToken(state);
  if (!capture || !locus || token === null) return {};
  const id = logitChoice(state, token);
  const next = nextTokenAt(state);
  const probed = { capture: capture.id, corpus: options.layers.corpus };
  return {
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

/** What was read under a name, if it is of the locus and the run on show; undefined otherwise. */
export function layerNumber<N extends LayerNumber>(
  state: State,
  name: N,
): LayerNumbers[N] | undefined {
  const slice: Slice<LayerNumbers[N]> | undefined = state.layers.found[name];
  return isWanted(state, name, slice) ? slice.value : undefined;
}

/** What went wrong where nothing can be read under a name; null where nothing did. */
export function layerFault(state: State, name: LayerNumber): ErrorReport | null {
  const slice = state.layers.errors[name];
  return isWanted(state, name, slice) ? slice.value : null;
}

/** The same in words. */
export const layerError = (state: State, name: LayerNumber): string | null =>
  layerFault(state, name)?.message ?? null;

function isWanted<T>(
  state: State,
  name: LayerNumber,
  slice: Slice<T> | undefined,
): slice is Slice<T> {
  const params = wantedLayers(state)[name];
  return params !== undefined && slice !== undefined && slice.at === address(params);
}
