"""Load a bundled model folder with Hugging Face transformers, eager attention, eval mode.

The decoder is a LlamaForCausalLM with one extra parameter, a bias on the output head, which stock
`from_pretrained` ignores with a warning. `load` puts it back, so that logits are the model's own.
"""
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, EsmForMaskedLM, LlamaForCausalLM

CLASSES = {"EsmForMaskedLM": EsmForMaskedLM, "LlamaForCausalLM": LlamaForCausalLM}


def build(config):
    """An untrained model for a bundled config.json, with the head bias where the config has one."""
    model = CLASSES[config.architectures[0]]._from_config(config, attn_implementation="eager")
    if getattr(config, "lm_head_bias", False):
        model.lm_head.bias = torch.nn.Parameter(torch.zeros(config.vocab_size))
    return model.eval()


def load(folder):
    folder = Path(folder)
    config = AutoConfig.from_pretrained(folder)
    model = build(config)
    missing, unexpected = model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    tied = set(model._tied_weights_keys)
    if set(missing) - tied or unexpected:
        raise ValueError(f"{folder}: missing {sorted(set(missing) - tied)}, unexpected {unexpected}")
    model.tie_weights()
    return model
