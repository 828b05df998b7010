"""Turn a checkpoint of the first models, trained before train.py, and its tokenizer into a model folder in Hugging Face layout, with ONNX.

    python export_first.py --checkpoint enc2s.pt --tokenizer wordpiece8192.json --out ../encoder
    python export_first.py --checkpoint dec2.pt  --tokenizer bpe8192.json       --out ../decoder

The checkpoint is `{"cfg": {...}, "sd": state_dict}`. `cfg.kind` is "enc" (pre-LN, rotary, LayerNorm:
EsmForMaskedLM) or "dec" (RMSNorm, SwiGLU, rotary: LlamaForCausalLM plus a bias on the output head).
Writes config.json, model.safetensors, tokenizer.json, tokenizer_config.json, special_tokens_map.json
and model.onnx, and fails if ONNX and PyTorch disagree by more than 1e-4.
"""
import argparse
import json
from pathlib import Path

import onnx
import onnxruntime
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, processors
from transformers import EsmConfig, LlamaConfig

from load import build, load

TRAINED_LENGTH = 128  # tokens per training sequence
MAX_LENGTH = 1024     # rotary positions have no table and so no hard limit; this is what we allow
OPSET = 17
TOLERANCE = 1e-4


# ---------------------------------------------------------------- weights

def encoder_config(cfg):
    return EsmConfig(
        architectures=["EsmForMaskedLM"], vocab_size=cfg["V"], hidden_size=cfg["d"],
        num_hidden_layers=cfg["L"], num_attention_heads=cfg["h"], intermediate_size=cfg["ff"],
        position_embedding_type="rotary", rope_theta=10000.0, max_position_embeddings=MAX_LENGTH,
        layer_norm_eps=1e-5, emb_layer_norm_before=False, token_dropout=False, tie_word_embeddings=True,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, use_cache=False,
        pad_token_id=0, bos_token_id=2, eos_token_id=3, mask_token_id=4,
        training_sequence_length=TRAINED_LENGTH)


def decoder_config(cfg):
    ff = int(cfg["ff"] * 2 / 3 / 16 + 0.5) * 16  # SwiGLU has three matrices: two thirds of the width
    return LlamaConfig(
        architectures=["LlamaForCausalLM"], vocab_size=cfg["V"], hidden_size=cfg["d"],
        num_hidden_layers=cfg["L"], num_attention_heads=cfg["h"], num_key_value_heads=cfg["h"],
        head_dim=cfg["d"] // cfg["h"], intermediate_size=ff, hidden_act="silu", rms_norm_eps=1e-6,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, max_position_embeddings=MAX_LENGTH,
        attention_bias=False, mlp_bias=False, tie_word_embeddings=True, use_cache=False,
        pad_token_id=0, bos_token_id=0, eos_token_id=0,
        lm_head_bias=True, training_sequence_length=TRAINED_LENGTH)


ENCODER_BLOCK = {
    "n1": "attention.LayerNorm", "a.q": "attention.self.query", "a.k": "attention.self.key",
    "a.v": "attention.self.value", "a.o": "attention.output.dense",
    "n2": "LayerNorm", "m.u": "intermediate.dense", "m.dn": "output.dense",
}
DECODER_BLOCK = {
    "n1": "input_layernorm", "a.q": "self_attn.q_proj", "a.k": "self_attn.k_proj",
    "a.v": "self_attn.v_proj", "a.o": "self_attn.o_proj",
    "n2": "post_attention_layernorm", "m.g": "mlp.gate_proj", "m.u": "mlp.up_proj", "m.dn": "mlp.down_proj",
}
ENCODER_OTHER = {
    "emb.weight": "esm.embeddings.word_embeddings.weight", "ob": "lm_head.bias",
    "enc.nf": "esm.encoder.emb_layer_norm_after", "hd": "lm_head.dense", "hn": "lm_head.layer_norm",
}
DECODER_OTHER = {"emb.weight": "model.embed_tokens.weight", "ob": "lm_head.bias", "dec.nf": "model.norm"}


def rename(key, kind):
    """enc.b.3.a.q.weight -> esm.encoder.layer.3.attention.self.query.weight"""
    other, block, layers = ((ENCODER_OTHER, ENCODER_BLOCK, "esm.encoder.layer") if kind == "enc"
                            else (DECODER_OTHER, DECODER_BLOCK, "model.layers"))
    if key in other:
        return other[key]
    module, parameter = key.rsplit(".", 1)
    if module in other:
        return f"{other[module]}.{parameter}"
    _, _, layer, part = module.split(".", 3)
    return f"{layers}.{layer}.{block[part]}.{parameter}"


