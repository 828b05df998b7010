"""Turn a training checkpoint and its tokenizer into a model folder in Hugging Face layout, with ONNX.

    python export.py --checkpoint runs/encoder/checkpoint.pt --tokenizer tokenizers/wordpiece.json --out ../encoder
    python export.py --checkpoint runs/encoder-decoder/checkpoint.pt --tokenizer tokenizers/unigram.json \\
                     --out ../encoder-decoder --half

Writes config.json, model.safetensors, tokenizer.json, tokenizer_config.json, special_tokens_map.json,
generation_config.json where the model generates, and model.onnx, or encoder_model.onnx and decoder_model.onnx. Fails if
ONNX and PyTorch disagree by more than 1e-4 in logits or attention. With --half all weights are rounded to 16 bits, and
the ONNX files store them so and compute in 32 bits: half the size, and still the same model as model.safetensors.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from tokenizers import Tokenizer

from architectures import MAX_LENGTH, build
from load import load

OPSET = 17
TOLERANCE = 1e-4
HALF_FROM = 256   # smaller tensors stay in 32 bits
SPECIAL = {
    "encoder": dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]"),
    "decoder": dict(bos_token="<|endoftext|>", eos_token="<|endoftext|>", pad_token="<|endoftext|>"),
    "encoder-decoder": dict(pad_token="<pad>", eos_token="</s>", unk_token="<unk>", mask_token="<extra_id_0>"),
}


# ----------------------------------------------------------------- folder

def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@torch.no_grad()
def round_to_half(model):
    for parameter in model.parameters():
        if parameter.numel() > HALF_FROM:
            parameter.copy_(parameter.half())


def write_model(checkpoint, out, half):
    model = build(checkpoint["kind"]).eval()
    model.load_state_dict(checkpoint["model"])
    if half:
        round_to_half(model)
    config = {k: v for k, v in model.config.to_diff_dict().items() if k != "_name_or_path"}
    if half:
        config["dtype"] = "float32"   # what transformers computes in, whatever the file holds
    write_json(out / "config.json", {"architectures": model.config.architectures, **config})
    if checkpoint["kind"] != "encoder":
        generation = {k: config.get(k, getattr(model.config, k, None))
                      for k in ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")}
        write_json(out / "generation_config.json", {k: v for k, v in generation.items() if v is not None})
    tied = set(model._tied_weights_keys)
    stored = lambda v: v.half() if half and v.numel() > HALF_FROM else v
    save_file({k: stored(v).contiguous() for k, v in model.state_dict().items() if k not in tied},
              out / "model.safetensors", metadata={"format": "pt"})
    (out / "model.safetensors").chmod(0o644)


def write_tokenizer(path, kind, out):
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.save(str(out / "tokenizer.json"))
    write_json(out / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": MAX_LENGTH, "padding_side": "right",
        "clean_up_tokenization_spaces": False,
        # transformers 4 takes the setting and not what tokenizer.json says.
        **({"add_prefix_space": True} if kind == "decoder" else {}), **SPECIAL[kind]})
    write_json(out / "special_tokens_map.json", SPECIAL[kind])


# ------------------------------------------------------------------- onnx

def padded_batch(vocab, length, padding, seed=0, pad=0):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(20, vocab, (2, length), generator=generator)
    mask = torch.ones_like(ids)
    if padding:
        ids[1, -padding:] = pad
        mask[1, -padding:] = 0
    return ids, mask


def graph_of(module, forward, inputs, output, path, axes):
    """Export `forward` in place of the module's own, so that initializers keep the names of model.safetensors."""
    original = module.forward
    module.forward = forward(original)
    torch.onnx.export(
        module, tuple(inputs.values()), str(path), input_names=list(inputs), output_names=[output],
        dynamic_axes={name: {0: "batch", 1: axes[name]} for name in (*inputs, output)}, opset_version=OPSET,
        dynamo=False, do_constant_folding=False)  # folding would store the tied embedding a second time, transposed
    module.forward = original
    onnx.checker.check_model(onnx.load(path), full_check=True)


def count_softmaxes(path, expected):
    found = sum(node.op_type == "Softmax" for node in onnx.load(path).graph.node)
    if found != expected:
        raise ValueError(f"{path}: {found} Softmax nodes for {expected} attentions")


def export_single(model, out):
    ids, mask = padded_batch(model.config.vocab_size, 11, 4)
    graph_of(model, lambda f: lambda input_ids, attention_mask: f(input_ids=input_ids, attention_mask=attention_mask).logits,
             {"input_ids": ids, "attention_mask": mask}, "logits", out / "model.onnx",
             dict.fromkeys(("input_ids", "attention_mask", "logits"), "sequence"))
    count_softmaxes(out / "model.onnx", model.config.num_hidden_layers)
    return [out / "model.onnx"]


