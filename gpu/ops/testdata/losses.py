"""Writes losses.json: python3 losses.py (PyTorch 1.13). Losses as other tools write them, in float64, of pictures and latents [1, c, h, w]."""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(0)
H, W, C = 5, 6, 3
PALETTE = torch.rand(4, 3, dtype=torch.float64)


def pixels(x):
    return x.permute(0, 2, 3, 1).reshape(-1, 3)


def pixel(x, target):  # pixray's init_weight_pix
    return F.l1_loss(x, target) / 2


def border(x, _):  # pixray's edge loss with a thickness of 2, without the whole picture's part
    goal = PALETTE[0].view(1, 3, 1, 1).expand_as(x)
    parts = [(slice(None), slice(0, 2)), (slice(None), slice(W - 2, W)), (slice(0, 2), slice(2, W - 2)), (slice(H - 2, H), slice(2, W - 2))]
    return sum(F.mse_loss(x[:, :, r, c], goal[:, :, r, c]) for r, c in parts)


def palette(x, _):  # pixray's, of one picture
    nearest = PALETTE[torch.cdist(PALETTE, pixels(x)).argmin(0)]
    return (pixels(x) - nearest).norm(dim=1).mean() / 10


def symmetry(x, _):  # pixray's
    return F.mse_loss(x, x.flip(3))


def saturation(x, _):  # pixray's, of one picture, with the deviation of a whole population
    r, g, b = pixels(x).unbind(1)
    a, c = r - g, (r + g) / 2 - b
    spread = (a.std(unbiased=False) ** 2 + c.std(unbiased=False) ** 2).sqrt()
    return -(spread + 0.3 * (a.mean() ** 2 + c.mean() ** 2).sqrt()) / 5


def latent_variation(z, _):  # vqgan-clip-app's
    z = F.pad(z, (0, 1, 0, 1), "replicate")
    across, down = z[..., :-1, 1:] - z[..., :-1, :-1], z[..., 1:, :-1] - z[..., :-1, :-1]
    return (across ** 2 + down ** 2 + 1e-8).mean(1).sqrt().mean()


def spherical(z, target):  # pixray's init_weight
    d = F.normalize(z.reshape(1, -1), dim=-1) - F.normalize(target.reshape(1, -1), dim=-1)
    return d.norm(dim=-1).div(2).arcsin().pow(2).mul(2).sum()


def cosine(z, target):  # pixray's init_weight_cos
    return F.cosine_embedding_loss(z.reshape(1, -1), target.reshape(1, -1), torch.ones(1))


def vignette(x, _):  # pixray's gaussian loss, with deviations of a quarter of the sides
    falls = [torch.exp(-(torch.arange(n, dtype=torch.float64) - (n - 1) / 2) ** 2 / (2 * (n / 4) ** 2)) for n in (H, W)]
    return ((x - PALETTE[0].view(1, 3, 1, 1)).abs() * (1 - torch.outer(*falls))).mean()


def edges(x, target):  # pytti's edge stabilization
    grey = torch.tensor([0.2989, 0.587, 0.114], dtype=torch.float64).view(1, 3, 1, 1)
    sobel = torch.tensor([[1, 0, -1], [2, 0, -2], [1, 0, -1]], dtype=torch.float64) / 8
    found = [F.conv2d((y * grey).sum(1, keepdim=True), torch.stack([sobel, sobel.T])[:, None], padding=1) for y in (x, target)]
    return F.mse_loss(*found)


def style(x, target):  # that of Gatys, Ecker and Bethge (2016), as a share of the target's square
    found, goal = [torch.einsum("nihw,njhw->ij", y, y) / y[0, 0].numel() for y in (x, target)]
    return ((found - goal) ** 2).sum() / (goal ** 2).sum()


def flat(x):
    return x.permute(0, 2, 3, 1).reshape(-1).tolist()


cases = []
for name, loss, channels in [("pixel", pixel, 3), ("border", border, 3), ("palette", palette, 3), ("symmetry", symmetry, 3), ("saturation", saturation, 3),
                             ("latent variation", latent_variation, C), ("spherical", spherical, C), ("cosine", cosine, C), ("vignette", vignette, 3),
                             ("edges", edges, 3), ("style", style, C)]:
    x = torch.rand(1, channels, H, W, dtype=torch.float64, requires_grad=True)
    target, weight = torch.rand(1, channels, H, W, dtype=torch.float64), 1.75
    value = weight * loss(x, target)
    value.backward()
    cases.append(dict(name=name, h=H, w=W, c=channels, x=flat(x), target=flat(target), palette=PALETTE.tolist(), weight=weight, loss=value.item(), gradient=flat(x.grad)))
with open("losses.json", "w") as f:
    f.write(",\n".join(json.dumps(c) for c in cases).join(["[", "]\n"]))
