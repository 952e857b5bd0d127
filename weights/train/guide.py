"""The guided loop in PyTorch, as the engine does it: straight-through tokens, Adam on z, augmented cutouts, squared
great-circle distance. Used for hard negatives in training and for evaluation."""
import torch
import torch.nn.functional as F

import views


def cutouts(picture, count, size, g):
    """count views per picture (B,3,H,W) -> (B*count,3,size,size): scaled, moved, turned a little, mirrored, noisy."""
    b = len(picture)
    theta = views.affine(g, b * count, (0.9, 1.6), 0.25, turn=0.2)
    grid = F.affine_grid(theta, (b * count, 3, size, size), align_corners=False)
    # Shrunk first: sampling at half size without it would alias and leave pixels without gradient.
    small = F.interpolate(picture, size=(size, size), mode="bilinear", align_corners=False, antialias=True) \
        if picture.shape[-1] > size * 3 // 2 else picture
    views_ = F.grid_sample(small.repeat_interleave(count, 0), grid, padding_mode="reflection", align_corners=False)
    noise = torch.randn(views_.shape, generator=g, device=views_.device)
    return views_ + noise * views.uniform(g, b * count, 0, 0.06)[:, None, None, None]


def paint(vqgan, clip, text, g, size=128, steps=150, cuts=16, rate=0.1, start=0.85, smooth=0.05):
    """Pictures (B,3,size,size) in [0,1] for prompt embeddings text (B,256). start: grey level of the first picture."""
    b, dev = len(text), text.device
    first = start + torch.randn(b, 3, size, size, generator=g, device=dev) * 0.1
    with torch.no_grad():
        z = vqgan.encode(first.clamp(0, 1) * 2 - 1).float()
    codes = vqgan.quantize.embedding.weight
    low, high = codes.min(0).values.view(1, -1, 1, 1), codes.max(0).values.view(1, -1, 1, 1)
    z.requires_grad_(True)
    optimiser = torch.optim.Adam([z], rate)
    for _ in range(steps):
        with torch.autocast(dev.type, torch.bfloat16):
            raw = vqgan.decode(vqgan.quantized(z)).float() * 0.5 + 0.5
            picture = raw + (raw.clamp(0, 1) - raw).detach()
            e = clip.encode_image(cutouts(picture, cuts, 64, g)).view(b, cuts, -1)
        distance = (e - text[:, None]).norm(dim=-1).div(2).clamp(max=1 - 1e-6).arcsin().square().mul(2)
        rough = (picture.diff(dim=-1).square().mean() + picture.diff(dim=-2).square().mean()) * b
        (distance.mean(1).sum() + smooth * rough).backward()
        optimiser.step()
        optimiser.zero_grad()
        with torch.no_grad():
            z.clamp_(low, high)
    with torch.no_grad():
        return (vqgan.decode(vqgan.quantized(z)).float() * 0.5 + 0.5).clamp(0, 1)
