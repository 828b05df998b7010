/** Modules of a GGUF file and their names in Hugging Face's checkpoints, without `.weight` and `.bias`. */
export interface GgufNames {
  readonly model: ReadonlyMap<string, string>;
  /** Those of a layer: `blk.3.<key>`. */
  readonly layer: ReadonlyMap<string, string>;
  /** What precedes a layer's modules: `model.layers`. */
  readonly layers: string;
}

/** @param pairs `key=name`, with spaces between */
function names(pairs: string): Map<string, string> {
  return new Map(
    pairs
      .split(/\s+/)
      .filter(Boolean)
      .map(pair => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
  );
}

const MODEL = names('token_embd=model.embed_tokens output_norm=model.norm output=lm_head');
const ATTENTION = names(`
  attn_q=self_attn.q_proj attn_k=self_attn.k_proj attn_v=self_attn.v_proj
  attn_qkv=self_attn.qkv_proj attn_output=self_attn.o_proj
  attn_q_norm=self_attn.q_norm attn_k_norm=self_attn.k_norm`);
const MLP = names('ffn_gate=mlp.gate_proj ffn_up=mlp.up_proj ffn_down=mlp.down_proj');
const NORMS = names('attn_norm=input_layernorm ffn_norm=post_attention_layernorm');

/** A layer of the Llama line with what differs from it. */
function llamaLine(...differing: readonly ReadonlyMap<string, string>[]): GgufNames {
  const layer = new Map([ATTENTION, MLP, NORMS, ...differing].flatMap(each => [...each]));
  return { model: MODEL, layers: 'model.layers', layer };
}

export const LLAMA = llamaLine();
/** Norms on both sides of attention and MLP (Gemma 2 and 3). */
export const GEMMA2 = llamaLine(
  names(`
  post_attention_norm=post_attention_layernorm ffn_norm=pre_feedforward_layernorm
  post_ffw_norm=post_feedforward_layernorm`),
);
/** The same with other names. */
export const GLM4 = llamaLine(
  names(`
  post_attention_norm=post_self_attn_layernorm ffn_norm=post_attention_layernorm
  post_ffw_norm=post_mlp_layernorm ffn_up=mlp.gate_up_proj`),
);
/** Norms behind attention and MLP alone. */
export const OLMO2 = llamaLine(
  names('post_attention_norm=post_attention_layernorm post_ffw_norm=post_feedforward_layernorm'),
);
export const PHI3 = llamaLine(names('ffn_up=mlp.gate_up_proj'));
export const STARCODER2 = llamaLine(names('ffn_up=mlp.c_fc ffn_down=mlp.c_proj'));
export const PHI2: GgufNames = {
  ...llamaLine(names('attn_output=self_attn.dense ffn_up=mlp.fc1 ffn_down=mlp.fc2')),
  model: names('token_embd=model.embed_tokens output_norm=model.final_layernorm output=lm_head'),
};
export const GPT2: GgufNames = {
  model: names(`
    token_embd=transformer.wte position_embd=transformer.wpe output_norm=transformer.ln_f
    output=lm_head`),
  layers: 'transformer.h',
  layer: names(`
    attn_norm=ln_1 attn_qkv=attn.c_attn attn_output=attn.c_proj
    ffn_norm=ln_2 ffn_up=mlp.c_fc ffn_down=mlp.c_proj`),
};
const FUSED = `
  attn_norm=input_layernorm ffn_norm=post_attention_layernorm
  ffn_up=mlp.dense_h_to_4h ffn_down=mlp.dense_4h_to_h`;
export const GPT_NEOX: GgufNames = {
  model: names(`
    token_embd=gpt_neox.embed_in output_norm=gpt_neox.final_layer_norm output=embed_out`),
  layers: 'gpt_neox.layers',
  layer: names(`${FUSED} attn_qkv=attention.query_key_value attn_output=attention.dense`),
};
export const BLOOM: GgufNames = {
  model: names(`
    token_embd=transformer.word_embeddings token_embd_norm=transformer.word_embeddings_layernorm
    output_norm=transformer.ln_f output=lm_head`),
  layers: 'transformer.h',
  layer: names(`${FUSED} attn_qkv=self_attention.query_key_value attn_output=self_attention.dense`),
};
export const BERT: GgufNames = {
  model: names(`
    token_embd=embeddings.word_embeddings position_embd=embeddings.position_embeddings
    token_types=embeddings.token_type_embeddings token_embd_norm=embeddings.LayerNorm`),
  layers: 'encoder.layer',
  layer: names(`
    attn_q=attention.self.query attn_k=attention.self.key attn_v=attention.self.value
    attn_output=attention.output.dense attn_output_norm=attention.output.LayerNorm
    ffn_up=intermediate.dense ffn_down=output.dense layer_output_norm=output.LayerNorm`),
};
