"""Load a bundled model folder with Hugging Face transformers, eager attention, eval mode.

`AutoModel….from_pretrained(folder, attn_implementation="eager")` does the same. This one is strict: every weight must be there
and none left over.
"""
from pathlib import Path

import transformers
from safetensors.torch import load_file
from transformers import AutoConfig


def load(folder):
    folder = Path(folder)
    config = AutoConfig.from_pretrained(folder)
    model = getattr(transformers, config.architectures[0])._from_config(config, attn_implementation="eager").eval()
    missing, unexpected = model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    tied = set(model._tied_weights_keys)
    if set(missing) - tied or unexpected:
        raise ValueError(f"{folder}: missing {sorted(set(missing) - tied)}, unexpected {unexpected}")
    model.tie_weights()
    return model
