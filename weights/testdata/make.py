"""Writes the fixtures of this folder: python3 make.py (PyTorch 1.13).

clip_*: one tiny ViT CLIP with random weights in every published form. clip_resnet.pt: a CLIP with a modified ResNet, and beside it some of
its convolutions as PyTorch folds their batch norms into them. vqgan_*: tiny VQGANs; their tensors are overlapping views of one
small storage, which keeps the files small and is allowed in a checkpoint.
"""
import gzip
import json
import re
from collections import OrderedDict

import torch

from forms import hugging_face, safetensors

torch.manual_seed(1)
VISION, TEXT, CONTEXT, VOCABULARY, EMBED, PATCH, GRID = 16, 8, 6, 520, 4, 2, 3


def half(*shape):  # values that float16 holds, so that all forms are equal
    return torch.randn(shape).half().float()


def block(prefix, w):
    return {
        prefix + "ln_1.weight": half(w), prefix + "ln_1.bias": half(w),
        prefix + "attn.in_proj_weight": half(3 * w, w), prefix + "attn.in_proj_bias": half(3 * w),
        prefix + "attn.out_proj.weight": half(w, w), prefix + "attn.out_proj.bias": half(w),
        prefix + "ln_2.weight": half(w), prefix + "ln_2.bias": half(w),
        prefix + "mlp.c_fc.weight": half(4 * w, w), prefix + "mlp.c_fc.bias": half(4 * w),
        prefix + "mlp.c_proj.weight": half(w, 4 * w), prefix + "mlp.c_proj.bias": half(w),
    }


clip = OrderedDict({
    "token_embedding.weight": half(VOCABULARY, TEXT), "positional_embedding": half(CONTEXT, TEXT),
    "ln_final.weight": half(TEXT), "ln_final.bias": half(TEXT), "text_projection": half(TEXT, EMBED), "logit_scale": half(),
    "visual.conv1.weight": half(VISION, 3, PATCH, PATCH), "visual.class_embedding": half(VISION),
    "visual.positional_embedding": half(GRID * GRID + 1, VISION), "visual.proj": half(VISION, EMBED),
    "visual.ln_pre.weight": half(VISION), "visual.ln_pre.bias": half(VISION),
    "visual.ln_post.weight": half(VISION), "visual.ln_post.bias": half(VISION),
})
clip.update(block("transformer.resblocks.0.", TEXT))
clip.update(block("visual.transformer.resblocks.0.", VISION))
clip.update(block("visual.transformer.resblocks.1.", VISION))


class Node(torch.nn.Module):
    pass


class Root(torch.nn.Module):
    def forward(self, x):
        return x


def script(named, path, resolution=GRID * PATCH):
    root = Root()
    for name, t in named.items():
        *path_, last = name.split(".")
        node = root
        for part in path_:
            if not hasattr(node, part):
                node.add_module(part, Node())
            node = getattr(node, part)
        is_half = not re.search(r"ln_|embedding|logit|bn\d|downsample\.1", name)
        t = t.half() if is_half else t
        if "running" in last or "num_batches" in last:
            node.register_buffer(last, t)
        else:
            node.register_parameter(last, torch.nn.Parameter(t, requires_grad=False))
    for name, n in ("input_resolution", resolution), ("context_length", CONTEXT), ("vocab_size", VOCABULARY):
        root.register_buffer(name, torch.tensor(n))
    torch.jit.save(torch.jit.trace(root, torch.zeros(1), check_trace=False), path)


def views(named):
    out = OrderedDict()
    for i, (name, t) in enumerate(named.items()):
        if t.dim() == 2 and i % 2:
            out[name] = t.t().contiguous().t()  # column-major
        elif t.dim():
            padded = torch.zeros(t.shape[0], *[n + 1 for n in t.shape[1:]])
            inside = padded[tuple(slice(0, n) for n in t.shape)]
            inside.copy_(t)
            out[name] = inside
        else:
            out[name] = torch.stack([t, t])[1]
    return out


