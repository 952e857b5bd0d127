"""The mini CLIP in OpenAI's layout (names and shapes of its ViT), its tokeniser, and the teacher on SqueezeNet's trunk."""
import gzip
import pathlib
import re
from collections import OrderedDict
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import nn

import shipped
import squeezenet

MERGES = pathlib.Path(__file__).parents[1] / "vocab/bpe_simple_vocab_16e6.txt.gz"
IMAGE, PATCH, EMBED, CONTEXT, VOCABULARY = 64, 8, 256, 32, 8192
VISION = {"width": 256, "layers": 5, "heads": 4}
RESNET = {"width": 32, "layers": (1, 2, 2, 1)}
TEXT = {"width": 192, "layers": 3, "heads": 3}
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class LayerNorm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.float())


class SelfAttention(nn.Module):
    """Multi-head self-attention with nn.MultiheadAttention's parameter names."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.randn(3 * width, width) * width ** -0.5)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x, mask=None):
        b, t, c = x.shape
        q, k, v = F.linear(x, self.in_proj_weight, self.in_proj_bias).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        a = (q * (c // self.heads) ** -0.5) @ k.transpose(-1, -2)
        a = torch.softmax(a if mask is None else a + mask[:t, :t], -1)
        return self.out_proj((a.to(v.dtype) @ v).transpose(1, 2).reshape(b, t, c))


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attn, self.ln_1, self.ln_2 = SelfAttention(width, heads), LayerNorm(width), LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", QuickGELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))

    def forward(self, x, mask=None):
        x = x + self.attn(self.ln_1(x), mask)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads) for _ in range(layers))

    def forward(self, x, mask=None):
        states = []
        for block in self.resblocks:
            x = block(x, mask)
            states.append(x)
        return states


def taken(x, keep):
    """The tokens (B,k,C) of x (B,T,C) at indices keep (B,k)."""
    return x.gather(1, keep[:, :, None].expand(-1, -1, x.shape[2]))


class VisionTransformer(nn.Module):
    """Pictures (B,3,64,64) in [0,1] -> embeddings (B,256) and the states after every block (B,65,256)."""

    def __init__(self):
        super().__init__()
        w = VISION["width"]
        self.conv1 = nn.Conv2d(3, w, PATCH, PATCH, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(w) * w ** -0.5)
        self.positional_embedding = nn.Parameter(torch.randn((IMAGE // PATCH) ** 2 + 1, w) * w ** -0.5)
        self.ln_pre, self.transformer, self.ln_post = LayerNorm(w), Transformer(**VISION), LayerNorm(w)
        self.proj = nn.Parameter(torch.randn(w, EMBED) * w ** -0.5)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, x, keep=None):
        """keep: indices (B,k) of the patches to see; None: all."""
        x = self.conv1((x - self.mean) / self.std).flatten(2).transpose(1, 2) + self.positional_embedding[1:]
        x = x if keep is None else taken(x, keep)
        first = (self.class_embedding + self.positional_embedding[0]).expand(len(x), 1, -1)
        states = self.transformer(self.ln_pre(torch.cat([first, x], 1)))
        return self.ln_post(states[-1][:, 0]) @ self.proj, states


class Bottleneck(nn.Module):
    """Pools where others stride, so that gradients reach every pixel."""

    def __init__(self, cin, planes, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(cin, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False), nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = nn.Conv2d(planes, 4 * planes, 1, bias=False), nn.BatchNorm2d(4 * planes)
        self.stride, self.downsample = stride, None
        if stride > 1 or cin != 4 * planes:
            self.downsample = nn.Sequential(OrderedDict([
                ("-1", nn.AvgPool2d(stride)), ("0", nn.Conv2d(cin, 4 * planes, 1, bias=False)), ("1", nn.BatchNorm2d(4 * planes))]))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.avg_pool2d(F.relu(self.bn2(self.conv2(y))), self.stride)
        return F.relu(self.bn3(self.conv3(y)) + (self.downsample(x) if self.downsample else x))


class AttentionPool(nn.Module):
    """The mean of all points asks; all points and the mean answer."""

    def __init__(self, points, width, heads):
        super().__init__()
        self.heads, self.positional_embedding = heads, nn.Parameter(torch.randn(points + 1, width) * width ** -0.5)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, EMBED)

    def forward(self, x):
        x = x.flatten(2).transpose(1, 2)
        x = torch.cat([x.mean(1, keepdim=True), x], 1) + self.positional_embedding
        q, k, v = (p(t).unflatten(2, (self.heads, -1)).transpose(1, 2)
                   for p, t in ((self.q_proj, x[:, :1]), (self.k_proj, x), (self.v_proj, x)))
        a = torch.softmax((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2), -1)
        return self.c_proj((a.to(v.dtype) @ v).transpose(1, 2).flatten(1))


class ModifiedResNet(nn.Module):
    """Pictures (B,3,64,64) in [0,1] -> embeddings (B,256) and the maps after the four stages: 16, 8, 4 and 2 points a side."""

    def __init__(self):
        super().__init__()
        w = RESNET["width"]
        self.conv1, self.bn1 = nn.Conv2d(3, w // 2, 3, 2, 1, bias=False), nn.BatchNorm2d(w // 2)
        self.conv2, self.bn2 = nn.Conv2d(w // 2, w // 2, 3, padding=1, bias=False), nn.BatchNorm2d(w // 2)
        self.conv3, self.bn3 = nn.Conv2d(w // 2, w, 3, padding=1, bias=False), nn.BatchNorm2d(w)
        cin = w
        for i, blocks in enumerate(RESNET["layers"]):
            stage = nn.Sequential()
            for n in range(blocks):
                stage.append(Bottleneck(cin, w << i, 2 if i and not n else 1))
                cin = (w << i) * 4
            setattr(self, f"layer{i + 1}", stage)
        self.attnpool = AttentionPool((IMAGE // 32) ** 2, cin, cin // 64)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, x):
        x = ((x - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        for conv, bn in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            x = F.relu(bn(conv(x)))
        x, maps = F.avg_pool2d(x, 2), []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            maps.append(x)
        return self.attnpool(x), maps


class SqueezeNetTower(nn.Module):
    """Teacher and judge: SqueezeNet's trunk and a head that keeps the 4x4 layout, so that shapes can be told apart."""

    def __init__(self):
        super().__init__()
        self.trunk = squeezenet.SqueezeNet()
        self.high, self.low = nn.Conv2d(512, 128, 1), nn.Conv2d(256, 64, 1)
        self.hidden, self.proj = nn.Linear(192 * 16, 512), nn.Linear(512 + 512, EMBED)

    def forward(self, x):
        f = self.trunk(x.contiguous(memory_format=torch.channels_last))  # half the time of the other order
        unit = lambda t: t * torch.rsqrt(t.square().mean(1, keepdim=True) + 1e-3)
        high, low = self.high(unit(f[4])), F.avg_pool2d(self.low(unit(f[2])), 2)
        hidden = F.gelu(self.hidden(torch.cat([high, low], 1).flatten(1)))
        return self.proj(torch.cat([hidden, unit(f[4]).mean((2, 3))], 1)), f


