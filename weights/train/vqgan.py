"""The mini VQGAN in the layout of CompVis/taming-transformers (names, shapes and meaning of its VQModel).

    /usr/bin/python3 vqgan.py FILE.ckpt     # prints the codes that a run should start from"""
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

import shipped

CONFIG = {"double_z": False, "z_channels": 64, "resolution": 64, "in_channels": 3, "out_ch": 3, "ch": 64,
          "ch_mult": [1, 1, 1, 1], "num_res_blocks": 0, "attn_resolutions": [], "dropout": 0.0}
CODES, EMBED = 1024, 64


class GroupNorm(nn.GroupNorm):
    """In float32 whatever the autocast: bfloat16 statistics would drift, and the CPU's kernel takes no mixture."""

    def forward(self, x):
        return super().forward(x.float())


def norm(channels):
    # 32 groups as in taming: below 64 channels this would be an instance norm, which loses absolute colour.
    return GroupNorm(32, channels, eps=1e-6)


class ResBlock(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.norm1, self.conv1 = norm(cin), nn.Conv2d(cin, cout, 3, padding=1)
        self.norm2, self.conv2 = norm(cout), nn.Conv2d(cout, cout, 3, padding=1)
        if cin != cout:
            self.nin_shortcut = nn.Conv2d(cin, cout, 1)

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return h + (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm = norm(c)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(c, c, 1) for _ in range(4))

    def forward(self, x):
        b, c, h, w = x.shape
        y = self.norm(x)
        q, k, v = (f(y).flatten(2) for f in (self.q, self.k, self.v))
        a = torch.softmax((q.transpose(1, 2) @ k) * c ** -0.5, -1)
        return x + self.proj_out((v @ a.transpose(1, 2)).view(b, c, h, w))


class Mid(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.block_1, self.attn_1, self.block_2 = ResBlock(c, c), Attention(c), ResBlock(c, c)

    def forward(self, x):
        return self.block_2(self.attn_1(self.block_1(x)))


class Resample(nn.Module):
    def __init__(self, c, down):
        super().__init__()
        self.down, self.conv = down, nn.Conv2d(c, c, 3, stride=2 if down else 1, padding=0 if down else 1)

    def forward(self, x):
        if self.down:
            return self.conv(F.pad(x, (0, 1, 0, 1)))
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class Level(nn.Module):
    def __init__(self, blocks, cin, cout, down=None):
        super().__init__()
        self.block = nn.ModuleList(ResBlock(cin if i == 0 else cout, cout) for i in range(blocks))
        if down is not None:
            setattr(self, "downsample" if down else "upsample", Resample(cout, down))

    def forward(self, x):
        for b in self.block:
            x = b(x)
        for name in ("downsample", "upsample"):
            if hasattr(self, name):
                x = getattr(self, name)(x)
        return x


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        widths = [c["ch"] * m for m in c["ch_mult"]]
        self.conv_in = nn.Conv2d(c["in_channels"], c["ch"], 3, padding=1)
        self.down = nn.ModuleList(
            Level(c["num_res_blocks"], ([c["ch"]] + widths)[i], w, True if i + 1 < len(widths) else None)
            for i, w in enumerate(widths))
        self.mid = Mid(widths[-1])
        self.norm_out, self.conv_out = norm(widths[-1]), nn.Conv2d(widths[-1], c["z_channels"], 3, padding=1)

    def forward(self, x):
        h = self.conv_in(x)
        for level in self.down:
            h = level(h)
        return self.conv_out(F.silu(self.norm_out(self.mid(h))))


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        widths = [c["ch"] * m for m in c["ch_mult"]]
        self.conv_in = nn.Conv2d(c["z_channels"], widths[-1], 3, padding=1)
        self.mid = Mid(widths[-1])
        self.up = nn.ModuleList(
            Level(c["num_res_blocks"] + 1, (widths + [widths[-1]])[i + 1], w, False if i else None)
            for i, w in enumerate(widths))
        self.norm_out, self.conv_out = norm(widths[0]), nn.Conv2d(widths[0], c["out_ch"], 3, padding=1)

    def forward(self, z):
        h = self.mid(self.conv_in(z))
        for level in reversed(self.up):
            h = level(h)
        return self.conv_out(F.silu(self.norm_out(h)))


class VQGAN(nn.Module):
    """Pictures are (B,3,H,W) in [-1,1]; z is (B,64,H/8,W/8)."""

    def __init__(self, config=CONFIG):
        super().__init__()
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.quantize = nn.Module()
        self.quantize.embedding = nn.Embedding(CODES, EMBED)
        self.quantize.embedding.weight.requires_grad_(False)
        nn.init.uniform_(self.quantize.embedding.weight, -1 / CODES, 1 / CODES)
        self.quant_conv = nn.Conv2d(config["z_channels"], EMBED, 1)
        self.post_quant_conv = nn.Conv2d(EMBED, config["z_channels"], 1)

    def encode(self, x):
        return self.quant_conv(self.encoder(x))

    def nearest(self, z):
        """Indices of the nearest codes, (B*h*w,), in row-major order of positions."""
        flat = z.permute(0, 2, 3, 1).reshape(-1, EMBED).float()
        e = self.quantize.embedding.weight
        return (e.square().sum(1) - 2 * flat @ e.t()).argmin(1)

    def quantized(self, z):
        """The nearest codes in z's place, with the gradient passed straight through to z."""
        q = F.embedding(self.nearest(z), self.quantize.embedding.weight)
        q = q.view(z.shape[0], z.shape[2], z.shape[3], EMBED).permute(0, 3, 1, 2)
        return z + (q - z).detach()

    def decode(self, q):
        return self.decoder(self.post_quant_conv(q))

    def forward(self, x):
        return self.decode(self.quantized(self.encode(x)))


def load(path, device="cpu"):
    """The model of a taming checkpoint, or of a converted model's folder."""
    model = VQGAN()
    folder = pathlib.Path(path).is_dir()
    saved = shipped.tensors(path) if folder else torch.load(path, map_location="cpu")["state_dict"]
    model.load_state_dict({k: saved[k] for k in model.state_dict()})
    return model.to(device)


@torch.no_grad()
def quiet_codes(model):
    """The codes which, alone, decode to an even middle grey: a run that starts from them has no clutter to clear away."""
    out, codes = [], model.quantize.embedding.weight
    for first in range(0, CODES, 128):
        y = model.decode(codes[first:first + 128, :, None, None].expand(-1, -1, 4, 4)).float() * 0.5 + 0.5
        mean = y.mean((2, 3))
        grey = (y.std((2, 3)).amax(1) < 0.05) & (mean.amax(1) - mean.amin(1) < 0.1) & (mean.mean(1) > 0.3) & (mean.mean(1) < 0.7)
        out += (first + grey.nonzero()[:, 0]).tolist()
    return out


def save(model, path, step):
    """Writes path (taming's checkpoint) and its yaml beside it."""
    state = {k: v.detach().float().cpu().clone() for k, v in model.state_dict().items()}
    torch.save({"epoch": 0, "global_step": step, "state_dict": state}, path)
    lines = "\n".join(f"      {k}: {str(v).lower() if isinstance(v, bool) else v}" for k, v in CONFIG.items())
    path.with_suffix(".yaml").write_text(
        "model:\n  base_learning_rate: 1.0e-03\n  target: taming.models.vqgan.VQModel\n  params:\n"
        f"    embed_dim: {EMBED}\n    n_embed: {CODES}\n    ddconfig:\n{lines}\n"
        "    lossconfig:\n      target: taming.modules.losses.vqperceptual.DummyLoss\n")


if __name__ == "__main__":  # for `weights convert -start-codes`
    print(",".join(map(str, quiet_codes(load(sys.argv[1]).eval()))))
