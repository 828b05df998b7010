"""Text in, token arrays out.

    python corpus.py --corpora DIR --tokenizer bpe.json --out data/decoder

DIR holds <group>.<train|valid>.txt or .txt.xz: one paragraph per line, a blank line between documents. What each group
is, and its licence: ../DATA.md. Written per group and split: <group>.<split>.npy, all tokens (uint16), and
<group>.<split>.starts.npy, where each sentence starts (int32); and a copy of the tokenizer.
"""
import argparse
import lzma
import random
import re
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from synth import Generator

GROUPS = ["story", "books", "modern", "docs", "code", "synth"]
LIMITS = {"books": 40e6}   # characters of the training text; the other groups are read whole
SYNTHETIC = {"train": (1234, 60000), "valid": (99, 800)}   # seed, documents
VALID_LIMIT = 4e5
BREAK = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(\[]?[A-Z])")
ABBREVIATION = re.compile(r"\b(Mr|Mrs|Ms|Dr|St|Jr|Sr|Prof|vs|No|Mt)\.\s+$")


def documents(folder, group, split):
    """Documents of a group in a fixed random order; a document is a list of paragraphs."""
    if group == "synth":
        seed, count = SYNTHETIC[split]
        generator = Generator(seed)
        return [[generator.document()] for _ in range(count)]
    path = Path(folder) / f"{group}.{split}.txt"
    text = path.read_text() if path.exists() else lzma.open(f"{path}.xz", "rt").read()
    result = [document.split("\n") for document in text.split("\n\n") if document.strip()]
    random.Random(0).shuffle(result)
    return result


def limited(docs, characters):
    for document in docs:
        characters -= sum(map(len, document))
        if characters < 0:
            return
        yield document


def sentences(paragraph):
    start, result = 0, []
    for match in BREAK.finditer(paragraph):
        if match.end() - start >= 15 and not ABBREVIATION.search(paragraph[start:match.end()]):
            result.append(paragraph[start:match.end()].strip())
            start = match.end()
    return [s for s in [*result, paragraph[start:].strip()] if s]


def tokenized(docs, group, tokenizer, end_of_document, newline):
    """(all tokens, starts of sentences). Code is cut at its lines; a newline token, where there is one, ends paragraphs."""
    pieces, endings = [], []
    for document in docs:
        for paragraph in document:
            parts = [paragraph] if group == "code" else sentences(paragraph)
            pieces += parts
            endings += [[]] * (len(parts) - 1) + [[newline] if newline is not None else []] if parts else []
        if endings:
            endings[-1] = endings[-1] + [end_of_document]
    tokens, starts, position = [], [], 0
    for first in range(0, len(pieces), 20000):
        batch = tokenizer.encode_batch(pieces[first:first + 20000], add_special_tokens=False)
        for encoding, ending in zip(batch, endings[first:first + 20000]):
            ids = encoding.ids + ending
            starts.append(position)
            tokens.append(np.array(ids, dtype=np.uint16))
            position += len(ids)
    return np.concatenate(tokens), np.array(starts, dtype=np.int32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", required=True, type=Path)
    parser.add_argument("--tokenizer", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    tokenizer.save(str(arguments.out / "tokenizer.json"))
    ends = [tokenizer.token_to_id(token) for token in ("[SEP]", "<|endoftext|>", "</s>")]
    end_of_document = next(token for token in ends if token is not None)
    newline = tokenizer.token_to_id("Ċ")   # byte-level vocabularies have one
    for split in ("train", "valid"):
        for group in GROUPS:
            limit = VALID_LIMIT if split == "valid" else LIMITS.get(group, float("inf"))
            docs = limited(documents(arguments.corpora, group, split), limit)
            tokens, starts = tokenized(docs, group, tokenizer, end_of_document, newline)
            np.save(arguments.out / f"{group}.{split}.npy", tokens)
            np.save(arguments.out / f"{group}.{split}.starts.npy", starts)
            print(f"{split} {group}: {len(tokens):,} tokens, {len(starts):,} sentences", flush=True)


if __name__ == "__main__":
    main()
