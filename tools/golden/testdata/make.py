"""Writes this folder: python3 make.py (PyTorch 1.13, Pillow 9.4).

The reference is VQGAN+CLIP written out in PyTorch's functions: taming-transformers' VQModel and GumbelVQ, OpenAI's CLIP and the notebook's
loop, over the published names of their weights. It runs in float64 and is stored as float32; "noise" is what a float32 run differs by.
The models are tiny, their weights random. Weights of one shape are overlapping views of one storage, which keeps the files small.
"""
import gzip
import hashlib
import html
import json
import math
import re

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

MERGES_FILE = "bpe_simple_vocab_16e6.txt.gz"
OFFICIAL = "../../../weights/vocab/" + MERGES_FILE
MERGES = 128  # of the official ones
CONTEXT = 77
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


# --- VQGAN: w is a state dict, d the ddconfig, q whether it is a GumbelVQ ---

def conv(w, name, x, **how):
    return F.conv2d(x, w[name + ".weight"], w[name + ".bias"], **how)


def norm(w, name, x):
    return F.group_norm(x, 32, w[name + ".weight"], w[name + ".bias"], 1e-6)


def resnet(w, name, x):
    h = conv(w, name + ".conv1", F.silu(norm(w, name + ".norm1", x)), padding=1)
    h = conv(w, name + ".conv2", F.silu(norm(w, name + ".norm2", h)), padding=1)
    return h + (conv(w, name + ".nin_shortcut", x) if name + ".nin_shortcut.weight" in w else x)


def attend(w, name, x):
    if name + ".q.weight" not in w:
        return x
    q, k, v = (conv(w, f"{name}.{p}", norm(w, name + ".norm", x)).flatten(2) for p in "qkv")
    weights = torch.softmax(q.transpose(1, 2) @ k / math.sqrt(q.shape[1]), dim=2)  # [n, query, key]
    return x + conv(w, name + ".proj_out", (v @ weights.transpose(1, 2)).reshape(x.shape))


def middle(w, name, x):
    return resnet(w, name + ".block_2", attend(w, name + ".attn_1", resnet(w, name + ".block_1", x)))


def finish(w, name, x):
    return conv(w, name + ".conv_out", F.silu(norm(w, name + ".norm_out", x)), padding=1)


def encode(w, d, x):
    """[n, 3, h, w] in [-1, 1] to the latent before quantising."""
    x = conv(w, "encoder.conv_in", x, padding=1)
    for level in range(len(d["ch_mult"])):
        for block in range(d["num_res_blocks"]):
            x = resnet(w, f"encoder.down.{level}.block.{block}", x)
            x = attend(w, f"encoder.down.{level}.attn.{block}", x)
        if level < len(d["ch_mult"]) - 1:
            x = conv(w, f"encoder.down.{level}.downsample.conv", F.pad(x, (0, 1, 0, 1)), stride=2)
    return conv(w, "quant_conv", finish(w, "encoder", middle(w, "encoder.mid", x)))


def decode(w, d, z):
    x = middle(w, "decoder.mid", conv(w, "decoder.conv_in", conv(w, "post_quant_conv", z), padding=1))
    for level in reversed(range(len(d["ch_mult"]))):
        for block in range(d["num_res_blocks"] + 1):
            x = resnet(w, f"decoder.up.{level}.block.{block}", x)
            x = attend(w, f"decoder.up.{level}.attn.{block}", x)
        if level > 0:
            x = conv(w, f"decoder.up.{level}.upsample.conv", F.interpolate(x, scale_factor=2.0, mode="nearest"), padding=1)
    return finish(w, "decoder", x)


def codebook(w):
    return w["quantize.embedding.weight"] if "quantize.embedding.weight" in w else w["quantize.embed.weight"]


def rows(book, indices):  # [1, h, w] to [1, c, h, w]
    return book[indices].permute(0, 3, 1, 2)


def best(scores):
    """The arg-max along the last axis. No two may be so close that float32 decides."""
    top = scores.topk(2, dim=-1).values
    if scores.dtype == torch.float64:
        assert (top[..., 0] - top[..., 1]).min() > 1e-4, "a tie: choose another seed"
    return scores.argmax(-1)


def nearest(w, z):
    x = z.permute(0, 2, 3, 1)
    book = codebook(w)
    return best(2 * x @ book.T - (book * book).sum(1) - (x * x).sum(-1, keepdim=True))


def encode_indices(w, latent):
    if "quantize.proj.weight" in w:
        return best(conv(w, "quantize.proj", latent).permute(0, 2, 3, 1))
    return nearest(w, latent)


class ReplaceGrad(torch.autograd.Function):
    """The value of one, the gradient of the other."""

    @staticmethod
    def forward(ctx, value, gradient):
        return value.clone()

    @staticmethod
    def backward(ctx, g):
        return None, g


class ClampWithGrad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, low, high):
        ctx.save_for_backward(x - x.clamp(low, high))
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx, g):
        outside, = ctx.saved_tensors
        return g * (g * outside >= 0), None, None


