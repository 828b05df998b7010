import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import { Config } from './config';

/** What configurations say of rotary positions; other fields would be computed with, too. */
const KNOWN: ReadonlySet<string> = new Set([
  'rope_theta',
  'rope_type',
  'type',
  'factor',
  'alpha',
  'partial_rotary_factor',
  'attention_factor',
  'original_max_position_embeddings',
  'low_freq_factor',
  'high_freq_factor',
  'beta_fast',
  'beta_slow',
  'mscale',
  'mscale_all_dim',
  'truncate',
  'short_factor',
  'long_factor',
  // Says how the model was trained.
  'finetuned',
]);

/** Rotary positions of a layer type: their own section of the configuration, and the base. */
export interface RopeParameters {
  readonly section: Config;
  readonly theta: number;
}

/**
 * Finds what a configuration says of the rotary positions of layers of a type: `rope_parameters` of
 * transformers 5, one for all or one for each type, or `rope_scaling` and its neighbours of 4.
 * @throws InspectorError `model-unsupported` for a field that is not known
 */
export function ropeParameters(
  c: Config,
  {
    layerType,
    theta = 10000,
    scalesGlobalOnly,
  }: { layerType?: string; theta?: number; scalesGlobalOnly?: boolean },
): RopeParameters {
  const own = c.section('rope_parameters');
  if (own) {
    const section = (layerType === undefined ? undefined : own.section(layerType)) ?? own;
    checkFields(section);
    return {
      section,
      theta: section.optional('rope_theta') ?? c.optional('rope_theta') ?? theta,
    };
  }
  const isLocal = layerType === 'sliding_attention';
  const local = isLocal ? c.optional('rope_local_base_freq', 'local_rope_theta') : undefined;
  const scaling = isLocal && scalesGlobalOnly ? undefined : c.section('rope_scaling');
  const section = scaling ?? new Config({});
  checkFields(section);
  const base = c.optional('rope_theta', 'rotary_emb_base', 'global_rope_theta');
  return { section, theta: local ?? section.optional('rope_theta') ?? base ?? theta };
}

/** Sections for types of layers stand beside the fields for all of them. */
const LAYER_TYPE = /_attention$/;

function checkFields(section: Config): void {
  const unknown = section.names.find(name => !KNOWN.has(name) && !LAYER_TYPE.test(name));
  if (unknown === undefined) return;
  throw new InspectorError(
    'model-unsupported',
    `“${shortened(unknown)}” in what config.json says of rotary positions is not known here: export ` +
      'the model to ONNX instead, as docs/exporting.md shows.',
  );
}
