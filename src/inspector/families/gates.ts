import { InspectorError } from '../../protocol/errors';
import { QUANTISED_FIELDS } from '../../protocol/openedFiles';
import { shortened } from '../files/shortened';
import type { Weights } from '../weights/weights';
import { notBuilt } from './common';
import type { Config } from './config';

/** Stored by many families, used by none. */
const BUFFERS: readonly RegExp[] = [
  /(^|\.)position_ids$/,
  /(^|\.)rotary_emb\.(inv_freq|cos_cached|sin_cached)$/,
  // Causal masks, and what stood for minus infinity in them.
  /(^|\.)attn\.(masked_)?bias$/,
  /(^|\.)attention\.(masked_)?bias$/,
  /(^|\.)num_batches_tracked$/,
];

/**
 * Fields that change what is computed, with the values that change nothing. A family that builds
 * what they ask for has read them.
 */
export const GATED_FIELDS: Readonly<Record<string, readonly unknown[]>> = {
  is_decoder: [false],
  add_cross_attention: [false],
  position_embedding_type: ['absolute'],
  rope_scaling: [],
  partial_rotary_factor: [1],
  no_rope_layers: [],
  qk_layernorm: [false],
  use_bidirectional_attention: [false],
  attn_logit_softcapping: [],
  final_logit_softcapping: [],
  query_pre_attn_scalar: [],
  attention_multiplier: [1],
  residual_multiplier: [1],
  embedding_multiplier: [1],
  logits_scaling: [1],
  logit_scale: [1],
  clip_qkv: [],
  use_parallel_residual: [false],
  num_experts: [0, 1],
  num_local_experts: [0, 1],
  n_routed_experts: [0],
  attention_chunk_size: [],
  attn_temperature_tuning: [false],
};

/**
 * Refuses a configuration that asks for more than its family has read.
 * @throws InspectorError `model-unsupported` with the field's name
 */
export function checkFields(c: Config): void {
  for (const [name, neutral] of Object.entries(GATED_FIELDS)) {
    if (c.wasRead(name)) continue;
    const value = c.raw(name);
    if (value === undefined || neutral.includes(value)) continue;
    throw notBuilt(c, name, value);
  }
  const pruned = c.raw('pruned_heads');
  if (typeof pruned === 'object' && pruned !== null && Object.keys(pruned).length > 0) {
    throw notBuilt(c, 'pruned_heads', pruned);
  }
  const types = c.wasRead('layer_types') ? undefined : c.list('layer_types');
  const other = types?.find(type => type !== 'full_attention');
  if (other !== undefined) throw notBuilt(c, 'layer_types', other);
}

/**
 * Refuses weights that are stored in a quantised form, before anything else is said of them.
 * @throws InspectorError `model-unsupported` with the method's name
 */
export function checkPlain(c: Config): void {
  for (const field of QUANTISED_FIELDS) {
    const section = c.raw(field);
    if (section === undefined) continue;
    const method =
      typeof section === 'object' && section !== null && 'quant_method' in section
        ? ` (${shortened(String(section.quant_method))})`
        : '';
    throw new InspectorError(
      'model-unsupported',
      `The weights are stored in a quantised form${method}, as “${field}” of config.json says: ` +
        'take the checkpoint that is not quantised, or a GGUF file of it.',
    );
  }
}

/**
 * Refuses a model of which something is stored that is in no computation: then another type was
 * meant. Runs cannot tell, because a graph that is built wrong is exact about itself.
 * @param used bytes that were taken, by name
 * @param unused what the family does not use
 * @throws InspectorError `model-unsupported` with the tensor's name
 */
export function checkUsed(
  c: Config,
  weights: Weights,
  used: ReadonlyMap<string, number>,
  unused: readonly RegExp[],
): void {
  for (const name of weights.names) {
    const taken = used.get(name);
    if (taken === undefined && (isKnown(name, unused) || isTied(weights, name))) continue;
    if (taken !== undefined && taken >= (weights.get(name)?.length ?? 0)) continue;
    const part = taken === undefined ? '' : 'a part of ';
    throw new InspectorError(
      'model-unsupported',
      `The checkpoint holds ${part}“${shortened(name)}” that models of the type “${c.type}” do not ` +
        'compute with: config.json does not belong to these weights, or this is a variant that is ' +
        'not known here.',
    );
  }
}

function isKnown(name: string, unused: readonly RegExp[]): boolean {
  return [...BUFFERS, ...unused].some(pattern => pattern.test(name));
}

/** Whether a tensor is stored again under a name that is used. */
function isTied(weights: Weights, name: string): boolean {
  const own = weights.get(name);
  return weights.names.some(other => {
    const place = other === name ? undefined : weights.get(other);
    return (
      own !== undefined &&
      own.length > 0 &&
      place?.path === own.path &&
      place.offset === own.offset &&
      place.length === own.length
    );
  });
}
