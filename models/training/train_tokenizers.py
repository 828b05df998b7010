"""Train the three tokenizers, 8,192 tokens each, on a sample of the corpora and synthetic text.

    python train_tokenizers.py --corpora DIR --out tokenizers

WordPiece lower-cased for the encoder, byte-level BPE for the decoder (the first word of a text gets a space in front, so
that it tokenises like any other), Unigram for the encoder-decoder.
"""
import argparse
import random
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from corpus import documents, limited

VOCABULARY = 8192
SAMPLE = {"story": 1.2e6, "books": 12e6, "modern": 6e6, "docs": 2.5e6, "code": 1.5e6, "synth": 3e6}   # characters
REPEAT = {"story": 3}
UNIGRAM_LINES = 90000
SENTINELS = [f"<extra_id_{i}>" for i in range(16)]


def wordpiece(docs, lines):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(
        vocab_size=VOCABULARY, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], min_frequency=2,
        limit_alphabet=200, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    return tokenizer


def byte_level_bpe(docs, lines):
    end = "<|endoftext|>"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.train_from_iterator(docs, trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[end], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2, show_progress=False))
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single=f"{end} $A", pair=f"{end} $A {end} $B:1",
                                      special_tokens=[(end, tokenizer.token_to_id(end))])])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def unigram(docs, lines):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always"),
        pre_tokenizers.Punctuation("isolated")])
    sample = random.Random(0).sample(lines, min(len(lines), UNIGRAM_LINES))
    tokenizer.train_from_iterator(sample, trainers.UnigramTrainer(
        vocab_size=VOCABULARY, special_tokens=["<pad>", "</s>", "<unk>", *SENTINELS], unk_token="<unk>",
        show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    return tokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--only", choices=["wordpiece", "bpe", "unigram"])
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    docs = []
    for group, characters in SAMPLE.items():
        sample = limited(documents(arguments.corpora, group, "train"), characters)
        docs += ["\n".join(paragraphs) for paragraphs in sample] * REPEAT.get(group, 1)
    lines = [line for document in docs for line in document.split("\n") if line.strip()]
    for name, train in {"wordpiece": wordpiece, "bpe": byte_level_bpe, "unigram": unigram}.items():
        if arguments.only in (None, name):
            tokenizer = train(docs, lines)
            tokenizer.save(str(arguments.out / f"{name}.json"))
            words = {word: len(tokenizer.encode(word, add_special_tokens=False).ids) for word in ("thirsty", "tiger", "because")}
            print(name, tokenizer.get_vocab_size(), "tokens;", words, flush=True)


if __name__ == "__main__":
    main()