def export_pair(model, out):
    """encoder_model.onnx and decoder_model.onnx, inputs and outputs named as Optimum names them."""
    config = model.config
    ids, mask = padded_batch(config.vocab_size, 11, 4)
    encoder, decoder = out / "encoder_model.onnx", out / "decoder_model.onnx"
    memory = model.encoder(ids, attention_mask=mask).last_hidden_state.detach()
    full = model.forward

    def encode(f):
        return lambda input_ids, attention_mask: model.encoder(input_ids, attention_mask=attention_mask).last_hidden_state

    def decode(f):
        return lambda encoder_attention_mask, input_ids, encoder_hidden_states: full(
            attention_mask=encoder_attention_mask, decoder_input_ids=input_ids, encoder_outputs=(encoder_hidden_states,),
            use_cache=False).logits
    graph_of(model, encode, {"input_ids": ids, "attention_mask": mask}, "last_hidden_state", encoder,
             dict.fromkeys(("input_ids", "attention_mask", "last_hidden_state"), "encoder_sequence"))
    graph_of(model, decode, {"encoder_attention_mask": mask, "input_ids": ids[:, :7], "encoder_hidden_states": memory},
             "logits", decoder, {"encoder_attention_mask": "encoder_sequence", "encoder_hidden_states": "encoder_sequence",
                                 "input_ids": "decoder_sequence", "logits": "decoder_sequence"})
    count_softmaxes(encoder, config.num_layers)
    count_softmaxes(decoder, 2 * config.num_decoder_layers)
    return [encoder, decoder]


def store_half(path):
    """Large initializers as float16 with a Cast behind each: half the file, the same arithmetic."""
    model = onnx.load(path)
    initializers, casts = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) > HALF_FROM:
            half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name + ".half")
            casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT, name=f"{tensor.name}/Cast"))
            tensor = half
        initializers.append(tensor)
    nodes = list(model.graph.node)
    for field, values in ((model.graph.initializer, initializers), (model.graph.node, casts + nodes)):
        del field[:]
        field.extend(values)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def with_weights(path):
    """The graph with the softmax outputs as further outputs: (bytes, their names)."""
    model = onnx.load(path)
    names = [node.output[0] for node in model.graph.node if node.op_type == "Softmax"]
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    return model.SerializeToString(), names


def run(path, feeds):
    """(first output, list of attentions)"""
    graph, names = with_weights(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    output, *weights = session.run([session.get_outputs()[0].name, *names], {k: v.numpy() for k, v in feeds.items()})
    return output, weights


@torch.no_grad()
def check(model, paths):
    config = model.config
    worst_logits = worst_attention = 0.0
    cases = [(1, 0), (7, 0), (19, 0), (19, 6), (128, 30)] + ([] if len(paths) == 2 else [(512, 0), (MAX_LENGTH, 0)])
    for length, padding in cases:
        ids, mask = padded_batch(config.vocab_size, length, padding, seed=length, pad=config.pad_token_id)
        real = mask.bool()
        if len(paths) == 1:
            expected = model(input_ids=ids, attention_mask=mask, output_attentions=True)
            logits, weights = run(paths[0], {"input_ids": ids, "attention_mask": mask})
            attentions = expected.attentions
        else:
            target = ids.flip(1)[:, :max(1, length // 2)].contiguous()
            expected = model(input_ids=ids, attention_mask=mask, decoder_input_ids=target, output_attentions=True, use_cache=False)
            memory, weights = run(paths[0], {"input_ids": ids, "attention_mask": mask})
            logits, more = run(paths[1], {"encoder_attention_mask": mask, "input_ids": target,
                                          "encoder_hidden_states": torch.from_numpy(memory)})
            weights += more
            attentions = [*expected.encoder_attentions,
                          *(a for pair in zip(expected.decoder_attentions, expected.cross_attentions) for a in pair)]
            real = torch.ones(logits.shape[:2], dtype=torch.bool)
        difference = (torch.from_numpy(logits) - expected.logits)[real].abs().max().item()
        attention = max(np.abs(a.numpy() - b).max().item() for a, b in zip(attentions, weights, strict=True))
        print(f"  onnx - torch, {length} tokens, {padding} padding: logits {difference:.1e}, attention {attention:.1e}")
        worst_logits, worst_attention = max(worst_logits, difference), max(worst_attention, attention)
    if not max(worst_logits, worst_attention) <= TOLERANCE:
        raise ValueError(f"logits differ by {worst_logits}, attention by {worst_attention}")


# ------------------------------------------------------------------- main

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, type=Path)
    parser.add_argument("--tokenizer", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--half", action="store_true")
    arguments = parser.parse_args()
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)

    checkpoint = torch.load(arguments.checkpoint, map_location="cpu", weights_only=False)
    write_model(checkpoint, out, arguments.half)
    write_tokenizer(arguments.tokenizer, checkpoint["kind"], out)
    model = load(out)  # what is checked is what was written
    parameters = sum(p.numel() for n, p in model.named_parameters() if "contact_head" not in n)
    print(f"{out}: {type(model).__name__}, {parameters:,} parameters, step {checkpoint['step']}, {checkpoint['tokens']:,} "
          f"tokens ({checkpoint['synthetic_tokens'] / checkpoint['tokens']:.0%} synthetic), {checkpoint['seconds']:.0f} s")
    paths = export_pair(model, out) if checkpoint["kind"] == "encoder-decoder" else export_single(model, out)
    if arguments.half:
        for path in paths:
            store_half(path)
    check(model, paths)
    for path in paths:
        print(f"  {path.name} {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
