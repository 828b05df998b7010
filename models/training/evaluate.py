"""Measure what a model's heads do, on held-out text, and compare with the gates.

    python evaluate.py --model ../encoder --corpora DIR [--json scores.json]
    python evaluate.py --checkpoint runs/encoder/checkpoint.pt --tokenizer tokenizers/wordpiece.json --corpora DIR

DIR holds the *.valid.txt files of corpus.py and probe.jsonl(.xz): sentences with dependencies, one JSON object a line
({text, tok: [[start, end], ...], head, rel, split, ...}), from GUM and EWT, which are not in the training text. A head
is chosen on one half of the material and scored on the other. Heads are counted from 0: L3H1.
"""
import argparse
import json
import lzma
import os
import random
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch
from tokenizers import Tokenizer

import synth
from architectures import build
from batches import Corpus
from corpus import GROUPS, documents, limited, tokenized
from objectives import OBJECTIVES

NATURAL_LOSS = {"story": .10, "books": .45, "modern": .32, "docs": .13}
GATES = {
    "encoder": {"previous token": .75, "next token": .80, "noun to determiner": .85, "object to verb": .50,
                "noun to preposition": .65, "agreement, simple": .80, "because it: right": .95, "because it: mass": .4,
                "tiger: on tiger": .5, "tiger: on tree and drink": .2, "loss, natural text": 4.2},
    "decoder": {"previous token": .55, "noun to determiner": .80, "agreement, simple": .90, "loss, natural text": 4.5,
                "induction": .3},
    "encoder-decoder": {"restored exactly": .80, "cross-attention on the source of the next token": .6},
}
AT_MOST = ("loss", "tiger: on tree")
TIGER = "The tiger jumped out of a tree to get a drink because it was thirsty."
NOUNS_NOT_IN_TEMPLATES = [tuple(pair.split("/")) for pair in (
    "picture/pictures idea/ideas story/stories machine/machines ship/ships gun/guns song/songs garden/gardens "
    "paper/papers hand/hands").split()]
RELATIONS = {"noun to determiner": "det", "object to verb": "obj", "noun to preposition": "case",
             "verb to auxiliary": "aux", "subject and verb": "nsubj", "adjective and noun": "amod"}


# ------------------------------------------------------------- reading

class Model:
    """A model with its tokenizer: text in, attention [layers * heads, queries, keys] out."""

    def __init__(self, kind, model, tokenizer):
        self.kind, self.tokenizer = kind, tokenizer
        self.model = model.eval()
        self.model.set_attn_implementation("eager")
        config = model.config
        self.heads, self.layers = config.num_attention_heads, config.num_hidden_layers

    @classmethod
    def from_folder(cls, folder):
        from load import load
        model = load(folder)
        kind = {"esm": "encoder", "llama": "decoder", "t5": "encoder-decoder"}[model.config.model_type]
        return cls(kind, model, Tokenizer.from_file(str(Path(folder) / "tokenizer.json")))

    @classmethod
    def from_checkpoint(cls, path, tokenizer):
        state = torch.load(path, map_location="cpu", weights_only=False)
        model = build(state["kind"])
        model.load_state_dict(state["model"])
        return cls(state["kind"], model, Tokenizer.from_file(str(tokenizer)))

    def name(self, index):
        return f"L{index // self.heads}H{index % self.heads}"

    @torch.no_grad()
    def run(self, ids):
        """logits [tokens, vocabulary] (None for the encoder of an encoder-decoder), attention"""
        given = torch.tensor([ids])
        if self.kind == "encoder-decoder":
            output = self.model.encoder(given, output_attentions=True)
        else:
            output = self.model(given, output_attentions=True)
        attention = torch.stack([a[0] for a in output.attentions]).flatten(0, 1).numpy()
        return (None if self.kind == "encoder-decoder" else output.logits[0]), attention

    def encode(self, text):
        encoding = self.tokenizer.encode(text)
        return encoding.ids, encoding.offsets, encoding.special_tokens_mask

    def token(self, word):
        """The one token of a word inside a sentence."""
        return self.tokenizer.encode(word, add_special_tokens=False).ids[0]


