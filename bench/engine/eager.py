"""Times a transformer of a given shape in PyTorch with eager attention and its weights; prints JSON.

python eager.py '{"layers": 12, "heads": 12, ...}' 128,512
"""

import json
import sys
import time

import torch
from transformers import BertConfig, BertModel, GPT2Config, GPT2Model

ROUNDS = 4


def model_of(shape):
    """The body of the model; the language head is a plain projection, as in the ONNX file."""
    common = {"vocab_size": shape["vocabulary"], "attn_implementation": "eager"}
    if shape["isCausal"]:
        config = GPT2Config(
            n_embd=shape["width"],
            n_layer=shape["layers"],
            n_head=shape["heads"],
            n_positions=shape["positions"],
            use_cache=False,
            **common,
        )
        return GPT2Model(config)
    config = BertConfig(
        hidden_size=shape["width"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=4 * shape["width"],
        max_position_embeddings=shape["positions"],
        **common,
    )
    return BertModel(config, add_pooling_layer=False)


def least(run):
    """Least processor time in milliseconds, after one run that does not count."""
    run()
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        run()
        times.append(1000 * (time.process_time() - started))
    return min(times)


def main():
    shape = json.loads(sys.argv[1])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    body = model_of(shape).eval()
    head = torch.nn.Linear(shape["width"], shape["vocabulary"], bias=False)
    results = {}
    with torch.inference_mode():
        for length in map(int, sys.argv[2].split(",")):
            ids = torch.tensor([[5 + i * 37 % 20000 for i in range(length)]])

            def run():
                output = body(ids, output_attentions=True)
                assert len(output.attentions) == shape["layers"]
                return head(output.last_hidden_state)

            results[length] = {"eager": least(run)}
    print(json.dumps(results))


main()
