"""Muon for the matrices between hidden states, AdamW for everything else; a loss that never holds all logits at once."""
import torch


class Muon:
    """Momentum, then the nearest orthogonal matrix by five Newton-Schulz steps (Jordan et al. 2024)."""

    def __init__(self, parameters, scales, momentum=.95, weight_decay=.05):
        self.momentum, self.weight_decay = momentum, weight_decay
        self.groups = {}   # matrices of one shape and scale are orthogonalised together
        for parameter, scale in zip(parameters, scales):
            self.groups.setdefault((tuple(parameter.shape), scale), []).append(parameter)
        self.buffers = {key: [torch.zeros_like(p) for p in group] for key, group in self.groups.items()}

    @torch.no_grad()
    def step(self, rate):
        for (shape, scale), group in self.groups.items():
            updates = []
            pairs = [pair for pair in zip(group, self.buffers[shape, scale]) if pair[0].grad is not None]
            if not pairs:
                continue
            for parameter, buffer in pairs:
                buffer.lerp_(parameter.grad, 1 - self.momentum)
                updates.append(parameter.grad.lerp(buffer, self.momentum))
            x = torch.stack(updates)
            wide = shape[0] > shape[1]
            if wide:
                x = x.transpose(1, 2)
            x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
            for _ in range(5):
                gram = x @ x.transpose(1, 2)
                x = 3.4445 * x + (-4.7750 * gram + 2.0315 * (gram @ gram)) @ x
            if wide:
                x = x.transpose(1, 2)
            size = scale * max(1, shape[0] / shape[1]) ** .5
            for (parameter, _), update in zip(pairs, x):
                parameter.mul_(1 - rate * self.weight_decay).add_(update, alpha=-rate * size)

    def state_dict(self):
        return list(self.buffers.values())

    def load_state_dict(self, state):
        for group, saved in zip(self.buffers.values(), state):
            for buffer, value in zip(group, saved):
                buffer.copy_(value)


class LinearCrossEntropy(torch.autograd.Function):
    """Mean cross-entropy of hidden @ weight.T + bias, and its gradients, a few rows at a time, so that the logits of a
    chunk stay in the cache."""

    CHUNK = 128

    @staticmethod
    def forward(ctx, hidden, weight, bias, targets):
        rows = len(targets)
        d_hidden = torch.empty_like(hidden)
        d_weight = torch.zeros_like(weight)
        d_bias = None if bias is None else torch.zeros_like(bias)
        total = 0.0
        for first in range(0, rows, LinearCrossEntropy.CHUNK):
            part = slice(first, first + LinearCrossEntropy.CHUNK)
            logits = hidden[part] @ weight.T
            if bias is not None:
                logits += bias
            logits -= logits.max(1, keepdim=True).values
            chosen = logits.gather(1, targets[part, None])
            probabilities = logits.exp_()
            sums = probabilities.sum(1, keepdim=True)
            total += (sums.log() - chosen).sum().item()
            probabilities /= sums
            probabilities[torch.arange(len(chosen)), targets[part]] -= 1
            if bias is not None:
                d_bias += probabilities.sum(0)
            d_hidden[part] = probabilities @ weight
            d_weight += probabilities.T @ hidden[part]
        ctx.save_for_backward(d_hidden, d_weight, d_bias)
        ctx.rows = rows
        return torch.tensor(total / rows)

    @staticmethod
    def backward(ctx, d_loss):
        d_hidden, d_weight, d_bias = ctx.saved_tensors
        factor = d_loss / ctx.rows
        return d_hidden * factor, d_weight * factor, None if d_bias is None else d_bias * factor, None


linear_cross_entropy = LinearCrossEntropy.apply
