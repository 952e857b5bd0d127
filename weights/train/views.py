"""Training pictures made on the training device: objects cut out, moved, recoloured and laid on backgrounds.

Every function draws from the torch.Generator given, so a seed and a step number fix the batch."""
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

import colours


class Pictures:
    """The rendered set on a device: `rgba` (N,S,S,4) uint8, premultiplied, and the records."""

    def __init__(self, folder, size, device):
        folder = pathlib.Path(folder)
        self.records = json.loads((folder / "records.json").read_text())
        stored = np.load(folder / "pictures.npy", mmap_mode="r")
        k = stored.shape[1] // size
        out = np.empty((len(stored), size, size, 4), np.uint8)
        for i in range(0, len(stored), 512):
            part = stored[i:i + 512].astype(np.float32)
            out[i:i + 512] = part.reshape(len(part), size, k, size, k, 4).mean((2, 4)) + 0.5
        self.rgba, self.device = torch.from_numpy(out).to(device), device

    def take(self, index):
        """Premultiplied pictures (B,4,S,S) in [0,1]."""
        return self.rgba[index].permute(0, 3, 1, 2).float() / 255


def uniform(g, n, low, high):
    return torch.rand(n, generator=g, device=g.device) * (high - low) + low


def affine(g, n, scale, shift, turn=0.25, flip=0.5):
    """Sampling matrices (n,2,3): object scale, shift in half canvases, rotation in radians, mirrored sometimes."""
    s = uniform(g, n, math.log(scale[0]), math.log(scale[1])).exp()
    a = uniform(g, n, -turn, turn)
    aspect = uniform(g, n, -0.15, 0.15).exp()
    mirror = 1 - 2 * (uniform(g, n, 0, 1) < flip).float()
    tx, ty = uniform(g, n, -1, 1) * shift, uniform(g, n, -1, 1) * shift
    ca, sa = a.cos(), a.sin()
    row0 = torch.stack([ca * mirror, sa * mirror], 1) / (s * aspect)[:, None]
    row1 = torch.stack([-sa, ca], 1) / (s / aspect)[:, None]
    m = torch.stack([row0, row1], 1)
    return torch.cat([m, -(m @ torch.stack([tx, ty], 1)[..., None])], 2)


def lay(canvas, rgba, theta):
    """Lays premultiplied objects (n,4,S,S) over canvas (n,3,H,W) where theta puts them."""
    n, _, h, w = canvas.shape
    grid = F.affine_grid(theta, (n, 4, h, w), align_corners=False)
    top = F.grid_sample(rgba, grid, align_corners=False)
    return canvas * (1 - top[:, 3:]) + top[:, :3]


def perspective(g, n, reach):
    """Homographies (n,3,3) of sampling that move each corner inwards by up to `reach` of half a side."""
    square = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]], device=g.device)
    moved = square * (1 - torch.rand(n, 4, 2, generator=g, device=g.device) * reach)
    # h maps the moved corners back to the square: u (gx + hy + 1) = ax + by + c, and the same for v.
    x, y, one = moved[..., 0], moved[..., 1], torch.ones(n, 4, device=g.device)
    zero, (u, v) = torch.zeros_like(one), square.t()
    rows = torch.cat([torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], -1),
                      torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], -1)], 1)
    h = torch.linalg.solve(rows, torch.cat([u, v]).expand(n, 8))
    return torch.cat([h, one[:, :1]], 1).view(n, 3, 3)


def warp(x, g):
    """Pictures (n,3,S,S) warped as the engine's preset "upd" does its cutouts: mirrored, turned by up to 30 degrees and
    shifted, the border repeated; then in perspective before black."""
    n, _, size, _ = x.shape
    some = (uniform(g, n, 0, 1) < 0.8).float()
    a, shift = uniform(g, n, -1, 1) * some * math.pi / 6, uniform(g, n, -0.2, 0.2) * some
    mirror = 1 - 2 * (uniform(g, n, 0, 1) < 0.5).float()
    zero = torch.zeros_like(a)
    theta = torch.stack([torch.stack([a.cos() * mirror, a.sin() * mirror, zero], 1),
                         torch.stack([-a.sin(), a.cos(), -shift], 1)], 1)
    x = F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), padding_mode="border", align_corners=False)
    use = (uniform(g, n, 0, 1) < 0.4).nonzero()[:, 0]
    if len(use):
        line = torch.linspace(-1, 1, size, device=x.device)
        at = torch.stack([line.expand(size, size), line[:, None].expand(size, size), torch.ones(size, size, device=x.device)], -1)
        at = at.view(-1, 3) @ perspective(g, len(use), 0.2).transpose(1, 2)
        grid = (at[..., :2] / at[..., 2:]).view(-1, size, size, 2)
        x = x.index_copy(0, use, F.grid_sample(x[use], grid, align_corners=True))
    return x


