import type { AttentionSite, Stack } from '../../protocol/model';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { Configuration } from '../source/configuration';

/** Families whose published models begin every text with their bos token. */
const BEGINS_WITH_BOS = /^(llama|mistral|mixtral|gemma)/;
/** Encoder–decoder families that end every text with their eos token. */
const ENDS_WITH_EOS = /^(m?t5|umt5|bart|mbart|marian|pegasus)/;
/** Families that multiply scores by 1/√headDim where the configuration says nothing else. */
const ROOT_SCALE =
  /^(bert|roberta|distilbert|electra|gpt2|gptj|gpt_neox|llama|mistral|qwen[23]|phi|bloom)$/;
/** Families whose scores are the bare products. */
const BARE_SCALE = /^(m?t5|umt5)$/;

/** `model_type`. */
export function familyOf({ model_type: type }: Configuration): string {
  return typeof type === 'string' ? type : '';
}

/** The stack whose tokens may not see later ones, by what the configuration says. */
export function causalStack(
  { card: { stacks } }: InstrumentedModel,
  config: Configuration,
): Stack | undefined {
  if (stacks.length > 1) return 'decoder';
  const { architectures, is_causal, use_bidirectional_attention: both, prefix_lm } = config;
  const [architecture] = Array.isArray(architectures) ? (architectures as unknown[]) : [];
  const isLanguageModel =
    typeof architecture === 'string' && /CausalLM$|LMHeadModel$/.test(architecture);
  const isBoth = is_causal === false || both === true || prefix_lm === true;
  return isLanguageModel && !isBoth ? stacks[0] : undefined;
}

/** Which special token a text of this family begins or ends with besides `[CLS]` and `[SEP]`. */
export function framing(config: Configuration, settings: Configuration) {
  const family = familyOf(config);
  return {
    bos: BEGINS_WITH_BOS.test(family) && settings.add_bos_token !== false,
    eos: ENDS_WITH_EOS.test(family),
  };
}

/** The factor on q·k; undefined for families of which it is not known. */
export function expectedScale(config: Configuration, { headDim }: AttentionSite) {
  const {
    query_pre_attn_scalar: scalar,
    attention_multiplier: multiplier,
    scale_attn_weights: isScaled,
    scale_attn_by_inverse_layer_idx: byLayer,
  } = config;
  if (typeof multiplier === 'number') return multiplier;
  if (typeof scalar === 'number') return scalar ** -0.5;
  if (isScaled === false || byLayer === true) return undefined;
  if (BARE_SCALE.test(familyOf(config))) return 1;
  return ROOT_SCALE.test(familyOf(config)) ? headDim ** -0.5 : undefined;
}

/** Keys that a query of a layer sees, itself among them; `none` without a window, undefined where unknown. */
export function expectedWindow(config: Configuration, layer: number): number | 'none' | undefined {
  const { sliding_window: window, layer_types: types, use_sliding_window: isUsed } = config;
  if (Array.isArray(types)) {
    const type = (types as unknown[])[layer];
    if (type === 'full_attention') return 'none';
    return type === 'sliding_attention' && typeof window === 'number' ? window : undefined;
  }
  if (familyOf(config) !== 'mistral') return undefined;
  return isUsed === false || typeof window !== 'number' ? 'none' : window;
}
