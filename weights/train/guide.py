"""The guided loop in PyTorch, as the engine does it with its preset "upd": straight-through tokens, Adam on z, augmented
cutouts, squared great-circle distance. Used for hard negatives in training and for evaluation."""
import torch
import torch.nn.functional as F

import views


def crops(picture, count, size, g, cut_pow=1.0):
    """count square crops per picture (B,3,H,W) -> (B*count,3,size,size): each side U^cut_pow of the way from size to the
    picture's shorter side, its place anywhere."""
    _, _, h, w = picture.shape
    out, draws = [], torch.rand(len(picture) * count, 3, generator=g, device=picture.device).tolist()
    for i, (u, x, y) in enumerate(draws):
        smallest = min(h, w, size)
        side = int(u ** cut_pow * (min(h, w) - smallest) + smallest)
        x, y = int(x * (w - side + 1)), int(y * (h - side + 1))
        out.append(F.interpolate(picture[i // count, None, :, y:y + side, x:x + side], size=(size, size), mode="bicubic",
                                 antialias=True, align_corners=False))
    return torch.cat(out)


def cutouts(picture, count, size, g, cut_pow=1.0):
    """count views per picture (B,3,H,W) as CLIP sees them: (B*count,3,size,size), cropped, warped, noisy."""
    x = views.warp(crops(picture, count, size, g, cut_pow), g)
    noise = torch.randn(x.shape, generator=g, device=x.device)
    return x + noise * views.uniform(g, len(x), 0, 0.1)[:, None, None, None]


def total_variation(picture):
    """Mean differences of pixels (B,3,H,W) to their right and lower neighbours, (B,)."""
    across, down = picture[..., 1:] - picture[..., :-1], picture[..., 1:, :] - picture[..., :-1, :]
    return across.abs().mean((1, 2, 3)) + down.abs().mean((1, 2, 3))


class Painting:
    """Pictures (B,3,size,size) in the making for prompt embeddings text (B,256).

    start: what the first picture is: a grey level, or random tokens of these codes (None: of all). smoothness: the weight of
    the picture's total variation."""

    def __init__(self, vqgan, clip, text, g, size=128, cuts=16, rate=0.1, start=None, cut_pow=1.0, smoothness=0.0):
        self.vqgan, self.clip, self.text, self.g, self.cuts = vqgan, clip, text, g, cuts
        self.cut_pow, self.smoothness = cut_pow, smoothness
        codes = vqgan.quantize.embedding.weight
        self.low, self.high = codes.min(0).values.view(1, -1, 1, 1), codes.max(0).values.view(1, -1, 1, 1)
        with torch.no_grad():
            if isinstance(start, float):
                z = vqgan.encode(torch.full((len(text), 3, size, size), start * 2 - 1, device=text.device)).float()
            else:
                some = torch.arange(len(codes), device=text.device) if start is None else torch.tensor(start, device=text.device)
                tokens = some[torch.randint(len(some), (len(text), size // 8, size // 8), generator=g, device=text.device)]
                z = F.embedding(tokens, codes).permute(0, 3, 1, 2).contiguous()
        self.z = z.requires_grad_(True)
        self.optimiser = torch.optim.Adam([self.z], rate)

    def picture(self):
        return self.vqgan.decode(self.vqgan.quantized(self.z)).float() * 0.5 + 0.5

    def step(self):
        """One update; returns the picture before it."""
        b = len(self.text)
        with torch.autocast(self.z.device.type, torch.bfloat16):
            raw = self.picture()
            picture = raw + (raw.clamp(0, 1) - raw).detach()
            e = self.clip.encode_image(cutouts(picture, self.cuts, 64, self.g, self.cut_pow)).view(b, self.cuts, -1)
        distance = (e - self.text[:, None]).norm(dim=-1).div(2).clamp(max=1 - 1e-6).arcsin().square().mul(2)
        self.optimiser.zero_grad()
        (distance.mean(1).sum() + self.smoothness * total_variation(picture).sum()).backward()
        self.optimiser.step()
        with torch.no_grad():
            self.z.clamp_(self.low, self.high)
        return picture.detach()


def paint(vqgan, clip, text, g, size=128, steps=150, cuts=16, **settings):
    """Pictures (B,3,size,size) in [0,1] for prompt embeddings text (B,256); settings as Painting takes them."""
    painting = Painting(vqgan, clip, text, g, size, cuts, **settings)
    for _ in range(steps):
        painting.step()
    with torch.no_grad():
        return painting.picture().clamp(0, 1)