script(clip, "clip_script.pt")
torch.save(clip, "clip_state_dict.pt")
torch.save(OrderedDict(("module." + k, v.half()) for k, v in clip.items()), "clip_legacy.pt", _use_new_zipfile_serialization=False)
torch.save({"state_dict": views(clip)}, "clip_views.pt")
safetensors(hugging_face(clip), "clip_hugging_face.safetensors")
safetensors({**{k: v.half() for k, v in clip.items()}, "attn_mask": torch.zeros(CONTEXT, CONTEXT)}, "clip_open_clip.safetensors")
with open("clip_config.json", "w") as f:
    tower = {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-05}
    json.dump({"model_type": "clip", "text_config": {**tower, "num_attention_heads": 2}, "vision_config": {**tower, "num_attention_heads": 4}}, f)
with open("clip_open_clip_config.json", "w") as f:
    json.dump({"model_cfg": {"embed_dim": EMBED, "vision_cfg": {"head_width": 4}, "text_cfg": {"heads": 2}},
               "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}}, f)
# Six merges of single letters: with 514 other entries they make the vocabulary of 520.
with gzip.GzipFile("vocab.txt.gz", "wb", mtime=0) as f:
    f.write("\n".join(["#merges", "t h", "a n", "i n", "th e</w>", "an d</w>", "o n"]).encode())

CH, MULT, RESOLUTION, ATTENTION, Z, CODES = 32, [1, 2], 16, [8], 4, 10
POOL = torch.randn(1500).half()


def vqgan(gumbel):
    out = OrderedDict()

    def view(name, *shape):
        stride = {4: (11, 5, shape[-1], 1), 2: (11, 1), 1: (1,)}[len(shape)]
        out[name] = POOL.as_strided(shape, stride, storage_offset=len(out) * 3 % 300)

    def conv(name, o, i, k):
        view(name + ".weight", o, i, k, k)
        view(name + ".bias", o)

    def norm(name, c):
        view(name + ".weight", c)
        view(name + ".bias", c)

    def residual(name, i, o):
        norm(name + ".norm1", i)
        conv(name + ".conv1", o, i, 3)
        norm(name + ".norm2", o)
        conv(name + ".conv2", o, o, 3)
        if i != o:
            conv(name + ".nin_shortcut", o, i, 1)

    def attention(name, c):
        norm(name + ".norm", c)
        for layer in "q", "k", "v", "proj_out":
            conv(f"{name}.{layer}", c, c, 1)

    def middle(name, c):
        residual(name + ".block_1", c, c)
        attention(name + ".attn_1", c)
        residual(name + ".block_2", c, c)

    top = CH * MULT[-1]
    conv("encoder.conv_in", CH, 3, 3)
    residual("encoder.down.0.block.0", CH, CH)
    conv("encoder.down.0.downsample.conv", CH, CH, 3)
    residual("encoder.down.1.block.0", CH, top)
    attention("encoder.down.1.attn.0", top)
    middle("encoder.mid", top)
    norm("encoder.norm_out", top)
    conv("encoder.conv_out", Z, top, 3)
    conv("decoder.conv_in", top, Z, 3)
    middle("decoder.mid", top)
    for i in range(2):
        residual(f"decoder.up.1.block.{i}", top, top)
        attention(f"decoder.up.1.attn.{i}", top)
    conv("decoder.up.1.upsample.conv", top, top, 3)
    residual("decoder.up.0.block.0", top, CH)
    residual("decoder.up.0.block.1", CH, CH)
    norm("decoder.norm_out", CH)
    conv("decoder.conv_out", 3, CH, 3)
    conv("quant_conv", Z, Z, 1)
    conv("post_quant_conv", Z, Z, 1)
    if gumbel:
        view("quantize.embed.weight", CODES, Z)
        conv("quantize.proj", CODES, Z, 1)
    else:
        view("quantize.embedding.weight", CODES, Z)
    return out


def config(target, indent):
    text = f"""target: taming.models.vqgan.{target}
params:
  embed_dim: {Z}
  n_embed: {CODES}
  ddconfig:
    double_z: false
    z_channels: {Z}
    resolution: {RESOLUTION}
    in_channels: 3
    out_ch: 3
    ch: {CH}
    ch_mult: {MULT}
    num_res_blocks: 1
    attn_resolutions: {ATTENTION}
    dropout: 0.0
  lossconfig:
    target: taming.modules.losses.vqperceptual.DummyLoss
"""
    return "".join(indent + line + "\n" for line in text.splitlines())


plain = vqgan(False)
loss = {"loss.discriminator.main.0.weight": POOL[:8].view(2, 4), "loss.discriminator.main.1.num_batches_tracked": torch.tensor(3)}
torch.save({"epoch": 1, "state_dict": {**plain, **loss}}, "vqgan.ckpt")
torch.save(plain, "vqgan_bare.ckpt")
torch.save({"epoch": 1, "state_dict": plain}, "vqgan_legacy.ckpt", _use_new_zipfile_serialization=False)
torch.save({"state_dict": {**{"first_stage_model." + k: v for k, v in {**plain, **loss}.items()}, "transformer.head.weight": POOL[:4]}}, "net2net.ckpt")
torch.save({"state_dict": vqgan(True)}, "gumbel.ckpt")
with open("vqgan.yaml", "w") as f:
    f.write("model:\n" + config("VQModel", "  "))
with open("gumbel.yaml", "w") as f:
    f.write("model:\n" + config("GumbelVQ", "  "))
with open("net2net.yaml", "w") as f:
    f.write("model:\n  target: taming.models.cond_transformer.Net2NetTransformer\n  params:\n    first_stage_config:\n" + config("VQModel", "      "))


def resnet(width, blocks, grid):
    out, norms = OrderedDict(), {}

    def conv(name, norm, o, i, k):
        out[name + ".weight"] = half(o, i, k, k)
        out[norm + ".weight"], out[norm + ".bias"], out[norm + ".running_mean"] = half(o), half(o), half(o)
        out[norm + ".running_var"], out[norm + ".num_batches_tracked"] = torch.rand(o), torch.tensor(3)
        norms[name] = norm

    for i, (o, n) in enumerate([(width // 2, 3), (width // 2, width // 2), (width, width // 2)], 1):
        conv(f"visual.conv{i}", f"visual.bn{i}", o, n, 3)
    channels = width
    for layer, n in enumerate(blocks):
        inner = width << layer
        for b in range(n):
            p = f"visual.layer{layer + 1}.{b}."
            conv(p + "conv1", p + "bn1", inner, channels, 1)
            conv(p + "conv2", p + "bn2", inner, inner, 3)
            conv(p + "conv3", p + "bn3", 4 * inner, inner, 1)
            if b == 0:
                conv(p + "downsample.0", p + "downsample.1", 4 * inner, channels, 1)
            channels = 4 * inner
    out["visual.attnpool.positional_embedding"] = half(grid * grid + 1, channels)
    for p in "qkvc":
        rows = EMBED if p == "c" else channels
        out[f"visual.attnpool.{p}_proj.weight"], out[f"visual.attnpool.{p}_proj.bias"] = half(rows, channels), half(rows)
    out.update((k, v) for k, v in clip.items() if not k.startswith("visual."))
    folded = {}
    for name, norm in norms.items():
        if re.match(r"visual\.(conv|layer2)", name):
            w, b = torch.nn.utils.fusion.fuse_conv_bn_weights(
                *(t if t is None else t.double() for t in (out[name + ".weight"], None, out[norm + ".running_mean"], out[norm + ".running_var"])), 1e-5,
                out[norm + ".weight"].double(), out[norm + ".bias"].double())
            folded[name + ".weight"], folded[name + ".bias"] = w.float(), b.float()
    return out, folded


resnet_clip, folded = resnet(2, (1, 2, 1, 1), 1)
script(resnet_clip, "clip_resnet.pt", 32)
safetensors({k: v.detach() for k, v in folded.items()}, "clip_resnet_folded.safetensors")
