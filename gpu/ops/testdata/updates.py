"""Writes updates.json: python3 updates.py (PyTorch 1.13). What optimisers make of the tensors of update_test.go, in float64: PyTorch's own, and
DiffGrad and AdamP written out from their papers with torch_optimizer's defaults."""
import json

import torch

START = [1, -2, 0.5, 3]
GRADIENTS = [[0.5, -1, 2, 0], [1.5, -0.25, -2, 1e-3], [-0.75, 0.5, 1, 2e-3], [0.25, 1, -0.5, -4e-3],
             [2, -1.5, 0.25, 1e-3], [-0.5, 0.75, 1.5, 3e-3], [1, -0.5, -1, -2e-3]]
RATES = [0.1, 0.1, 0.1, 0.04, 0.04, 0.04, 0.04]


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def published(make):
    x = torch.nn.Parameter(tensor(START))
    optimiser = make([x])
    for g, rate in zip(GRADIENTS, RATES):
        optimiser.param_groups[0]["lr"] = rate
        x.grad = tensor(g)
        optimiser.step()
        yield x.tolist()


def adam_like(move, eps, beta1=0.9, beta2=0.999):
    x, m, v, before = tensor(START), 0, 0, tensor([0, 0, 0, 0])
    for t, (g, rate) in enumerate(zip(map(tensor, GRADIENTS), RATES), 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        x = x - rate * move(x, g, before, m / (1 - beta1 ** t), v, 1 - beta2 ** t, eps)
        before = g
        yield x.tolist()


def diffgrad(x, g, before, m, v, bias2, eps):
    return m * bias2 ** 0.5 * torch.sigmoid((before - g).abs()) / (v.sqrt() + eps)


def adamp(x, g, before, m, v, bias2, eps):
    move = m / (v.sqrt() / bias2 ** 0.5 + eps)
    cosine = (x @ g).abs() / ((x.norm() + eps) * (g.norm() + eps))
    if cosine < 0.1 / len(x) ** 0.5:
        unit = x / (x.norm() + eps)
        move = move - unit * (unit @ move)
    return move


with open("updates.json", "w") as f:
    json.dump({
        "adagrad": list(published(lambda p: torch.optim.Adagrad(p))), "rmsprop": list(published(lambda p: torch.optim.RMSprop(p))),
        "adamax": list(published(lambda p: torch.optim.Adamax(p))), "diffgrad": list(adam_like(diffgrad, 1e-9)), "adamp": list(adam_like(adamp, 1e-8)),
    }, f, indent=1)
    f.write("\n")