def clamp(x):
    return ClampWithGrad.apply(x, 0, 1)


def synth(w, d, z):
    return clamp((decode(w, d, ReplaceGrad.apply(rows(codebook(w), nearest(w, z.detach())), z)) + 1) / 2)


# --- CLIP: w is a state dict ---

def layer_norm(w, name, x):
    return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], 1e-5)


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


def transformer(w, prefix, x, heads, causal, act):
    n, t, c = x.shape
    layer = 0
    while f"{prefix}.{layer}.ln_1.weight" in w:
        name = f"{prefix}.{layer}"
        qkv = F.linear(layer_norm(w, name + ".ln_1", x), w[name + ".attn.in_proj_weight"], w[name + ".attn.in_proj_bias"])
        q, k, v = qkv.reshape(n, t, 3, heads, c // heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(2, 3) / math.sqrt(c // heads)
        if causal:
            scores = scores.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), -math.inf)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, c)
        x = x + F.linear(mixed, w[name + ".attn.out_proj.weight"], w[name + ".attn.out_proj.bias"])
        h = F.linear(layer_norm(w, name + ".ln_2", x), w[name + ".mlp.c_fc.weight"], w[name + ".mlp.c_fc.bias"])
        x = x + F.linear(act(h), w[name + ".mlp.c_proj.weight"], w[name + ".mlp.c_proj.bias"])
        layer += 1
    return x


def batch_norm(w, name, x):
    return F.batch_norm(x, *(w[f"{name}.{p}"] for p in ("running_mean", "running_var", "weight", "bias")), eps=1e-5)


def bottleneck(w, name, x, stride):
    h = F.relu(batch_norm(w, name + ".bn1", F.conv2d(x, w[name + ".conv1.weight"])))
    h = F.relu(batch_norm(w, name + ".bn2", F.conv2d(h, w[name + ".conv2.weight"], padding=1)))
    h = batch_norm(w, name + ".bn3", F.conv2d(F.avg_pool2d(h, stride), w[name + ".conv3.weight"]))
    if name + ".downsample.0.weight" in w:
        x = batch_norm(w, name + ".downsample.1", F.conv2d(F.avg_pool2d(x, stride), w[name + ".downsample.0.weight"]))
    return F.relu(h + x)


