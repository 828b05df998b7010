"""A model of half a billion parameters as onnxruntime-genai's builder exports it for the CPU, in 4 bits; its weights are random.

    python bench/engine/genai.py FOLDER      # needs onnxruntime-genai, torch and transformers
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import tokenizers
import torch
import transformers as hf

# The sizes of Qwen2.5-0.5B.
SHAPE = dict(vocab_size=151936, hidden_size=896, num_hidden_layers=24, num_attention_heads=14, num_key_value_heads=2,
             intermediate_size=4864, max_position_embeddings=2048, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)


def main():
    target = Path(sys.argv[1])
    torch.manual_seed(0)
    model = hf.Qwen2ForCausalLM(hf.Qwen2Config(**SHAPE))
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "source")
        model.save_pretrained(source)
        tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
        hf.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(source)
        command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "-i", source, "-o", target, "-p", "int4",
                   "-e", "cpu", "-c", Path(scratch, "cache")]
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
