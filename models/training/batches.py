"""Rows of tokens drawn from the corpora, with the share of synthetic text and of repetition the schedule asks for."""
from pathlib import Path

import numpy as np

from corpus import GROUPS

# What is not synthetic is drawn from the groups in these shares
NATURAL = {"story": .09, "books": .42, "modern": .30, "docs": .12, "code": .07}
SHORT_BATCHES, SHORT_LENGTH = .3, 48   # this share of the batches: rows of one to three whole sentences


class Corpus:
    def __init__(self, folder, split):
        self.tokens = {g: np.load(Path(folder) / f"{g}.{split}.npy", mmap_mode="r") for g in GROUPS}
        self.starts = {g: np.load(Path(folder) / f"{g}.{split}.starts.npy") for g in GROUPS}

    def shares(self, synthetic):
        return np.array([NATURAL[g] * (1 - synthetic) if g in NATURAL else synthetic for g in GROUPS])

    def rows(self, random, count, length, short, shares, repeated):
        """`count` arrays of at most `length` tokens."""
        result = []
        for group in random.choice(len(GROUPS), count, p=shares):
            if random.random() < repeated:
                result.append(self.repeated_row(random, length))
                continue
            tokens, starts = self.tokens[GROUPS[group]], self.starts[GROUPS[group]]
            sentence = int(random.integers(0, len(starts) - 4))
            start, end = int(starts[sentence]), int(starts[sentence]) + length
            if short:
                last = sentence + (1 if GROUPS[group] == "synth" else int(random.integers(1, 4)))
                while last > sentence + 1 and starts[last] - start > length:
                    last -= 1
                end = min(end, int(starts[last]))
            result.append(tokens[start:end].astype(np.int64))
        return result

    def repeated_row(self, random, length):
        """A block that occurs again and again: a stretch of text, or tokens in random order (as frequent as in text:
        evenly drawn ones would be rare tokens whose embeddings know nothing)."""
        tokens = self.tokens[GROUPS[int(random.choice(len(GROUPS), p=self.shares(0)))]]
        size = int(random.integers(4, (length - 2) // 2))
        if random.random() < .5:
            start = int(random.integers(0, len(tokens) - size))
            block = tokens[start:start + size]
        else:
            block = tokens[random.integers(0, len(tokens), size)]
        before = tokens[random.integers(0, len(tokens), int(random.integers(0, 6)))]
        return np.concatenate([before, np.tile(block, length // size + 1)])[:length].astype(np.int64)