def convert(checkpoint):
    kind = checkpoint["cfg"]["kind"]
    model = build(encoder_config(checkpoint["cfg"]) if kind == "enc" else decoder_config(checkpoint["cfg"]))
    state = {rename(key, kind): tensor.float() for key, tensor in checkpoint["sd"].items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    # What training has no counterpart for: tied copies, the rotary frequencies, ESM's unused contact head
    allowed = {*model._tied_weights_keys, "esm.rotary_embeddings.inv_freq",
               "esm.contact_head.regression.weight", "esm.contact_head.regression.bias"}
    if unexpected or set(missing) - allowed:
        raise ValueError(f"unexpected {unexpected}, missing {sorted(set(missing) - allowed)}")
    if kind == "enc":
        torch.nn.init.zeros_(model.esm.contact_head.regression.weight)
        torch.nn.init.zeros_(model.esm.contact_head.regression.bias)
    model.tie_weights()
    return model


# -------------------------------------------------------------- tokenizer

def write_tokenizer(path, kind, out):
    tokenizer = Tokenizer.from_file(str(path))
    if kind == "enc":
        special = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    else:
        bos = "<|endoftext|>"
        special = dict(bos_token=bos, eos_token=bos, pad_token=bos)
        tokenizer.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=True),
            processors.TemplateProcessing(single=f"{bos} $A", pair=f"{bos} $A {bos} $B:1",
                                          special_tokens=[(bos, tokenizer.token_to_id(bos))])])
    tokenizer.save(str(out / "tokenizer.json"))
    content = json.loads((out / "tokenizer.json").read_text())
    absent = [k for k in ("model", "decoder", "post_processor", "pre_tokenizer", "normalizer") if k not in content]
    if absent:
        raise ValueError(f"tokenizer.json lacks {absent}")
    write_json(out / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": MAX_LENGTH, "padding_side": "right",
        "clean_up_tokenization_spaces": False, **special})
    write_json(out / "special_tokens_map.json", special)
    return tokenizer


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


# ------------------------------------------------------------------- onnx

def padded_batch(vocab, length, padding, seed=0):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, vocab, (2, length), generator=generator)
    mask = torch.ones_like(ids)
    if padding:
        ids[1, -padding:] = 0
        mask[1, -padding:] = 0
    return ids, mask


def export_onnx(model, path):
    # A forward that returns the logits alone. On the model itself, not in a wrapper module, so that
    # initializers keep the names they have in model.safetensors
    forward = model.forward
    model.forward = lambda input_ids, attention_mask: forward(input_ids=input_ids, attention_mask=attention_mask).logits
    batch, sequence = "batch", "sequence"
    torch.onnx.export(
        model, padded_batch(model.config.vocab_size, 11, 4), str(path),
        input_names=["input_ids", "attention_mask"], output_names=["logits"],
        dynamic_axes={name: {0: batch, 1: sequence} for name in ("input_ids", "attention_mask", "logits")},
        opset_version=OPSET, dynamo=False,
        do_constant_folding=False)  # folding would store the tied embedding a second time, transposed
    model.forward = forward
    graph = onnx.load(path)
    onnx.checker.check_model(graph, full_check=True)
    softmaxes = sum(node.op_type == "Softmax" for node in graph.graph.node)
    if softmaxes != model.config.num_hidden_layers:
        raise ValueError(f"{softmaxes} Softmax nodes for {model.config.num_hidden_layers} layers")


@torch.no_grad()
def check_onnx(model, path):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for length, padding in [(1, 0), (7, 0), (19, 0), (19, 6), (128, 30), (512, 0), (MAX_LENGTH, 0)]:
        ids, mask = padded_batch(model.config.vocab_size, length, padding, seed=length)
        expected = model(input_ids=ids, attention_mask=mask).logits
        logits, = session.run(["logits"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        difference = (torch.from_numpy(logits) - expected).abs().max().item()
        print(f"  onnx - torch, {length} tokens, {padding} padding: {difference:.1e}")
        if not difference <= TOLERANCE:
            raise ValueError(f"{path}: logits differ by {difference}")


# ------------------------------------------------------------------- main

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, type=Path)
    parser.add_argument("--tokenizer", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)

    checkpoint = torch.load(arguments.checkpoint, map_location="cpu", weights_only=True)
    model = convert(checkpoint)
    config = {k: v for k, v in model.config.to_diff_dict().items() if k not in ("_name_or_path",)}
    write_json(arguments.out / "config.json", {"architectures": model.config.architectures, **config})
    tied = set(model._tied_weights_keys)
    save_file({k: v.contiguous() for k, v in model.state_dict().items() if k not in tied},
              arguments.out / "model.safetensors", metadata={"format": "pt"})
    (arguments.out / "model.safetensors").chmod(0o644)
    write_tokenizer(arguments.tokenizer, checkpoint["cfg"]["kind"], arguments.out)

    model = load(arguments.out)  # what is checked is what was written
    parameters = sum(p.numel() for n, p in model.named_parameters() if "contact_head" not in n)
    print(f"{arguments.out}: {type(model).__name__}, {parameters:,} parameters")
    export_onnx(model, arguments.out / "model.onnx")
    check_onnx(model, arguments.out / "model.onnx")


if __name__ == "__main__":
    main()