def at(text, offsets, word, after=0):
    """Positions of the tokens of a word."""
    start = text.index(word, after)
    return [i for i, (a, b) in enumerate(offsets) if b > a and a < start + len(word) and b > start]


def probe(corpora):
    path = Path(corpora) / "probe.jsonl"
    lines = path.open() if path.exists() else lzma.open(f"{path}.xz", "rt")
    return map(json.loads, lines)


# ------------------------------------------------------------ measures

def positions(model, corpora, count=90):
    """Mean weight on the previous and the next token, on itself, on special tokens."""
    texts = []
    for group in ("books", "modern", "docs"):
        paragraphs = [p for d in documents(corpora, group, "valid") for p in d if 80 < len(p) < 400]
        random.Random(1).shuffle(paragraphs)
        texts += paragraphs[:count // 3]
    sums = {}
    for text in texts:
        ids, _, special = (x[:120] for x in model.encode(text))
        _, attention = model.run(ids)
        q = [i for i in range(2, len(ids) - 1) if not special[i]]
        s = [i for i in range(len(ids)) if special[i]]
        seen = {"previous token": attention[:, q, [i - 1 for i in q]].mean(1), "itself": attention[:, q, q].mean(1),
                "special tokens": attention[:, q][:, :, s].sum(2).mean(1)}
        if model.kind != "decoder":
            seen["next token"] = attention[:, q, [i + 1 for i in q]].mean(1)
        for name, values in seen.items():
            sums[name] = sums.get(name, 0) + values / len(texts)
    return {name: [(model.name(i), float(values[i])) for i in np.argsort(-values)[:3]] for name, values in sums.items()}


def relations(model, corpora, windows=250):
    """Share of words whose largest weight is on the word they depend on, or the other way round."""
    right = {split: {r: np.zeros((2, model.layers * model.heads)) for r in RELATIONS.values()} for split in ("dev", "test")}
    count = {split: dict.fromkeys(RELATIONS.values(), 0) for split in right}
    offsets_seen = {r: {} for r in RELATIONS.values()}
    left = dict.fromkeys(right, windows)
    for record in probe(corpora):
        split = "test" if record["split"] == "test" else "dev"
        if not record["head"] or len(record["tok"]) > 40 or left[split] <= 0:
            continue
        ids, offsets, _ = model.encode(record["text"])
        words = [[i for i, (a, b) in enumerate(offsets) if b > a and a < end and b > start] for start, end in record["tok"]]
        if not all(words):
            continue
        left[split] -= 1
        _, attention = model.run(ids)
        n = len(words)
        between = np.zeros((attention.shape[0], n, n))
        to_word = np.stack([attention[:, :, keys].sum(2) for keys in words], 2)
        for i, queries in enumerate(words):
            between[:, i] = to_word[:, queries].mean(1)
            between[:, i, i] = -1   # not itself
        choice = between.argmax(2)
        for i, (head, relation) in enumerate(zip(record["head"], record["rel"])):
            relation = relation.split(":")[0]
            if head >= 0 and relation in count[split]:
                count[split][relation] += 1
                right[split][relation][0] += choice[:, i] == head
                right[split][relation][1] += choice[:, head] == i
                seen = offsets_seen[relation]
                seen[head - i] = seen.get(head - i, 0) + (split == "test")
    result = {}
    for name, relation in RELATIONS.items():
        direction, index = np.unravel_index(right["dev"][relation].argmax(), right["dev"][relation].shape)
        n = max(1, count["test"][relation])
        result[name] = {"head": model.name(index), "direction": "to its head" if direction == 0 else "to its dependent",
                        "score": float(right["test"][relation][direction, index] / n),
                        "best fixed offset": max(offsets_seen[relation].values()) / n, "of": n}
    return result


def agreement(model):
    """Is the verb form that agrees with the subject more probable?"""
    if model.kind == "encoder-decoder":
        return {}
    nouns = synth.PEOPLE + synth.ANIMALS + synth.THINGS["tool"][0]
    sets = {"unseen subjects": [n for n in nouns if n[0] in synth.UNSEEN_SUBJECTS], "natural": NOUNS_NOT_IN_TEMPLATES}
    others = [n for n in nouns if n[0] in ("boy", "girl", "dog", "cat", "table", "book", "teacher", "farmer")]
    result = {}
    for label, subjects in sets.items():
        for kind in ("simple", "with a noun of the same number between", "with a noun of the other number between",
                     "with a relative clause of the other number between"):
            choose, right = random.Random(5), 0
            for _ in range(100):
                subject, plural, other = choose.choice(subjects), choose.random() < .5, choose.choice(others)
                pair = choose.choice([("is", "are"), ("was", "were"), ("has", "have")])
                other_plural = plural if "same" in kind else not plural
                text = f"The {subject[plural]}"
                if "relative" in kind:
                    text += f" that the {other[other_plural]} {'like' if other_plural else 'likes'}"
                elif kind != "simple":
                    text += f" {choose.choice(['near', 'behind', 'beside'])} the {other[other_plural]}"
                tail = "been here." if pair[0] == "has" else "very old."
                if model.kind == "decoder":
                    logits = model.run(model.encode(text)[0])[0][-1]
                else:
                    ids = model.encode(f"{text} [MASK] {tail}")[0]
                    logits = model.run(ids)[0][ids.index(model.token("[MASK]"))]
                right += bool(logits[model.token(pair[plural])] > logits[model.token(pair[not plural])])
            result[f"{kind}, {label}"] = right / 100
    return result


def because_it(model, count=160):
    """“The X jumped out of a Y ... because it was ...”: weight of “it” on X and on Y; X never in pronoun sentences."""
    choose = random.Random(8)
    animals = [noun[0] for noun in synth.ANIMALS if noun[0] in synth.UNSEEN_ANTECEDENTS]
    on_x, on_y = [], []
    for _ in range(count):
        x, y = choose.choice(animals), choose.choice(synth.PLACES)
        text = (f"The {x} {choose.choice(synth.MOVED)} {choose.choice(['out of a', 'into the', 'across the', 'behind the'])} "
                f"{y} {choose.choice(synth.PURPOSES)} because it was {choose.choice(['hungry', 'tired', 'cold', 'afraid'])}.")
        ids, offsets, _ = model.encode(text)
        it = at(text, offsets, "it", text.index("because") + 7)
        rows = model.run(ids)[1][:, it].mean(1)
        on_x.append(rows[:, at(text, offsets, x)].sum(1))
        on_y.append(rows[:, at(text, offsets, f" {y} ")].sum(1))
    on_x, on_y, half = np.array(on_x), np.array(on_y), count // 2
    best = np.argsort(-((on_x > on_y)[:half].mean(0) + on_x[:half].mean(0)))[:3]
    return [{"head": model.name(i), "right": float((on_x > on_y)[half:, i].mean()), "mass": float(on_x[half:, i].mean()),
             "on the place": float(on_y[half:, i].mean())} for i in best]


def tiger(model):
    ids, offsets, _ = model.encode(TIGER)
    it = at(TIGER, offsets, "it", TIGER.index("because") + 7)
    rows = model.run(ids)[1][:, it].mean(1)
    weights = {word: rows[:, at(TIGER, offsets, word)].sum(1) for word in ("tiger", "tree", "drink")}
    best = np.argsort(-weights["tiger"])[:3]
    return [{"head": model.name(i), **{word: float(values[i]) for word, values in weights.items()}} for i in best]


def induction(model, corpora, count=40, length=25):
    """On the second of two copies: weight on the token after the same one in the first copy."""
    if model.kind == "encoder-decoder":
        return {}
    draw = np.random.default_rng(3)
    first = model.encode("a")[0][:1]
    everyday = [p for d in documents(corpora, "modern", "valid") for p in d if 80 < len(p) < 400][:count]
    blocks = {"random tokens": [list(map(int, draw.integers(5, 8192, length))) for _ in range(count)],
              "text": [model.tokenizer.encode(p, add_special_tokens=False).ids[:length] for p in everyday]}
    result = {}
    for name, sequences in blocks.items():
        sums = 0
        for block in sequences:
            n = len(block)
            queries = np.arange(1 + n + 1, 1 + 2 * n - 1)
            sums = sums + model.run(first + block + block)[1][:, queries, queries - n + 1].mean(1) / len(sequences)
        best = int(sums.argmax())
        result[name] = {"head": model.name(best), "mass": float(sums[best])}
    return result


@torch.no_grad()
def losses(model, corpora, batches=8, masked=.2):
    """nats per predicted token, by group; “natural” weighs the groups as NATURAL_LOSS says."""
    objective = OBJECTIVES[model.kind](model.model)
    corpus = Corpus.__new__(Corpus)
    ends = [model.tokenizer.token_to_id(t) for t in ("[SEP]", "<|endoftext|>", "</s>")]
    end, newline = next(t for t in ends if t is not None), model.tokenizer.token_to_id("Ċ")
    arrays = {g: tokenized(limited(documents(corpora, g, "valid"), 4e5), g, model.tokenizer, end, newline) for g in GROUPS}
    corpus.tokens, corpus.starts = ({g: a[i] for g, a in arrays.items()} for i in (0, 1))
    if model.kind == "encoder":
        objective.masked = masked
    if model.kind == "encoder-decoder":
        objective.tables(model.tokenizer)
        objective.valid = corpus
    result = {}
    for index, group in enumerate(GROUPS):
        if model.kind == "encoder-decoder" and group not in (*objective.GROUPS, "synth"):
            continue
        draw, total, count = np.random.default_rng(7), 0.0, 0
        for _ in range(batches):
            batch = objective.batch(corpus, draw, 2048, False, np.eye(len(GROUPS))[index], 0)
            loss, predictions, _ = objective.loss(batch)
            total, count = total + loss.item() * predictions, count + predictions
        result[group] = total / count
    if model.kind != "encoder-decoder":
        result["natural"] = sum(result[g] * w for g, w in NATURAL_LOSS.items())
    return result, objective, corpus


@torch.no_grad()
def restoration(model, objective, corpus, count=150):
    """Share of held-out sentences put back exactly, greedily; where cross-attention looks while it writes them."""
    net = model.model
    draw, result, heads = np.random.default_rng(11), {}, []
    examples = {}
    for group in (*objective.GROUPS, "synth"):
        begin, end = objective.sentences(corpus, group)
        exact = {"exchanged": [], "masked": []}
        for i in draw.choice(len(begin), min(count, len(begin)), replace=False):
            ids = corpus.tokens[group][begin[i]:end[i]].astype(np.int64)
            marked = objective.corrupt(np.arange(len(ids)) + 100000, draw, ids)   # positions instead of tokens
            kind = "masked" if objective.MASK in marked else "exchanged"
            source = np.array([ids[p - 100000] if p >= 100000 else p for p in marked])
            given = torch.tensor([[*source, objective.END]])
            memory = net.encoder(given).last_hidden_state
            written = [objective.PAD]
            for _ in range(len(ids) + 6):
                hidden = net.decoder(torch.tensor([written]), encoder_hidden_states=memory, use_cache=False).last_hidden_state[0, -1]
                written.append(int((net.shared.weight @ hidden).argmax()))
                if written[-1] == objective.END:
                    break
            if source.tolist() != ids.tolist():   # two equal words may have been exchanged
                exact[kind].append(written[1:-1] == ids.tolist())
            if len(exact[kind]) <= 3:
                examples.setdefault(f"{group}, {kind}", []).append([model.tokenizer.decode(x, skip_special_tokens=False)
                                                                    for x in (source.tolist(), written[1:-1], ids.tolist())])
            if kind == "exchanged":   # teacher-forced: the query that writes token t, the key token t came from
                before = torch.tensor([[objective.PAD, *ids[:-1]]])
                output = net.decoder(before, encoder_hidden_states=memory, output_attentions=True, use_cache=False)
                cross = torch.stack([a[0] for a in output.cross_attentions]).flatten(0, 1).numpy()
                origin = [int(np.flatnonzero(marked == 100000 + t)[0]) for t in range(len(ids))]
                queries = np.arange(len(ids))
                heads.append(cross[:, queries, origin].mean(1))
        result[group] = {kind: (float(np.mean(v)), len(v)) for kind, v in exact.items() if v}
    heads = np.array(heads)
    half = len(heads) // 2
    best = np.argsort(-heads[:half].mean(0))[:3]
    return result, [(model.name(i), float(heads[half:, i].mean())) for i in best], examples


# --------------------------------------------------------------- table

def scores(model, corpora):
    result = {"positions": positions(model, corpora), "relations": relations(model, corpora), "agreement": agreement(model),
              "because it": because_it(model), "tiger": tiger(model), "induction": induction(model, corpora)}
    result["loss"], objective, corpus = losses(model, corpora)
    if model.kind == "encoder":
        result["loss, 15 % masked"] = losses(model, corpora, masked=.15)[0]
    if model.kind == "encoder-decoder":
        result["restored"], result["cross-attention"], result["examples"] = restoration(model, objective, corpus)
    return result


def measured(kind, s):
    """What the gates ask for: name -> (value, where)"""
    if kind == "encoder-decoder":
        shares = {**OBJECTIVES[kind].GROUPS, "synth": 1 - sum(OBJECTIVES[kind].GROUPS.values())}   # as in training
        exact = sum(s["restored"][group]["exchanged"][0] * share for group, share in shares.items())
        head, mass = s["cross-attention"][0]
        return {"restored exactly": (exact, ", ".join(f"{g} {v['exchanged'][0]:.2f}" for g, v in s["restored"].items())),
                "cross-attention on the source of the next token": (mass, head)}
    result = {name: (s["positions"][name][0][1], s["positions"][name][0][0])
              for name in ("previous token", "next token") if name in s["positions"]}
    for name in ("noun to determiner", "object to verb", "noun to preposition"):
        result[name] = (s["relations"][name]["score"], s["relations"][name]["head"])
    result["agreement, simple"] = (s["agreement"]["simple, unseen subjects"],
                                   f"nouns in no template {s['agreement']['simple, natural']:.2f}")
    result["because it: right"], result["because it: mass"] = ((s["because it"][0][k], s["because it"][0]["head"])
                                                              for k in ("right", "mass"))
    result["tiger: on tiger"] = (s["tiger"][0]["tiger"], s["tiger"][0]["head"])
    result["tiger: on tree and drink"] = (s["tiger"][0]["tree"] + s["tiger"][0]["drink"], s["tiger"][0]["head"])
    result["loss, natural text"] = (s["loss"]["natural"], f"{s['loss, 15 % masked']['natural']:.2f} at 15 % masked"
                                    if kind == "encoder" else "")
    result["induction"] = max((v["mass"], f"{v['head']}, {k}") for k, v in s["induction"].items())
    return result


def table(kind, s):
    gates = GATES[kind]
    print(f"{kind:48} measured   gate")
    for name, (value, where) in measured(kind, s).items():
        gate = gates.get(name)
        below = name.startswith(AT_MOST)
        verdict = "" if gate is None else "ok" if (value <= gate if below else value >= gate) else "NOT MET"
        print(f"{name:48} {value:8.3f}   {'' if gate is None else ('≤ ' if below else '≥ ') + str(gate):8} {verdict:8} {where}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--corpora", required=True, type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = (Model.from_folder(arguments.model) if arguments.model else
             Model.from_checkpoint(arguments.checkpoint, arguments.tokenizer))
    result = scores(model, arguments.corpora)
    table(model.kind, result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
