"""Train one of the three models.

    python train.py --model encoder --data data/encoder --out runs/encoder --steps 6000 --decay 2000

Writes <out>/checkpoint.pt every few hundred steps, at the end and on SIGTERM; the same command continues from it. The
learning rate warms up, stays, and falls to zero in the last `--decay` steps, in which the share of synthetic text
rises. A file <out>/decay with a number of steps in it ends training that many steps after it is seen: the schedule for
when time, not the number of steps, is what is limited. One thread; log lines on standard output.
"""
import argparse
import json
import os
import signal
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch
from tokenizers import Tokenizer

from architectures import build, hidden_matrices
from batches import SHORT_BATCHES, Corpus
from corpus import GROUPS
from objectives import OBJECTIVES
from optimizer import Muon

NATURAL_LOSS = {"story": .10, "books": .45, "modern": .32, "docs": .13}   # weights of "natural" in the figures


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, choices=list(OBJECTIVES))
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--decay", type=int, default=2000, help="steps, of those, in which the rate falls")
    parser.add_argument("--warm-up", type=int, default=60)
    parser.add_argument("--batch", type=int, default=2048, help="tokens")
    parser.add_argument("--matrix-rate", type=float, default=.02, help="Muon")
    parser.add_argument("--rate", type=float, default=4e-3, help="AdamW")
    parser.add_argument("--synthetic", type=float, default=.10)
    parser.add_argument("--synthetic-decay", type=float, default=.35, help="share at the end of the decay")
    parser.add_argument("--repeated", type=float, default=.03)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint-every", type=int, default=100)
    return parser.parse_args()


class Run:
    def __init__(self, opts):
        self.opts = opts
        torch.set_num_threads(1)
        torch.manual_seed(opts.seed)
        self.random = np.random.default_rng(opts.seed)
        self.model = build(opts.model).train()
        self.model.set_attn_implementation("eager")   # on a CPU faster than "sdpa"
        self.objective = OBJECTIVES[opts.model](self.model)
        self.corpus, self.valid = Corpus(opts.data, "train"), Corpus(opts.data, "valid")
        if opts.model == "encoder-decoder":
            self.objective.tables(Tokenizer.from_file(str(opts.data / "tokenizer.json")))
            self.objective.valid = self.valid
        self.optimizers()
        self.step = self.tokens = self.synthetic_tokens = 0
        self.seconds = 0.0     # of processor time
        self.end = opts.steps
        self.decay = opts.decay
        self.losses = []
        opts.out.mkdir(parents=True, exist_ok=True)
        self.path = opts.out / "checkpoint.pt"
        if self.path.exists():
            self.restore()

    def optimizers(self):
        matrices, config = hidden_matrices(self.model), self.model.config
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        t5 = config.model_type == "t5"
        # T5 has no 1 / sqrt(head size) on its scores and 1 / sqrt(model size) on its output: rates that make up for it
        scale = lambda name: config.d_kv ** -.5 if t5 and name.endswith(".q.weight") else 1.0
        self.muon = Muon([p for n, p in named if n in matrices], [scale(n) for n, p in named if n in matrices])
        factors = {"embed": 1.0, "shared": config.d_model ** .5 if t5 else 1.0, "relative_attention_bias": 4.0, "": 1.0}
        groups = {word: [] for word in factors}
        for name, parameter in named:
            if name not in matrices:
                groups[next(word for word in factors if word in name)].append(parameter)
        self.adam = torch.optim.AdamW([{"params": group, "factor": factors[word]} for word, group in groups.items() if group],
                                      lr=self.opts.rate, betas=(.9, .98), eps=1e-8, weight_decay=0.0)

    # ---------------------------------------------- schedule

    def progress_of_decay(self):
        return max(0.0, (self.step - (self.end - self.decay)) / self.decay)

    def look_for_decay(self):
        request = self.opts.out / "decay"
        if request.exists():
            self.decay = int(request.read_text())
            self.end = self.step + self.decay
            request.rename(self.opts.out / "decay.seen")
            print(f"decay from step {self.step} to {self.end}", flush=True)

    # ---------------------------------------------- training

    def one_step(self):
        opts, decayed = self.opts, self.progress_of_decay()
        synthetic = opts.synthetic + (opts.synthetic_decay - opts.synthetic) * min(1.0, 2 * decayed)
        shares = self.corpus.shares(synthetic)
        short = self.random.random() < SHORT_BATCHES
        batch = self.objective.batch(self.corpus, self.random, opts.batch, short, shares, opts.repeated)
        loss, _, tokens = self.objective.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        rate = min(1.0, (self.step + 1) / opts.warm_up) * (1 - decayed)
        for group in self.adam.param_groups:
            group["lr"] = opts.rate * rate * group["factor"]
        self.muon.step(opts.matrix_rate * rate)
        self.adam.step()
        self.model.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += tokens
        share = getattr(self.objective, "synthetic", None)
        self.synthetic_tokens += tokens * (synthetic if share is None else share)
        return loss.item()

    def train(self):
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "stopped", True))
        self.stopped = False
        started, before = time.process_time(), self.seconds
        wall = time.time()
        while self.step < self.end and not self.stopped:
            self.look_for_decay()
            self.losses.append(self.one_step())
            self.seconds = before + time.process_time() - started
            if self.step % 50 == 0:
                print(f"{time.strftime('%H:%M:%S')} step {self.step} loss {np.mean(self.losses[-50:]):.3f} tokens {self.tokens / 1e6:.2f}M "
                      f"cpu {self.seconds:.0f}s wall {time.time() - wall:.0f}s {self.tokens / self.seconds:.0f} tokens/s", flush=True)
                self.losses = self.losses[-50:]
            if self.step % self.opts.checkpoint_every == 0:
                self.save()
            if self.step % 1000 == 0:
                print("  valid", json.dumps(self.validate(2)), flush=True)
        self.save()
        if not self.stopped:
            print("end", json.dumps(self.validate(8)), flush=True)

    @torch.no_grad()
    def validate(self, batches):
        self.model.eval()
        result = {}
        for index, group in enumerate(GROUPS):
            random, total, count = np.random.default_rng(7), 0.0, 0
            for _ in range(batches):
                batch = self.objective.batch(self.valid, random, 2048, False, np.eye(len(GROUPS))[index], 0)
                loss, predictions, _ = self.objective.loss(batch)
                total, count = total + loss.item() * predictions, count + predictions
            result[group] = round(total / count, 3)
        result["natural"] = round(sum(result[g] * w for g, w in NATURAL_LOSS.items()), 3)
        self.model.train()
        return result

    # ------------------------------------------- checkpoints

    def save(self):
        state = {"kind": self.opts.model, "model": self.model.state_dict(), "muon": self.muon.state_dict(),
                 "adam": self.adam.state_dict(), "random": self.random.bit_generator.state, "step": self.step,
                 "tokens": self.tokens, "synthetic_tokens": self.synthetic_tokens, "seconds": self.seconds,
                 "end": self.end, "decay": self.decay,
                 "options": {name: str(value) for name, value in vars(self.opts).items()}}
        torch.save(state, self.path.with_suffix(".tmp"))
        self.path.with_suffix(".tmp").rename(self.path)

    def restore(self):
        state = torch.load(self.path, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])
        self.random.bit_generator.state = state["random"]
        self.objective.steps = state["step"]
        for name in ("step", "tokens", "synthetic_tokens", "seconds", "end", "decay"):
            setattr(self, name, state[name])
        print(f"continued from step {self.step}", flush=True)


if __name__ == "__main__":
    Run(options()).train()