def named_colour(g, n):
    """Indices into colours.NAMES and jittered RGB (n,3)."""
    index = torch.randint(len(colours.NAMES), (n,), generator=g, device=g.device)
    table = torch.tensor(list(colours.RGB.values()), device=g.device)
    return index, (table[index] + torch.randn(n, 3, generator=g, device=g.device) * 0.05).clamp(0, 1)


def backgrounds(g, n, size):
    """Canvases (n,3,size,size) and the colour index of the plain ones (-1: not plain, white or a mixture)."""
    dev = g.device
    index, plain = named_colour(g, n)
    other = torch.rand(n, 3, generator=g, device=dev)
    kind = uniform(g, n, 0, 1)
    canvas = plain[:, :, None, None].expand(n, 3, size, size).clone()
    white = kind < 0.2
    canvas[white] = 1 - 0.06 * uniform(g, int(white.sum()), 0, 1)[:, None, None, None]
    index = torch.where(kind < 0.6, index, torch.full_like(index, -1))
    index = torch.where(white, torch.full_like(index, colours.NAMES.index("white")), index)
    gradient = (kind >= 0.6) & (kind < 0.8)
    line = torch.linspace(-1, 1, size, device=dev)
    a = uniform(g, n, 0, 2 * math.pi)
    ramp = (a.cos()[:, None, None] * line[None, None] + a.sin()[:, None, None] * line[None, :, None]) * 0.35 + 0.5
    ramp = ramp.clamp(0, 1)[:, None]
    mixed = plain[:, :, None, None] * ramp + other[:, :, None, None] * (1 - ramp)
    canvas[gradient] = mixed[gradient]
    cloud = (kind >= 0.8) & (kind < 0.95)
    m = int(cloud.sum())
    if m:
        cells = 2 ** int(torch.randint(1, 5, (1,), generator=g, device=dev))
        noise = torch.rand(m, 3, cells, cells, generator=g, device=dev)
        canvas[cloud] = F.interpolate(noise, size=(size, size), mode="bilinear", align_corners=False)
    stripe = kind >= 0.95
    wave = ((ramp * uniform(g, n, 20, 60)[:, None, None, None]).sin() > 0).float()
    striped = plain[:, :, None, None] * wave + other[:, :, None, None] * (1 - wave)
    canvas[stripe] = striped[stripe]
    return canvas, index


def turn_hue(rgba, turns):
    """Turns the hue of premultiplied pictures by `turns` (n,), keeping luma: a rotation of the chroma plane (YIQ)."""
    yiq = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]], device=rgba.device)
    a = -turns * 2 * math.pi
    one, zero = torch.ones_like(a), torch.zeros_like(a)
    rot = torch.stack([one, zero, zero, zero, a.cos(), -a.sin(), zero, a.sin(), a.cos()], 1).view(-1, 3, 3)
    m = torch.linalg.inv(yiq) @ rot @ yiq
    rgb = torch.einsum("nij,njhw->nihw", m, rgba[:, :3])
    return torch.cat([torch.minimum(rgb.clamp(min=0), rgba[:, 3:]), rgba[:, 3:]], 1)


def crops(pictures, choice, g, n, size):
    """VQGAN training pictures (n,3,size,size) in [0,1]: one to four objects, sometimes cut, some with channels swapped."""
    dev = pictures.device
    canvas, _ = backgrounds(g, n, size)
    count = torch.randint(1, 5, (n,), generator=g, device=dev)
    whole = uniform(g, n, 0, 1) < 0.4
    count[whole] = 1
    for k in range(4):
        use = (count > k).nonzero()[:, 0]
        m = len(use)
        if m == 0:
            break
        index = choice[torch.randint(len(choice), (m,), generator=g, device=dev)]
        rgba = pictures.take(index)
        swap = torch.randperm(3, generator=g, device=dev).tolist() + [3]
        some = uniform(g, m, 0, 1) < 0.25
        rgba[some] = rgba[some][:, swap]
        theta = affine(g, m, (0.35, 1.6), 0.7)
        centred = affine(g, m, (0.7, 1.05), 0.05, turn=0.1)
        theta = torch.where(whole[use][:, None, None], centred, theta)
        canvas[use] = lay(canvas[use], rgba, theta)
    return canvas


def plain(pictures, index, size, background=1.0):
    """Pictures centred on a plain background, as evaluation shows them: (B,3,size,size) in [0,1]."""
    rgba = pictures.take(index)
    if rgba.shape[-1] != size:
        rgba = F.interpolate(rgba, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
    return rgba[:, :3] + (1 - rgba[:, 3:]) * background
