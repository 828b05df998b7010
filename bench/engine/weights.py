"""A model of 221 million parameters with the shape of Qwen 3 and random weights, as people have it on disk; and what transformers takes for it.

    python bench/engine/weights.py make FOLDER      # needs torch, transformers, gguf, onnx and onnxscript
    python bench/engine/weights.py eager FOLDER     # opens FOLDER/float32 and runs 64 tokens, prints JSON
    python bench/engine/weights.py large FOLDER     # the sizes of Qwen2.5-1.5B in bfloat16, 3.1 GB

FOLDER gets: float32/ and bfloat16/ (config.json with model.safetensors), q4_0.gguf and q8_0.gguf, onnx/model.onnx.
"""
import json
import os
import resource
import sys
from pathlib import Path

SHAPE = dict(vocab_size=32000, hidden_size=1024, num_hidden_layers=12, num_attention_heads=16, num_key_value_heads=8,
             head_dim=64, intermediate_size=4096, max_position_embeddings=2048, tie_word_embeddings=True,
             bos_token_id=1, eos_token_id=2, pad_token_id=0)
TOKENS = 64
# Names of llama.cpp by those of transformers, inside a layer and outside.
LAYER = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
         "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
         "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate",
         "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
OUTSIDE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm"}


def gguf_name(name):
    name = name.removesuffix(".weight")
    if name in OUTSIDE:
        return f"{OUTSIDE[name]}.weight"
    _, _, layer, part = name.split(".", 3)
    return f"blk.{layer}.{LAYER[part]}.weight"


def write_gguf(model, path, kind):
    import gguf
    config = model.config
    writer = gguf.GGUFWriter(path, "qwen3")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    for name, parameter in model.named_parameters():
        values = parameter.detach().float().numpy()
        if values.ndim == 1:
            writer.add_tensor(gguf_name(name), values)
        else:
            writer.add_tensor(gguf_name(name), gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def make(target):
    import gguf
    import torch
    import transformers as hf
    torch.manual_seed(0)
    model = hf.Qwen3ForCausalLM(hf.Qwen3Config(**SHAPE, attn_implementation="eager")).eval()
    target.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(target / "float32")
    write_gguf(model, target / "q4_0.gguf", gguf.GGMLQuantizationType.Q4_0)
    write_gguf(model, target / "q8_0.gguf", gguf.GGMLQuantizationType.Q8_0)
    (target / "onnx").mkdir(exist_ok=True)

    class Plain(torch.nn.Module):
        """What Optimum exports without a past."""
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).logits

    ids = torch.randint(3, SHAPE["vocab_size"], (1, 8))
    dynamic = {name: {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC} for name in ("input_ids", "attention_mask")}
    torch.onnx.export(Plain(), (ids, torch.ones_like(ids)), target / "onnx" / "model.onnx", dynamo=True,
                      input_names=["input_ids", "attention_mask"], output_names=["logits"], dynamic_shapes=dynamic,
                      external_data=True)
    model.to(torch.bfloat16).save_pretrained(target / "bfloat16")


def eager(target):
    import torch
    import transformers as hf
    torch.set_num_threads(1)
    spent = lambda: 1000 * sum(os.times()[:2])
    imported = spent()
    model = hf.AutoModelForCausalLM.from_pretrained(target / "float32", attn_implementation="eager")
    opened = spent() - imported
    ids = torch.tensor([[5 + i * 37 for i in range(TOKENS)]])
    with torch.no_grad():
        model(ids, output_attentions=True, output_hidden_states=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"open": opened, "first": spent() - imported, "peak": peak}))


def large(target):
    import torch
    from safetensors.torch import save_file
    hidden, layers, heads, key_heads, width, inner, vocabulary = 1536, 28, 12, 2, 128, 8960, 151936
    target.mkdir(parents=True, exist_ok=True)
    config = dict(model_type="qwen2", architectures=["Qwen2ForCausalLM"], vocab_size=vocabulary, hidden_size=hidden,
                  num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=key_heads,
                  intermediate_size=inner, max_position_embeddings=32768, rms_norm_eps=1e-6, rope_theta=1e6,
                  hidden_act="silu", tie_word_embeddings=True, use_sliding_window=False, torch_dtype="bfloat16")
    (target / "config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    drawn = lambda *dims: (0.02 * torch.randn(*dims)).to(torch.bfloat16)
    ones = lambda size: torch.ones(size, dtype=torch.bfloat16)
    tensors = {"model.embed_tokens.weight": drawn(vocabulary, hidden), "model.norm.weight": ones(hidden)}
    for layer in range(layers):
        at = f"model.layers.{layer}"
        for part, rows in [("q", heads * width), ("k", key_heads * width), ("v", key_heads * width)]:
            tensors[f"{at}.self_attn.{part}_proj.weight"] = drawn(rows, hidden)
            tensors[f"{at}.self_attn.{part}_proj.bias"] = drawn(rows)
        tensors[f"{at}.self_attn.o_proj.weight"] = drawn(hidden, heads * width)
        for part in ["gate", "up"]:
            tensors[f"{at}.mlp.{part}_proj.weight"] = drawn(inner, hidden)
        tensors[f"{at}.mlp.down_proj.weight"] = drawn(hidden, inner)
        for norm in ["input_layernorm", "post_attention_layernorm"]:
            tensors[f"{at}.{norm}.weight"] = ones(hidden)
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    {"make": make, "eager": eager, "large": large}[sys.argv[1]](Path(sys.argv[2]))
