"""The three models as Hugging Face classes, with the initial weights training starts from."""
import math

import torch
from transformers import EsmConfig, EsmForMaskedLM, LlamaConfig, LlamaForCausalLM, T5Config, T5ForConditionalGeneration

VOCABULARY = 8192
TRAINED_LENGTH = 128  # tokens per training sequence
MAX_LENGTH = 1024     # rotary and relative positions have no table and so no hard limit; this is what we allow


def encoder():
    """Pre-LayerNorm, rotary positions, bidirectional. ESM's encoder is exactly this; nothing here is about proteins."""
    return EsmForMaskedLM(EsmConfig(
        architectures=["EsmForMaskedLM"], vocab_size=VOCABULARY, hidden_size=128, num_hidden_layers=6,
        num_attention_heads=4, intermediate_size=512, position_embedding_type="rotary", rope_theta=10000.0,
        max_position_embeddings=MAX_LENGTH, layer_norm_eps=1e-5, emb_layer_norm_before=False, token_dropout=False,
        tie_word_embeddings=True, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, use_cache=False,
        pad_token_id=0, bos_token_id=2, eos_token_id=3, mask_token_id=4, training_sequence_length=TRAINED_LENGTH))


def decoder():
    """RMSNorm, SwiGLU, rotary positions, causal."""
    return LlamaForCausalLM(LlamaConfig(
        architectures=["LlamaForCausalLM"], vocab_size=VOCABULARY, hidden_size=128, num_hidden_layers=6,
        num_attention_heads=4, num_key_value_heads=4, head_dim=32, intermediate_size=352, hidden_act="silu",
        rms_norm_eps=1e-6, rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        max_position_embeddings=MAX_LENGTH, attention_bias=False, mlp_bias=False, tie_word_embeddings=True,
        use_cache=False, pad_token_id=0, bos_token_id=0, eos_token_id=0, training_sequence_length=TRAINED_LENGTH))


def encoder_decoder():
    """RMSNorm, gated GELU, relative position bias, cross-attention."""
    return T5ForConditionalGeneration(T5Config(
        architectures=["T5ForConditionalGeneration"], vocab_size=VOCABULARY, d_model=128, d_kv=32, d_ff=352,
        num_layers=4, num_decoder_layers=4, num_heads=4, relative_attention_num_buckets=32,
        relative_attention_max_distance=96, dropout_rate=0.0, feed_forward_proj="gated-gelu",
        tie_word_embeddings=True, scale_decoder_outputs=True, use_cache=False, n_positions=MAX_LENGTH,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, training_sequence_length=TRAINED_LENGTH))


ARCHITECTURES = {"encoder": encoder, "decoder": decoder, "encoder-decoder": encoder_decoder}
# Matrices that write into the residual stream, smaller at the start the deeper the model
OUTPUTS = ("attention.output.dense.weight", "output.dense.weight", "o_proj.weight", "down_proj.weight", ".o.weight",
           ".wo.weight")
T5_QUERY = ".q.weight"  # T5 does not divide scores by the square root of the head size: its queries start smaller instead


def build(kind):
    model = ARCHITECTURES[kind]()
    config = model.config
    layers = config.num_hidden_layers
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "embed" in name or "shared" in name:
                parameter.normal_(std=0.02 * (config.d_model ** 0.5 if kind == "encoder-decoder" else 1))
            elif "relative_attention_bias" in name:
                parameter.zero_()
            elif parameter.dim() == 2 and "contact_head" not in name:
                parameter.normal_(std=0.5 / math.sqrt(parameter.shape[1]))
                if name.endswith(OUTPUTS):
                    parameter.mul_(1 / math.sqrt(2 * layers))
                if name.endswith(T5_QUERY):
                    parameter.mul_(config.d_kv ** -0.5)
            elif name.endswith("bias"):
                parameter.zero_()
    if kind == "encoder":
        model.esm.contact_head.requires_grad_(False)   # ESM's head for proteins, unused
        torch.nn.init.zeros_(model.esm.contact_head.regression.weight)
    model.tie_weights()
    return model


def hidden_matrices(model):
    """The names Muon updates: matrices between hidden states. Embeddings, norms and biases are AdamW's."""
    return {name for name, parameter in model.named_parameters() if parameter.dim() == 2 and parameter.requires_grad
            and not any(word in name for word in ("embed", "shared", "relative_attention_bias", "lm_head.decoder"))}