class CLIP(nn.Module):
    def __init__(self, tower="resnet"):
        super().__init__()
        self.visual = {"vit": VisionTransformer, "resnet": ModifiedResNet, "squeezenet": SqueezeNetTower}[tower]()
        w = TEXT["width"]
        self.token_embedding = nn.Embedding(VOCABULARY, w)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        self.positional_embedding = nn.Parameter(torch.randn(CONTEXT, w) * 0.01)
        self.transformer, self.ln_final = Transformer(**TEXT), LayerNorm(w)
        self.text_projection = nn.Parameter(torch.randn(w, EMBED) * w ** -0.5)
        self.logit_scale = nn.Parameter(torch.tensor(2.659))
        mask = torch.full((CONTEXT, CONTEXT), float("-inf")).triu(1)
        self.register_buffer("mask", mask, persistent=False)

    def encode_image(self, x):
        return F.normalize(self.visual(x)[0].float(), dim=-1)

    def encode_text(self, tokens):
        tokens = tokens[:, :int((tokens != 0).sum(1).max())]  # what follows the end cannot reach it: causal mask
        x = self.token_embedding(tokens) + self.positional_embedding[:tokens.shape[1]]
        x = self.ln_final(self.transformer(x, self.mask)[-1])
        x = x[torch.arange(len(x)), tokens.argmax(1)]
        return F.normalize((x @ self.text_projection).float(), dim=-1)