def attention_pool(w, x, heads):
    n, c = x.shape[:2]
    x = x.flatten(2).transpose(1, 2)
    x = torch.cat([x.mean(1, keepdim=True), x], 1) + w["visual.attnpool.positional_embedding"]
    split = lambda x: x.reshape(n, -1, heads, c // heads).transpose(1, 2)
    q, k, v = (split(F.linear(y, w[f"visual.attnpool.{p}_proj.weight"], w[f"visual.attnpool.{p}_proj.bias"])) for p, y in zip("qkv", (x[:, :1], x, x)))
    mixed = ((q @ k.transpose(2, 3) / math.sqrt(c // heads)).softmax(-1) @ v).reshape(n, c)
    return F.linear(mixed, w["visual.attnpool.c_proj.weight"], w["visual.attnpool.c_proj.bias"])


def embed_by_resnet(w, x, heads):
    for i, stride in (1, 2), (2, 1), (3, 1):
        x = F.relu(batch_norm(w, f"visual.bn{i}", F.conv2d(x, w[f"visual.conv{i}.weight"], stride=stride, padding=1)))
    x = F.avg_pool2d(x, 2)
    for layer in range(1, 5):
        block = 0
        while f"visual.layer{layer}.{block}.conv1.weight" in w:
            x = bottleneck(w, f"visual.layer{layer}.{block}", x, 2 if layer > 1 and block == 0 else 1)
            block += 1
    return attention_pool(w, x, heads or x.shape[1] // 64)


def embed_images(w, x01, heads=None, act=quick_gelu):
    """[n, 3, s, s] in [0, 1] to [n, embedding]. Without heads the official rule holds: as many as 64 goes into the width."""
    x = (x01 - x01.new_tensor(MEAN)[:, None, None]) / x01.new_tensor(STD)[:, None, None]
    if "visual.layer1.0.conv1.weight" in w:
        return embed_by_resnet(w, x, heads)
    kernel = w["visual.conv1.weight"]
    x = F.conv2d(x, kernel, stride=kernel.shape[-1]).flatten(2).transpose(1, 2)
    x = torch.cat([w["visual.class_embedding"].expand(len(x), 1, -1), x], 1) + w["visual.positional_embedding"]
    x = transformer(w, "visual.transformer.resblocks", layer_norm(w, "visual.ln_pre", x), heads or x.shape[2] // 64, False, act)
    return layer_norm(w, "visual.ln_post", x[:, 0]) @ w["visual.proj"]


def embed_texts(w, tokens, heads=None, act=quick_gelu):
    x = w["token_embedding.weight"][tokens] + w["positional_embedding"]
    x = transformer(w, "transformer.resblocks", x, heads or x.shape[2] // 64, True, act)
    return layer_norm(w, "ln_final", x[torch.arange(len(x)), tokens.argmax(1)]) @ w["text_projection"]


class Tokenizer:
    """CLIP's byte-pair encoding for text that needs no repair."""

    WORDS = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+", re.IGNORECASE)

    def __init__(self, path, merges=49152 - 256 - 2):
        with gzip.open(path, "rt", encoding="utf-8") as f:
            lines = f.read().split("\n")[1:1 + merges]
        pairs = [tuple(line.split()) for line in lines]
        printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
        others = [b for b in range(256) if b not in printable]
        symbols = [chr(b) for b in printable] + [chr(256 + i) for i in range(len(others))]
        self.symbol_of = dict(zip(printable + others, symbols))
        vocabulary = symbols + [s + "</w>" for s in symbols] + ["".join(p) for p in pairs]
        self.start = len(vocabulary)
        self.ids = {s: i for i, s in enumerate(vocabulary)}
        self.rank = {p: i for i, p in enumerate(pairs)}

    def word(self, text):
        if text in ("<|startoftext|>", "<|endoftext|>"):
            return [self.start + (text == "<|endoftext|>")]
        parts = [self.symbol_of[b] for b in text.encode()]
        parts[-1] += "</w>"
        while True:
            ranked = [(self.rank[p], p) for p in zip(parts, parts[1:]) if p in self.rank]
            if not ranked:
                return [self.ids[p] for p in parts]
            pair, merged, i = min(ranked)[1], [], 0
            while i < len(parts):
                both = tuple(parts[i:i + 2]) == pair
                merged.append("".join(pair) if both else parts[i])
                i += 2 if both else 1
            parts = merged

    def encode(self, text):
        """Ids without padding, and whether some were cut off."""
        text = " ".join(html.unescape(html.unescape(text)).split()).lower()
        ids = [self.start] + [i for word in self.WORDS.findall(text) for i in self.word(word)] + [self.start + 1]
        return (ids, False) if len(ids) <= CONTEXT else (ids[:CONTEXT - 1] + ids[-1:], True)

    def rows(self, texts):
        lists = [self.encode(t)[0] for t in texts]
        return torch.tensor([ids + [0] * (CONTEXT - len(ids)) for ids in lists])


# --- The notebook: cutouts, losses, loop ---

def lanczos_taps(dst, src):
    radius = math.ceil(2 * src / dst) - 1
    x = torch.arange(-radius, radius + 1, dtype=torch.float64) * dst / src
    taps = torch.sinc(x) * torch.sinc(x / 2)
    return taps / taps.sum()


def shrink_rows(x, size):  # a low-pass along the height, where that shrinks
    if size >= x.shape[2]:
        return x
    taps = lanczos_taps(size, x.shape[2]).to(x.dtype)
    margin = len(taps) // 2
    return F.conv2d(F.pad(x, (0, 0, margin, margin), "reflect"), taps.view(1, 1, -1, 1).expand(3, 1, -1, 1), groups=3)


def crop(image, box):
    if box is None:
        return image
    size, x, y = box
    return image[:, :, y:y + size, x:x + size]


def cut_original(image, box, side):
    x = shrink_rows(crop(image, box), side)
    x = shrink_rows(x.transpose(2, 3), side).transpose(2, 3)
    return F.interpolate(x, (side, side), mode="bicubic", align_corners=True)


def cut_pooled(image, box, side):
    x = crop(image, box)
    return (F.adaptive_avg_pool2d(x, side) + F.adaptive_max_pool2d(x, side)) / 2


def cutouts(image, boxes, side, method):
    if method == "pooling":
        return torch.cat([cut_pooled(image, b, side) for b in boxes])
    return clamp(torch.cat([cut_original(image, b, side) for b in boxes]))


def prompt_loss(embeddings, targets, weight, stop):
    """Mean squared great-circle distance of every pair, times the weight; no gradient below the stop."""
    a, b = F.normalize(embeddings[:, None], dim=2), F.normalize(targets[None], dim=2)
    distances = (a - b).norm(dim=2).div(2).arcsin().pow(2).mul(2) * float(np.sign(weight))
    stop = -math.inf if stop is None else stop
    return abs(weight) * ReplaceGrad.apply(distances, distances.clamp(min=stop)).mean()


def floor_bytes(image):  # [1, 3, h, w] to [h, w, 3]
    return (image[0].permute(1, 2, 0).detach() * 255).floor().to(torch.uint8)


# --- Cases: each function gives the expected arrays computed in one precision ---

def unit(inputs, case, dtype):
    out = {}
    x = inputs["clamp_x"].to(dtype).clone().requires_grad_()
    out["clamp_y"] = clamp(x)
    out["clamp_dx"], = torch.autograd.grad(out["clamp_y"], x, inputs["clamp_g"].to(dtype))
    targets = inputs["prompt_embed"].to(dtype)
    for i, (weight, stop) in enumerate(case["prompt_cases_weight_stop"]):
        e = inputs["prompt_emb"].to(dtype).clone().requires_grad_()
        out[f"prompt_{i}_loss"] = prompt_loss(e, targets, weight, stop)
        out[f"prompt_{i}_grad"], = torch.autograd.grad(out[f"prompt_{i}_loss"], e)
    same = inputs["prompt_emb"][:1].to(dtype)
    out["prompt_same"] = prompt_loss(same, same, 1.0, None)
    for dst, src in (24, 28), (24, 25), (24, 40), (24, 60), (8, 56):
        out[f"lanczos_{dst}_{src}"] = lanczos_taps(dst, src)
    z = inputs["adam_z0"].to(dtype).clone().requires_grad_()
    adam = torch.optim.Adam([z], lr=case["adam_lr"])
    for i, g in enumerate(inputs["adam_g"].to(dtype)):
        z.grad = g
        adam.step()
        out[f"adam_z{i + 1}"] = z.detach().clone()
    return out


def vqgan(inputs, w, d, dtype):
    w = {k: v.to(dtype) for k, v in w.items()}
    z = inputs["z"].to(dtype).clone().requires_grad_()
    out = {"decode": decode(w, d, z), "indices": nearest(w, z.detach()), "synth": synth(w, d, z)}
    out["decode_grad_z"], = torch.autograd.grad(out["decode"], z, inputs["decode_grad_out"].to(dtype))
    book = codebook(w)
    out["z_min"], out["z_max"] = book.min(0).values, book.max(0).values
    picture = inputs["init_resized_u8"].permute(2, 0, 1)[None].to(dtype) / 255 * 2 - 1
    out["encoder_prequant"] = encode(w, d, picture)
    out["encode_indices"] = encode_indices(w, out["encoder_prequant"])
    out["encode_z"] = rows(book, out["encode_indices"])
    return out


def clip(inputs, case, w, dtype, act):
    w = {k: v.to(dtype) for k, v in w.items()}
    gradient = "grad_out" in inputs
    image = inputs["image01"].to(dtype).clone().requires_grad_(gradient)
    pictures, texts = embed_images(w, image, case["heads"][0], act), embed_texts(w, inputs["tokens"], case["heads"][1], act)
    logits = w["logit_scale"].exp() * F.normalize(pictures) @ F.normalize(texts).T
    out = {"image_embeddings": pictures}
    if gradient:
        out["grad_image"], = torch.autograd.grad(pictures, image, inputs["grad_out"].to(dtype), retain_graph=True)
    return {**out, "text_embeddings": texts, "logits_per_image": logits}


def cutting(inputs, case, dtype):
    out = {}
    for method in "original", "pooling":
        image = inputs["image_" + method].to(dtype).clone().requires_grad_()
        out[method] = cutouts(image, case["boxes_size_x_y"], case["cut"], method)
        out[method + "_grad"], = torch.autograd.grad(out[method], image, inputs["grad_out"].to(dtype))
    out["pooling_whole"] = cut_pooled(image, None, case["cut"])
    return out


def loop(inputs, case, vw, d, cw, dtype, keep=(1, 2, 5, 20)):
    vw, cw = ({k: v.to(dtype) for k, v in w.items()} for w in (vw, cw))
    book, out, steps = codebook(vw), {}, case["steps"]
    side = int(round(math.sqrt(len(cw["visual.positional_embedding"]) - 1))) * cw["visual.conv1.weight"].shape[-1]
    low, high = (v[None, :, None, None] for v in (book.min(0).values, book.max(0).values))
    heads = case["heads"]

    def look(image, boxes):
        cuts = cutouts(image, boxes, side, case["cut_method"])
        return cuts, embed_images(cw, cuts, heads[0])

    with torch.no_grad():
        out["text_embeddings"] = embed_texts(cw, inputs["tokens"], heads[1])
        targets = [(e[None], p[1], p[2]) for e, p in zip(out["text_embeddings"], case["prompts"])]
        if case["image_prompt_boxes"]:
            picture = inputs["image_prompt_resized_u8"].permute(2, 0, 1)[None].to(dtype) / 255
            out["image_prompt_embeddings"] = look(picture, case["image_prompt_boxes"])[1]
            targets.append((out["image_prompt_embeddings"], case["image_prompt_weight"][0], None))
    out["z0"] = rows(book, inputs["indices0"].long())
    z = out["z0"].clone().requires_grad_()
    adam = torch.optim.Adam([z], lr=case["lr"], betas=case["betas"], eps=case["eps"])
    history = []
    for step in range(steps):
        image = synth(vw, d, z)
        cuts, embeddings = look(image, case["boxes_size_x_y"])
        losses = []
        if case["init"] is not None:
            kind, weight = case["init"]
            losses.append(F.mse_loss(z, out["z0"]) * weight / 2 if kind == "notebook" else F.mse_loss(z, z * 0) * weight / 2 / (2 * step + 1))
        losses += [prompt_loss(embeddings, *t) for t in targets]
        adam.zero_grad()
        sum(losses).backward()
        history.append(torch.stack(losses).detach())
        if step == 0:
            out.update(image=image, image_u8=floor_bytes(image), cutouts=cuts[:3], image_embeddings=embeddings, losses=history[0], grad_z=z.grad.clone())
        adam.step()
        with torch.no_grad():
            z.copy_(z.maximum(low).minimum(high))
        if step + 1 in keep or step + 1 == steps:
            out[f"z_after_{step + 1}"] = z.detach().clone()
            out[f"indices_after_{step + 1}"] = nearest(vw, z.detach())
    image = synth(vw, d, z)
    out[f"image_after_{steps}"], out[f"image_after_{steps}_u8"] = image, floor_bytes(image)
    out["losses_per_step"] = torch.stack(history)
    return out


# --- The fixture ---

class Weights(dict):
    """A state dict of random values. Those of one size are overlapping views of one storage."""

    def __init__(self, seed):
        self.random, self.pools = torch.Generator().manual_seed(seed), {}

    def normal(self, *shape):
        return torch.randn(shape, generator=self.random)

    def add(self, name, *shape, std, dtype=torch.float32):
        n = math.prod(shape)
        pool, used = self.pools.setdefault((n, std, dtype), [(self.normal(n + 32 * 7) * std).to(dtype), 0])
        assert used < 32
        self.pools[n, std, dtype][1] += 1
        self[name] = pool[7 * used:7 * used + n].view(shape)

    def norm(self, name, c):
        self[name + ".weight"], self[name + ".bias"] = 1 + 0.1 * self.normal(c), 0.1 * self.normal(c)

    def conv(self, name, out, in_, k, gain=1.0):
        self.add(name + ".weight", out, in_, k, k, std=gain / math.sqrt(in_ * k * k))
        self[name + ".bias"] = 0.1 * gain * self.normal(out)

    def resnet(self, name, in_, out):
        self.norm(name + ".norm1", in_)
        self.conv(name + ".conv1", out, in_, 3)
        self.norm(name + ".norm2", out)
        self.conv(name + ".conv2", out, out, 3)
        if in_ != out:
            self.conv(name + ".nin_shortcut", out, in_, 1)

    def attend(self, name, c):
        self.norm(name + ".norm", c)
        for p in "q", "k", "v", "proj_out":
            self.conv(f"{name}.{p}", c, c, 1)

    def middle(self, name, c):
        self.resnet(name + ".block_1", c, c)
        self.attend(name + ".attn_1", c)
        self.resnet(name + ".block_2", c, c)

    def batch_norm(self, name, c, gain=1.0):
        self[name + ".weight"], self[name + ".bias"] = gain * (1 + 0.1 * self.normal(c)), 0.2 * self.normal(c)
        self[name + ".running_mean"], self[name + ".running_var"] = 0.3 * self.normal(c), 0.5 + torch.rand(c, generator=self.random)
        self[name + ".num_batches_tracked"] = torch.tensor(7)

    def conv_norm(self, conv, norm, out, in_, k, gain=1.0):
        self.add(conv + ".weight", out, in_, k, k, std=math.sqrt(2 / (in_ * k * k)), dtype=torch.float16)
        self.batch_norm(norm, out, gain)

    def linear(self, name, out, in_, dtype):
        self.add(name + "weight", out, in_, std=1.5 / math.sqrt(in_), dtype=dtype)
        self[name + "bias"] = (0.1 * self.normal(out)).to(dtype)

    def transformer(self, prefix, width, layers):
        for i in range(layers):
            name = f"{prefix}.{i}"
            self.norm(name + ".ln_1", width)
            self.linear(name + ".attn.in_proj_", 3 * width, width, torch.float16)
            self.linear(name + ".attn.out_proj.", width, width, torch.float16)
            self.norm(name + ".ln_2", width)
            self.linear(name + ".mlp.c_fc.", 4 * width, width, torch.float16)
            self.linear(name + ".mlp.c_proj.", width, 4 * width, torch.float16)


def vqgan_weights(seed, d, embed, codes, gumbel):
    w, widths = Weights(seed), [d["ch"] * m for m in d["ch_mult"]]
    at = lambda level: d["resolution"] >> level in d["attn_resolutions"]
    w.conv("encoder.conv_in", d["ch"], 3, 3)
    for level, width in enumerate(widths):
        for block in range(d["num_res_blocks"]):
            w.resnet(f"encoder.down.{level}.block.{block}", width if block else ([d["ch"]] + widths)[level], width)
            if at(level):
                w.attend(f"encoder.down.{level}.attn.{block}", width)
        if level < len(widths) - 1:
            w.conv(f"encoder.down.{level}.downsample.conv", width, width, 3)
    w.middle("encoder.mid", widths[-1])
    w.norm("encoder.norm_out", widths[-1])
    w.conv("encoder.conv_out", d["z_channels"], widths[-1], 3)
    w.conv("decoder.conv_in", widths[-1], d["z_channels"], 3)
    w.middle("decoder.mid", widths[-1])
    for level, width in reversed(list(enumerate(widths))):
        for block in range(d["num_res_blocks"] + 1):
            w.resnet(f"decoder.up.{level}.block.{block}", width if block else (widths + widths[-1:])[level + 1], width)
            if at(level):
                w.attend(f"decoder.up.{level}.attn.{block}", width)
        if level > 0:
            w.conv(f"decoder.up.{level}.upsample.conv", width, width, 3)
    w.norm("decoder.norm_out", widths[0])
    w.conv("decoder.conv_out", 3, widths[0], 3, gain=0.3)  # within [-1, 1]: where a picture saturates, rounding decides gradients
    w.conv("quant_conv", embed, d["z_channels"], 1)
    w.conv("post_quant_conv", d["z_channels"], embed, 1)
    if gumbel:
        w.conv("quantize.proj", codes, embed, 1)
    w.add("quantize.embed.weight" if gumbel else "quantize.embedding.weight", codes, embed, std=0.5)
    return w


def text_weights(w, width, layers, embed):
    w.add("positional_embedding", CONTEXT, width, std=0.1)
    w.add("text_projection", width, embed, std=width ** -0.5, dtype=torch.float16)
    w["logit_scale"] = torch.tensor(math.log(20))
    w.norm("ln_final", width)
    w.transformer("transformer.resblocks", width, layers)
    w.add("token_embedding.weight", 512 + MERGES + 2, width, std=0.3)


def clip_weights(seed, width, layers, patch, grid, text_width, text_layers, embed):
    w = Weights(seed)
    w.add("visual.class_embedding", width, std=1.0)
    w.add("visual.positional_embedding", grid * grid + 1, width, std=0.5)
    w.add("visual.proj", width, embed, std=width ** -0.5, dtype=torch.float16)
    w.add("visual.conv1.weight", width, 3, patch, patch, std=0.1, dtype=torch.float16)
    for name in "visual.ln_pre", "visual.ln_post":
        w.norm(name, width)
    w.transformer("visual.transformer.resblocks", width, layers)
    text_weights(w, text_width, text_layers, embed)
    return w


def resnet_clip_weights(seed, width, blocks, grid, text_width, text_layers, embed):
    w = Weights(seed)
    for i, (out, in_) in enumerate([(width // 2, 3), (width // 2, width // 2), (width, width // 2)], 1):
        w.conv_norm(f"visual.conv{i}", f"visual.bn{i}", out, in_, 3)
    channels = width
    for layer, n in enumerate(blocks):
        inner = width << layer
        for block in range(n):
            name = f"visual.layer{layer + 1}.{block}."
            w.conv_norm(name + "conv1", name + "bn1", inner, channels, 1)
            w.conv_norm(name + "conv2", name + "bn2", inner, inner, 3)
            w.conv_norm(name + "conv3", name + "bn3", 4 * inner, inner, 1, gain=0.5)
            if block == 0:
                w.conv_norm(name + "downsample.0", name + "downsample.1", 4 * inner, channels, 1)
            channels = 4 * inner
    w.add("visual.attnpool.positional_embedding", grid * grid + 1, channels, std=channels ** -0.5)
    for p in "qkvc":
        w.linear(f"visual.attnpool.{p}_proj.", embed if p == "c" else channels, channels, torch.float16)
    text_weights(w, text_width, text_layers, embed)
    return w


class Node(torch.nn.Module):
    def forward(self, x):
        return x


def script(named, path):
    """A TorchScript archive as OpenAI publishes its models: modules under the names' dots, and three numbers as buffers."""
    root = Node()
    numbers = {"input_resolution": torch.tensor(64), "context_length": torch.tensor(CONTEXT), "vocab_size": torch.tensor(512 + MERGES + 2)}
    for name, t in {**named, **numbers}.items():
        node, (*modules, last) = root, name.split(".")
        for m in modules:
            if not hasattr(node, m):
                node.add_module(m, Node())
            node = getattr(node, m)
        if t.is_floating_point() and "running" not in last:
            node.register_parameter(last, torch.nn.Parameter(t, requires_grad=False))
        else:
            node.register_buffer(last, t)
    torch.jit.save(torch.jit.trace(root, torch.zeros(1), check_trace=False), path)


YAML = """model:
  target: taming.models.vqgan.{target}
  params:
    embed_dim: {embed}
    n_embed: {codes}
    ddconfig:
      double_z: false
      z_channels: {z_channels}
      resolution: {resolution}
      in_channels: 3
      out_ch: 3
      ch: {ch}
      ch_mult: {ch_mult}
      num_res_blocks: {num_res_blocks}
      attn_resolutions: {attn_resolutions}
      dropout: 0.0
"""


def smooth(random, c, h, w, low, high):
    """A picture without edges, within the limits."""
    x = F.interpolate(torch.rand(1, c, h // 6 + 2, w // 6 + 2, generator=random), (h, w), mode="bicubic", align_corners=True)
    x = x + 0.1 * torch.rand(1, c, h, w, generator=random)
    x = (x - x.min()) / (x.max() - x.min())
    return low + (high - low) * x


def picture(random, h, w):
    return (smooth(random, 3, h, w, 0, 255.99)[0].permute(1, 2, 0)).to(torch.uint8)


def resized(x, h, w):
    return torch.from_numpy(np.array(Image.fromarray(x.numpy()).resize((w, h), Image.LANCZOS)))


class Fixture:
    def __init__(self):
        self.arrays, self.info, self.cases = {}, {}, {}

    def case(self, name, case, inputs, compute):
        self.cases[name] = case
        truth, single = compute(torch.float64), compute(torch.float32)
        for array, value in inputs.items():
            self.put(f"{name}/{array}", value)
        for array, value in truth.items():
            self.put(f"{name}/{array}", value, single[array])

    def put(self, name, value, single=None):
        value = value.detach()
        info = {"shape": list(value.shape)}
        if value.is_floating_point():
            info["max"] = value.abs().max().item()
            if single is not None:
                off = (single.detach().double() - value.double()).abs()
                info["noise"], info["frac_gt_1e-3"] = off.max().item(), (off > 1e-3).double().mean().item()
            value = value.float()
        else:
            if single is not None:
                info["differ"] = int((single != value).sum())
            value = value if value.dtype == torch.uint8 else value.int()
        self.info[name], self.arrays[name] = info, value.numpy()


def add_units(f):
    r = torch.Generator().manual_seed(11)
    normal = lambda *shape: torch.randn(shape, generator=r)
    case = {"kind": "unit", "adam_lr": 0.1,
            "prompt_cases_weight_stop": [[1.0, None], [2.5, None], [-0.5, None], [1.0, 1.15], [-1.0, -1.15], [0.0, None]]}
    inputs = {"clamp_x": normal(64) + 0.5, "clamp_g": normal(64), "prompt_emb": normal(5, 16), "prompt_embed": normal(3, 16),
              "adam_z0": normal(1, 4, 3, 3), "adam_g": normal(5, 1, 4, 3, 3)}
    f.case("unit", case, inputs, lambda dtype: unit(inputs, case, dtype))


def add_vqgan(f, name, file, w, d, h, wide, seed):
    r = torch.Generator().manual_seed(seed)
    up = 2 ** (len(d["ch_mult"]) - 1)
    source = picture(r, 25, 31)
    inputs = {"z": 1.2 * torch.rand(1, d["z_channels"], h, wide, generator=r) - 0.6, "decode_grad_out": torch.randn(1, 3, h * up, wide * up, generator=r),
              "init_u8": source, "init_resized_u8": resized(source, h * up, wide * up)}
    f.case(name, {"kind": "vqgan", "files": [file], "z_hw": [h, wide]}, inputs, lambda dtype: vqgan(inputs, w, d, dtype))


TEXTS = ["a photo of a cat", "An oil painting of a lighthouse at dusk, 8k", "", "don't stop \U0001f600", "very long " * 40]


def add_clip(f, name, w, tokenizer, heads, seed, size, embed, file="clip.pt", act=quick_gelu, gradient=True):
    r = torch.Generator().manual_seed(seed)
    case = {"kind": "clip", "files": [file], "heads": heads, "texts": TEXTS}
    inputs = {"image01": torch.cat([smooth(r, 3, size, size, 0, 1) for _ in range(2)])}
    if gradient:
        inputs["grad_out"] = torch.randn(2, embed, generator=r)
    inputs["tokens"] = tokenizer.rows(TEXTS)
    f.case(name, case, inputs, lambda dtype: clip(inputs, case, w, dtype, act))


def add_cutouts(f, name, cut, h, w, boxes, seed):
    r = torch.Generator().manual_seed(seed)
    case = {"kind": "cutouts", "cut": cut, "hw": [h, w], "boxes_size_x_y": boxes}
    inputs = {"image_original": smooth(r, 3, h, w, 0.15, 0.85), "image_pooling": smooth(r, 3, h, w, 0.05, 0.95),
              "grad_out": torch.randn(len(boxes), 3, cut, cut, generator=r)}
    f.case(name, case, inputs, lambda dtype: cutting(inputs, case, dtype))


def add_loop(f, name, vqgan_file, vw, d, cw, tokenizer, codes, h, w, seed, **case):
    r = torch.Generator().manual_seed(seed)
    case = {"kind": "loop", "files": [vqgan_file, "clip.pt"], "heads": [2, 4], "z_hw": [h, w], "betas": [0.9, 0.999], "eps": 1e-8,
            "image_prompt_boxes": None, "image_prompt_weight": None, "init": None, **case}
    inputs = {"indices0": torch.randint(codes, (1, h, w), generator=r), "tokens": tokenizer.rows([p[0] for p in case["prompts"]])}
    if case["image_prompt_boxes"]:
        inputs["image_prompt_u8"] = picture(r, 45, 36)
        ratio, area = 36 / 45, min(36 * 45, 4 * h * w)
        inputs["image_prompt_resized_u8"] = resized(inputs["image_prompt_u8"], round((area / ratio) ** 0.5), round((area * ratio) ** 0.5))
    f.case(name, case, inputs, lambda dtype: loop(inputs, case, vw, d, cw, dtype))
    image = f.arrays[name + "/image"]
    assert 0 < image.min() and image.max() < 1, "a saturated picture: choose another seed"


STRINGS = ["", "x", "hello world", "Hello, World!", "an oil painting of a lighthouse at dusk, by Turner", "it's 1984, don't panic", "caf\u00e9 au lait",
           "\u4e1c\u4eac tower at night", "snake_case |pipe| #tag 8k", "fish &amp; chips", "a <|endoftext|> b", "very long " * 60]


def main():
    with gzip.open(OFFICIAL) as f:
        lines = f.read().split(b"\n")[:1 + MERGES]
    with open(MERGES_FILE, "wb") as f:
        f.write(gzip.compress(b"\n".join(lines) + b"\n", mtime=0))
    tokenizer, official = Tokenizer(MERGES_FILE, MERGES), Tokenizer(OFFICIAL)
    tokens = []
    for text in STRINGS:
        ids, too_long = official.encode(text)
        tokens.append({"text": text, "ids": ids, "too_long": too_long, "same_without_ftfy": True, "same_with_tidy": True})
    with open("tokens.json", "w") as f:
        json.dump({"note": "ids are those of the official vocabulary, whatever the folder's checkpoints have", "tokens": tokens}, f, indent=1)

    d = {"z_channels": 16, "resolution": 16, "ch": 32, "num_res_blocks": 1, "attn_resolutions": [8]}
    plain, wide = dict(d, ch_mult=[1, 2]), dict(d, ch_mult=[1, 1], attn_resolutions=[])
    vq, gumbel = vqgan_weights(1, plain, 16, 24, False), vqgan_weights(2, wide, 16, 24, True)
    cw = clip_weights(3, 64, 2, 8, 3, 64, 2, 32)
    for name, target, w, dd in ("vqgan", "VQModel", vq, plain), ("gumbel", "GumbelVQ", gumbel, wide):
        torch.save({"state_dict": dict(w), "global_step": 0}, name + ".ckpt")
        with open(name + ".yaml", "w") as f:
            f.write(YAML.format(target=target, embed=16, codes=24, **dd))
    torch.save(dict(cw), "clip.pt")
    rw = resnet_clip_weights(4, 4, (2, 1, 2, 1), 2, 64, 1, 32)
    script(rw, "clip_resnet.pt")

    f = Fixture()
    add_units(f)
    add_vqgan(f, "vqgan", "vqgan.ckpt", vq, plain, 5, 7, 21)
    add_vqgan(f, "gumbel", "gumbel.ckpt", gumbel, wide, 6, 4, 22)
    add_clip(f, "clip", cw, tokenizer, [None, None], 31, 24, 32)
    add_clip(f, "clip_heads", cw, tokenizer, [2, 4], 32, 24, 32)
    add_clip(f, "clip_resnet", rw, tokenizer, [None, None], 33, 64, 32, "clip_resnet.pt")
    add_cutouts(f, "cuts_shrink", 16, 30, 26, [[26, 0, 4], [17, 9, 13], [16, 3, 2]], 41)
    add_cutouts(f, "cuts_enlarge", 24, 14, 19, [[14, 5, 0], [9, 2, 5]], 42)
    add_loop(f, "loop_main", "vqgan.ckpt", vq, plain, cw, tokenizer, 24, 15, 18, 51, steps=5, lr=0.1, cut_method="original", init=["notebook", 0.2],
             prompts=[["a photo of a cat", 1.0, None], ["watercolour of a storm", -0.3, None]], boxes_size_x_y=[[30, 0, 0], [25, 11, 5], [24, 3, 6], [28, 8, 1]])
    add_loop(f, "loop_pool", "gumbel.ckpt", gumbel, wide, cw, tokenizer, 24, 14, 12, 52, steps=3, lr=0.05, cut_method="pooling",
             prompts=[["a lighthouse at dusk", 1.5, None]], boxes_size_x_y=[None, [24, 0, 3], [17, 5, 11]], image_prompt_boxes=[[24, 0, 1], [19, 4, 0]],
             image_prompt_weight=[0.7])

    np.savez_compressed("golden.npz", **f.arrays)
    files = ["tokens.json", MERGES_FILE, "clip.pt", "clip_resnet.pt", "vqgan.ckpt", "vqgan.yaml", "gumbel.ckpt", "gumbel.yaml"]
    sums = {name: hashlib.sha256(open(name, "rb").read()).hexdigest() for name in files}
    with open("golden.json", "w") as out:
        json.dump({"arrays": f.info, "cases": f.cases, "sha256": sums, "made_with": {"torch": torch.__version__, "numpy": np.__version__}}, out, indent=1)


if __name__ == "__main__":
    main()
