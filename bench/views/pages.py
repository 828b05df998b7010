"""Make BertViz's pages of the benchmark's data: model view of 128 tokens, head view of 256, 12 layers of 12 heads.

    pip install bertviz==1.4.1
    python bench/views/pages.py /tmp/bertviz
"""
import sys
from pathlib import Path

import numpy
import torch
from bertviz import head_view, model_view

LAYERS = HEADS = 12


def noise(number):
    """As madeAttention.ts has it."""
    value = (number * 2654435761) & 0xFFFFFFFF
    value = ((value ^ (value >> 15)) * 2246822519) & 0xFFFFFFFF
    return (value ^ (value >> 13)) / 2 ** 32


def weights(head, n):
    """Softmax under a causal mask of one of four patterns, [n, n]."""
    query, key = numpy.indices((n, n), dtype=numpy.uint64)
    scores = 6 * noise((head * n + query) * n + key)
    query, key = query.astype(float), key.astype(float)
    if head % 4 == 0:
        scores += 6 * (key == 0)
    elif head % 4 == 1:
        scores += 6 * (key == query - 1)
    elif head % 4 == 2:
        scores -= (query - key) / 4
    exponentials = numpy.where(key <= query, numpy.exp(numpy.where(key <= query, scores, 0)), 0)
    return exponentials / exponentials.sum(1, keepdims=True)


def write(folder, name, view, n):
    layers = [
        torch.tensor(numpy.stack([weights(layer * HEADS + head, n) for head in range(HEADS)])[None], dtype=torch.float32)
        for layer in range(LAYERS)
    ]
    page = view(attention=layers, tokens=[f"word{i}" for i in range(n)], html_action="return").data
    file = folder / f"{name}.html"
    file.write_text(f'<!doctype html><meta charset="utf-8"><title>{name}</title>{page}', encoding="utf-8")
    print(file, f"{file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    write(target, "model-128", model_view, 128)
    write(target, "head-256", head_view, 256)
