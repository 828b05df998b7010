"""What each model is trained to do: from rows of tokens to a loss. No objective looks at attention."""
import numpy as np
import torch
import torch.nn.functional as F

from architectures import TRAINED_LENGTH
from batches import SHORT_LENGTH
from corpus import GROUPS
from optimizer import linear_cross_entropy

IGNORED = -100


def padded(rows, padding):
    ids = np.full((len(rows), max(map(len, rows))), padding, dtype=np.int64)
    for line, row in zip(ids, rows):
        line[:len(row)] = row
    return ids


class MaskedWords:
    """Fill in masked tokens: 80 % [MASK], 10 % another token, 10 % left as they are."""
    PAD, CLS, SEP, MASK, FIRST = 0, 2, 3, 4, 5

    def __init__(self, model, masked=.2):
        self.model, self.masked = model, masked
        for layer in model.esm.encoder.layer:   # the same function as ESM's, in one pass
            layer.intermediate.forward = lambda x, dense=layer.intermediate.dense: F.gelu(dense(x))

    def batch(self, corpus, random, tokens, short, shares, repeated):
        length = SHORT_LENGTH if short else TRAINED_LENGTH
        rows = corpus.rows(random, tokens // length, length - 2, short, shares, repeated)
        rows = [np.concatenate([[self.CLS], row[row != self.SEP], [self.SEP]]) for row in rows]
        return self.mask(padded(rows, self.PAD), random)

    def mask(self, ids, random):
        chosen = (random.random(ids.shape) < self.masked) & (ids >= self.FIRST)
        kind, given = random.random(ids.shape), ids.copy()
        given[chosen & (kind < .8)] = self.MASK
        other = chosen & (kind >= .8) & (kind < .9)
        given[other] = random.integers(self.FIRST, self.model.config.vocab_size, int(other.sum()))
        real = ids != self.PAD
        return (torch.from_numpy(given), None if real.all() else torch.from_numpy(real.astype(np.int64)),
                torch.from_numpy(np.flatnonzero(chosen)), torch.from_numpy(ids[chosen]))

    def loss(self, batch):
        """(mean loss, number of predictions, number of tokens read)"""
        ids, attention, positions, targets = batch
        hidden = self.model.esm(ids, attention_mask=attention).last_hidden_state
        head = self.model.lm_head
        hidden = head.layer_norm(F.gelu(head.dense(hidden.flatten(0, 1)[positions])))
        return linear_cross_entropy(hidden, head.decoder.weight, head.bias, targets), len(targets), ids.numel()


class NextToken:
    """Continue the text; every row starts with <|endoftext|>."""
    END = 0

    def __init__(self, model):
        self.model = model

    def batch(self, corpus, random, tokens, short, shares, repeated):
        length = SHORT_LENGTH if short else TRAINED_LENGTH
        rows = corpus.rows(random, tokens // length, length, short, shares, repeated)
        ids = padded([np.concatenate([[self.END], row]) for row in rows], IGNORED)
        targets = ids[:, 1:].reshape(-1)
        given = np.where(ids == IGNORED, self.END, ids)[:, :-1]
        return torch.from_numpy(given), torch.from_numpy(targets)

    def loss(self, batch):
        ids, targets = batch
        hidden = self.model.model(ids, use_cache=False).last_hidden_state.flatten(0, 1)
        real = targets != IGNORED
        count = int(real.sum())
        if count < len(targets):
            hidden, targets = hidden[real], targets[real]
        return linear_cross_entropy(hidden, self.model.lm_head.weight, None, targets), count, count


class Restore:
    """Put the words of a sentence back in order, or fill in a word that is masked.

    The source is a sentence in which one or two pairs of neighbouring words were exchanged, or one word was replaced by
    <extra_id_0>; the target is the sentence. Before that, and in every sixth batch, the encoder alone fills in masked tokens of running text: a decoder that can copy teaches it too little.
    """
    PAD, END, UNKNOWN, MASK, FIRST = 0, 1, 2, 3, 19
    GROUPS = {"story": .12, "books": .28, "modern": .10}   # the rest, half, is synthetic
    WORDS, TOKENS = (3, 12), 24
    SENTENCE_TOKENS = 12   # of an average sentence: how many pairs make a batch

    def __init__(self, model, words_alone=400):
        self.model, self.words_alone = model, words_alone
        self.steps, self.pools = 0, {}
        self.synthetic = None   # share of the last batch, where it is not the schedule's

    def tables(self, tokenizer):
        """What the batches need to know of the vocabulary."""
        tokens = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
        self.begins = np.array([token.startswith("▁") for token in tokens])
        self.ends = np.array([token[-1] in ".!?" for token in tokens])

    def sentences(self, corpus, group):
        """Starts and ends of the sentences of a group that are short, end in . ! or ?, and hold no unknown token."""
        if (id(corpus), group) not in self.pools:
            tokens, starts = corpus.tokens[group], corpus.starts[group]
            begin, end = starts[:-1].astype(np.int64), starts[1:].astype(np.int64)
            end = end - (tokens[end - 1] == self.END)
            words = np.concatenate([[0], np.cumsum(self.begins[tokens])])
            unknown = np.concatenate([[0], np.cumsum(tokens == self.UNKNOWN)])
            count = words[end] - words[begin]
            good = ((count >= self.WORDS[0]) & (count <= self.WORDS[1]) & (end - begin < self.TOKENS) & (end > begin)
                    & self.ends[tokens[end - 1]] & (unknown[end] == unknown[begin]))
            self.pools[id(corpus), group] = begin[good], end[good]
        return self.pools[id(corpus), group]

    def corrupt(self, marks, random, ids):
        """The corrupted form of a sentence of tokens `ids`; `marks`, one for each token, are what is moved."""
        words = np.split(marks, np.flatnonzero(self.begins[ids])[1:])
        if random.random() < .15:
            words[int(random.integers(len(words)))] = np.array([self.MASK])
        else:
            places = random.permutation(len(words) - 1)[:int(random.integers(1, 3))]
            for i in places:
                words[i], words[i + 1] = words[i + 1], words[i]
        return np.concatenate(words)

    def batch(self, corpus, random, tokens, short, shares, repeated):
        if corpus is not self.valid:
            self.steps += 1
            if self.steps <= self.words_alone or self.steps % 6 == 0:
                self.synthetic = None
                return self.words(corpus, random, tokens, short, shares, repeated)
        self.synthetic = 1 - sum(self.GROUPS.values())
        names = [*self.GROUPS, "synth"]
        if shares.max() == 1:          # validation asks for one group at a time
            names = [GROUPS[int(shares.argmax())]]
        natural = list(self.GROUPS.values())
        chances = [1.0] if len(names) == 1 else [*natural, 1 - sum(natural)]
        sources, targets = [], []
        for choice in random.choice(len(names), tokens // (2 * self.SENTENCE_TOKENS), p=chances):
            begin, end = self.sentences(corpus, names[choice])
            i = int(random.integers(len(begin)))
            ids = corpus.tokens[names[choice]][begin[i]:end[i]].astype(np.int64)
            targets.append(np.concatenate([ids, [self.END]]))
            sources.append(np.concatenate([self.corrupt(ids, random, ids), [self.END]]))
        return self.pair(sources, targets)

    def pair(self, sources, targets):
        given, wanted = padded(sources, self.PAD), padded(targets, IGNORED)
        before = np.full_like(wanted, self.PAD)
        before[:, 1:] = np.where(wanted == IGNORED, self.PAD, wanted)[:, :-1]
        return (torch.from_numpy(given), torch.from_numpy((given != self.PAD).astype(np.int64)),
                torch.from_numpy(before), torch.from_numpy(wanted.reshape(-1)))

    def words(self, corpus, random, tokens, short, shares, repeated):
        length = SHORT_LENGTH if short else TRAINED_LENGTH
        rows = corpus.rows(random, tokens // length, length - 1, short, shares, repeated)
        ids = padded([np.concatenate([row[row != self.END], [self.END]]) for row in rows], self.PAD)
        chosen = (random.random(ids.shape) < .2) & (ids >= self.FIRST)
        given = np.where(chosen & (random.random(ids.shape) < .9), self.MASK, ids)
        return (torch.from_numpy(given), torch.from_numpy((ids != self.PAD).astype(np.int64)), None,
                torch.from_numpy(np.where(chosen, ids, IGNORED).reshape(-1)))

    def loss(self, batch):
        ids, attention, before, targets = batch
        hidden = self.model.encoder(ids, attention_mask=attention).last_hidden_state
        if before is not None:
            hidden = self.model.decoder(before, encoder_hidden_states=hidden, encoder_attention_mask=attention,
                                        use_cache=False).last_hidden_state
        real = targets != IGNORED
        hidden = hidden.flatten(0, 1)[real] * self.model.config.d_model ** -.5   # as T5 scales it
        read = int(attention.sum()) + (int(real.sum()) if before is not None else 0)
        return linear_cross_entropy(hidden, self.model.shared.weight, None, targets[real]), int(real.sum()), read


OBJECTIVES = {"encoder": MaskedWords, "decoder": NextToken, "encoder-decoder": Restore}
