"""Muon for matrices and convolution kernels, AdamW for the rest, one cosine schedule; and an average of the weights."""
import copy
import math
import time

import torch


def clock(device):
    """Seconds of work: the processor's own on a CPU, so that a busy machine trains as much as an idle one."""
    return time.process_time() if torch.device(device).type == "cpu" else time.time()


def orthogonalised(g):
    """The nearest semi-orthogonal matrix to g by five quintic Newton-Schulz steps (Jordan et al. 2024, Muon)."""
    x = g.bfloat16()
    x = x.t() if g.shape[0] > g.shape[1] else x
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        a = x @ x.t()
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    x = x.t() if g.shape[0] > g.shape[1] else x
    return x.to(g.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised, scaled to AdamW's usual step size so that both share one learning rate."""

    def __init__(self, params, lr, momentum=0.95, decay=0.01):
        super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                buf = self.state[p].setdefault("momentum", torch.zeros_like(p))
                buf.lerp_(p.grad, 1 - group["momentum"])
                g = p.grad.lerp(buf, group["momentum"]).flatten(1)
                update = orthogonalised(g) * (0.2 * math.sqrt(max(g.shape)))
                p.mul_(1 - group["lr"] * group["decay"]).add_(update.view_as(p), alpha=-group["lr"])


class Optimiser:
    """Both optimisers under one schedule: `progress` in [0,1] sets the cosine, the first 2 % warm up."""

    def __init__(self, model, lr, is_matrix):
        matrices, rest = [], []
        for name, p in model.named_parameters():
            if p.requires_grad:
                (matrices if p.ndim >= 2 and is_matrix(name) else rest).append(p)
        self.lr, self.parts = lr, [Muon(matrices, lr), torch.optim.AdamW(rest, lr, betas=(0.9, 0.98), weight_decay=0.01)]
        self.params = matrices + rest

    def step(self, progress):
        lr = self.lr * min(1, progress / 0.02 + 0.02) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, progress))))
        torch.nn.utils.clip_grad_norm_(self.params, 1.0)
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = lr
            part.step()
            part.zero_grad(set_to_none=True)
        return lr

    def state_dict(self):
        return [p.state_dict() for p in self.parts]

    def load_state_dict(self, states):
        for part, state in zip(self.parts, states):
            part.load_state_dict(state)


class Average:
    """Exponential average of a model's weights and buffers: what is evaluated and shipped."""

    def __init__(self, model, decay=0.998):
        self.model, self.decay, self.steps = copy.deepcopy(model).eval().requires_grad_(False), decay, 0

    @torch.no_grad()
    def update(self, model):
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 9))
        for a, b in zip(self.model.state_dict().values(), model.state_dict().values()):
            a.lerp_(b, 1 - decay) if a.dtype.is_floating_point else a.copy_(b)