class Tokenizer:
    """CLIP's byte pair encoding with the first 7,678 merges; ids: 512 byte tokens, merges, start 8190, end 8191."""

    def __init__(self):
        printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
        rest = [b for b in range(256) if b not in printable]
        self.byte = {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(rest)}
        units = [self.byte[b] for b in printable + rest]
        lines = gzip.open(MERGES).read().decode().split("\n")[1:VOCABULARY - 514 + 1]
        self.merges = [tuple(line.split()) for line in lines]
        names = units + [u + "</w>" for u in units] + ["".join(m) for m in self.merges]
        self.id = {name: i for i, name in enumerate(names)}
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.word = lru_cache(65536)(self.word)

    def word(self, text):
        parts = [self.byte[b] for b in text.encode()]
        parts[-1] += "</w>"
        while len(parts) > 1:
            pairs = [(self.rank.get(p, 1 << 30), i) for i, p in enumerate(zip(parts, parts[1:]))]
            rank, i = min(pairs)
            if rank == 1 << 30:
                break
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        return [self.id[p] for p in parts]

    def __call__(self, texts):
        """Token ids (B,32), zero after the end token."""
        out = torch.zeros(len(texts), CONTEXT, dtype=torch.long)
        for row, text in zip(out, texts):
            words = re.findall(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|[^\s\w]+|_+", " ".join(text.lower().split()))
            ids = [8190] + [i for w in words for i in self.word(w)][:CONTEXT - 2] + [8191]
            row[:len(ids)] = torch.tensor(ids)
        return out

    def write(self, path):
        """The truncated merges in the form of OpenAI's file."""
        text = "#version: the first 7678 merges of OpenAI CLIP's bpe_simple_vocab_16e6\n"
        with gzip.GzipFile(path, "wb", mtime=0) as f:
            f.write((text + "\n".join(" ".join(m) for m in self.merges)).encode())


def load(path, device="cpu"):
    """The model of a state dict in a file, or of a converted model's folder; the names tell the tower."""
    folder = pathlib.Path(path).is_dir()
    saved = shipped.tensors(path) if folder else torch.load(path, map_location="cpu")
    mark = {"vit": "visual.class_embedding", "resnet": "visual.layer1.0.conv1.weight", "squeezenet": "visual.trunk.conv1.weight"}
    model = CLIP(next(tower for tower, name in mark.items() if name in saved))
    own = model.state_dict()
    saved = unfolded(saved, own) if folder else saved
    model.load_state_dict({k: saved[k].float() for k in own})
    return model.to(device, memory_format=torch.channels_last)


def unfolded(saved, own):
    """A state dict for `own` names from converted weights, whose batch norms are in the convolutions: here they do nothing
    but add the bias."""
    out = dict(saved)
    for name, ones in own.items():
        if name.endswith("running_var"):
            norm = name[:-len(".running_var")]
            conv = norm[:-1] + "0" if norm.endswith("downsample.1") else norm.replace("bn", "conv")
            out.update({norm + ".weight": torch.ones_like(ones), norm + ".bias": saved[conv + ".bias"],
                        norm + ".running_mean": torch.zeros_like(ones), name: torch.full_like(ones, 1 - 1e-5),
                        norm + ".num_batches_tracked": torch.tensor(0)})
    return out


@torch.no_grad()
def refit_norms(tower, x):
    """Gives the batch norms of a converted ResNet, which only add a bias, the statistics of pictures x (B,3,64,64), undone by
    their scale and shift: the tower computes what it did, and can be trained on."""
    def refit(norm, inputs):
        var, mean = torch.var_mean(inputs[0], (0, 2, 3), unbiased=False)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(var)
        norm.weight.copy_((var + norm.eps).sqrt())
        norm.bias.add_(mean)

    hooks = [m.register_forward_pre_hook(refit) for m in tower.modules() if isinstance(m, nn.BatchNorm2d)]
    tower.eval()(x)
    tower.train()
    for hook in hooks:
        hook.remove()


def save(model, folder):
    """Writes clip_mini.pt (matrices float16 as OpenAI ships them) and the merges."""
    state = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    torch.save({k: v.half() if v.ndim > 1 else v.float() for k, v in state.items()}, folder / "clip_mini.pt")
    Tokenizer().write(folder / "bpe_mini_8192.txt.gz")


@torch.no_grad()
def start_as_convolution(visual, patches):
    """Starts a vision tower as something close to a small convolution net, which learns shape far sooner.

    patches: (N,3,8,8) samples, normalised. The patch embedding becomes their principal components (twice, with both
    signs); in the first four blocks each head looks at one neighbour, by queries and keys that read the positions."""
    w, heads, grid = VISION["width"], VISION["heads"], IMAGE // PATCH
    flat = patches.flatten(1)
    _, s, v = torch.linalg.svd(flat - flat.mean(0), full_matrices=False)
    basis = v[:w // 4] / (s[:w // 4, None] / len(flat) ** 0.5 + 0.3)
    visual.conv1.weight[:w // 4] = basis.view(-1, 3, PATCH, PATCH)
    visual.conv1.weight[w // 4:w // 2] = -basis.view(-1, 3, PATCH, PATCH)
    visual.conv1.weight[w // 2:].mul_(0.1)
    # Positions as 32 cosine features of the grid, in the channels the components leave free.
    yx = torch.stack(torch.meshgrid(torch.arange(grid), torch.arange(grid), indexing="ij"), -1).view(-1, 2).float()
    freq = torch.tensor([(i, j) for i in range(4) for j in range(4)]).float() * torch.pi / grid
    code = torch.cat([((yx[:, None] + 0.5) * freq).cos().prod(-1), ((yx[:, None] + 0.5) * freq).sin().sum(-1) / 2], 1)
    at = slice(w - code.shape[1], w)
    visual.positional_embedding.mul_(0.1)
    visual.positional_embedding[1:, at] = code * 1.5
    steps = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)]
    size = w // heads
    for n, block in enumerate(visual.transformer.resblocks[:4]):
        weight = block.attn.in_proj_weight
        for h in range(heads):
            dy, dx = steps[(n * heads + h) % 8]
            index = (yx[:, 0] + dy).clamp(0, grid - 1) * grid + (yx[:, 1] + dx).clamp(0, grid - 1)
            shift = torch.linalg.lstsq(code, code[index.long()]).solution  # code(p) @ shift ~ code(p + step)
            rows, keys = slice(h * size, h * size + 32), slice(w + h * size, w + h * size + 32)
            weight[h * size:(h + 1) * size].mul_(0.1)
            weight[w + h * size:w + (h + 1) * size].mul_(0.1)
            weight[rows, at] = shift.t() * 2.5
            weight[keys, at] = torch.eye(32) * 2.5
