import { COLOR_MAPS, type ColorMapName } from '../draw/color/maps';
import { SCALES, type ScaleName } from '../draw/color/palette';
import { computationOptions } from './choices/computation';
import { divergenceOptions } from './choices/divergence';
import { findingsOptions } from './choices/findings';
import { layersOptions } from './choices/layers';
import { maskingOptions } from './choices/masking';
import { patchingOptions } from './choices/patching';
import { positionsOptions } from './choices/positions';
import { flag, listOf, oneOf, record, type Reader } from '../kit/stored';
import { tokensOptions } from './choices/tokens';
import { attentionOptions } from './choices/attention';

const isText = (stored: unknown): stored is string => typeof stored === 'string';

/** How things are shown in every view. */
const panelOptions = {
  /** Null chooses by length: linear up to 64 tokens, logarithmic above. */
  scale: oneOf<ScaleName | null>(SCALES, null),
  colorMap: oneOf<ColorMapName>(COLOR_MAPS, 'Tide'),
  specialTokens: flag(true),
  table: flag(false),
  grouping: oneOf(['token', 'word'], 'token'),
  /** Name of the open view. */
  view: (stored => (isText(stored) ? stored : 'attention')) satisfies Reader<string>,
  /** The list of interventions is open. */
  isIntervening: flag(false),
  /** Titles of the sections that are folded away in narrow panels. */
  folded: listOf(isText),
};

/** Reads how things are shown, in every view and in each; kept across reloads. */
export const readOptions = record({
  ...panelOptions,
  ...attentionOptions,
  ...computationOptions,
  ...maskingOptions,
  ...positionsOptions,
  ...layersOptions,
  ...patchingOptions,
  ...divergenceOptions,
  ...findingsOptions,
  ...tokensOptions,
});

/** How things are shown; kept across reloads. */
export type ViewOptions = ReturnType<typeof readOptions>;

export const DEFAULT_OPTIONS: ViewOptions = readOptions({});
