"""Writes checkpoints of the published sizes and forms with random weights: python3 fullsize.py DIR NAME... (PyTorch 1.13).

NAME is ViT-B-32, ViT-B-16, ViT-L-14, ViT-L-14-336px, RN50, RN101, RN50x4, RN50x16, RN50x64 (OpenAI's TorchScript archives with fp16 weights),
clip-vit-base-patch32 (Hugging Face's form), CLIP-ViT-B-32-laion2B (OpenCLIP's, with GELU), vqgan_imagenet_f16_1024,
vqgan_imagenet_f16_16384, vqgan_gumbel_f8 or faceshq (.ckpt of taming-transformers with its training left-overs, and .yaml; faceshq is the
first stage of a Net2NetTransformer).
Weights are drawn as the published models draw theirs before training, so that signals neither die nor explode.
"""
import json
import math
import os
import sys

import torch

from forms import hugging_face, safetensors

CONTEXT, VOCABULARY = 77, 49408
VIT = {  # width, layers, patch, side, text width, embedding
    "ViT-B-32": (768, 12, 32, 224, 512, 512), "ViT-B-16": (768, 12, 16, 224, 512, 512),
    "clip-vit-base-patch32": (768, 12, 32, 224, 512, 512), "CLIP-ViT-B-32-laion2B": (768, 12, 32, 224, 512, 512),
    "ViT-L-14": (1024, 24, 14, 224, 768, 768), "ViT-L-14-336px": (1024, 24, 14, 336, 768, 768),
}
RESNET = {  # width, blocks, side, text width, embedding
    "RN50": (64, (3, 4, 6, 3), 224, 512, 1024), "RN101": (64, (3, 4, 23, 3), 224, 512, 512), "RN50x4": (80, (4, 6, 10, 6), 288, 640, 640),
    "RN50x16": (96, (6, 8, 18, 8), 384, 768, 768), "RN50x64": (128, (3, 15, 36, 10), 448, 1024, 1024),
}
VQGAN = {  # class, codes, ch_mult, attn_resolutions
    "vqgan_imagenet_f16_1024": ("VQModel", 1024, [1, 1, 2, 2, 4], [16]), "vqgan_imagenet_f16_16384": ("VQModel", 16384, [1, 1, 2, 2, 4], [16]),
    "vqgan_gumbel_f8": ("GumbelVQ", 8192, [1, 1, 2, 4], [32]), "faceshq": ("Net2NetTransformer", 1024, [1, 1, 2, 2, 4], [16]),
}


class Weights(dict):
    def normal(self, name, *shape, std, half=True):
        t = torch.randn(shape) * std
        self[name] = t.half() if half else t

    def norm(self, name, c):
        self[name + ".weight"], self[name + ".bias"] = torch.ones(c) + 0.1 * torch.randn(c), 0.1 * torch.randn(c)

    def linear(self, name, out, in_, std, half=True):
        self.normal(name + "weight", out, in_, std=std, half=half)
        self.normal(name + "bias", out, std=0.02, half=half)

    def transformer(self, prefix, width, layers):
        out = width ** -0.5 * (2 * layers) ** -0.5
        for i in range(layers):
            p = f"{prefix}.{i}."
            self.norm(p + "ln_1", width)
            self.linear(p + "attn.in_proj_", 3 * width, width, width ** -0.5)
            self.linear(p + "attn.out_proj.", width, width, out)
            self.norm(p + "ln_2", width)
            self.linear(p + "mlp.c_fc.", 4 * width, width, (2 * width) ** -0.5)
            self.linear(p + "mlp.c_proj.", width, 4 * width, out)

    def text(self, width, embed):
        self.normal("token_embedding.weight", VOCABULARY, width, std=0.02, half=False)
        self.normal("positional_embedding", CONTEXT, width, std=0.01, half=False)
        self.transformer("transformer.resblocks", width, 12)
        self.norm("ln_final", width)
        self.normal("text_projection", width, embed, std=width ** -0.5)
        self["logit_scale"] = torch.tensor(math.log(100))

    def frozen(self, conv, norm, out, in_, k, gain=1.0):
        self.normal(conv + ".weight", out, in_, k, k, std=math.sqrt(2 / (in_ * k * k)))
        self.norm(norm, out)
        self[norm + ".weight"] *= gain
        self[norm + ".running_mean"], self[norm + ".running_var"] = 0.1 * torch.randn(out), 0.5 + torch.rand(out)
        self[norm + ".num_batches_tracked"] = torch.tensor(1)

    def conv(self, name, out, in_, k):
        bound = 1 / math.sqrt(in_ * k * k)
        self[name + ".weight"], self[name + ".bias"] = bound * (2 * torch.rand(out, in_, k, k) - 1), bound * (2 * torch.rand(out) - 1)

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


def vit(width, layers, patch, side, text, embed):
    w = Weights()
    w.normal("visual.class_embedding", width, std=width ** -0.5, half=False)
    w.normal("visual.positional_embedding", (side // patch) ** 2 + 1, width, std=width ** -0.5, half=False)
    w.normal("visual.proj", width, embed, std=width ** -0.5)
    w.normal("visual.conv1.weight", width, 3, patch, patch, std=1 / math.sqrt(3 * patch * patch))
    w.norm("visual.ln_pre", width)
    w.transformer("visual.transformer.resblocks", width, layers)
    w.norm("visual.ln_post", width)
    w.text(text, embed)
    return w


def resnet(width, blocks, side, text, embed):
    w = Weights()
    for i, (out, in_) in enumerate([(width // 2, 3), (width // 2, width // 2), (width, width // 2)], 1):
        w.frozen(f"visual.conv{i}", f"visual.bn{i}", out, in_, 3)
    channels = width
    for layer, n in enumerate(blocks):
        inner = width << layer
        for block in range(n):
            p = f"visual.layer{layer + 1}.{block}."
            w.frozen(p + "conv1", p + "bn1", inner, channels, 1)
            w.frozen(p + "conv2", p + "bn2", inner, inner, 3)
            w.frozen(p + "conv3", p + "bn3", 4 * inner, inner, 1, gain=0.3)
            if block == 0:
                w.frozen(p + "downsample.0", p + "downsample.1", 4 * inner, channels, 1)
            channels = 4 * inner
    w.normal("visual.attnpool.positional_embedding", (side // 32) ** 2 + 1, channels, std=channels ** -0.5, half=False)
    for p in "qkvc":
        w.linear(f"visual.attnpool.{p}_proj.", embed if p == "c" else channels, channels, channels ** -0.5)
    w.text(text, embed)
    return w


def vqgan(kind, codes, mult, attn):
    w, widths = Weights(), [128 * m for m in mult]
    at = lambda level: 256 >> level in attn
    w.conv("encoder.conv_in", 128, 3, 3)
    for level, width in enumerate(widths):
        for block in range(2):
            w.resnet(f"encoder.down.{level}.block.{block}", width if block else ([128] + widths)[level], width)
            if at(level):
                w.attend(f"encoder.down.{level}.attn.{block}", width)
        if level < len(widths) - 1:
            w.conv(f"encoder.down.{level}.downsample.conv", width, width, 3)
    w.middle("encoder.mid", widths[-1])
    w.norm("encoder.norm_out", widths[-1])
    w.conv("encoder.conv_out", 256, widths[-1], 3)
    w.conv("decoder.conv_in", widths[-1], 256, 3)
    w.middle("decoder.mid", widths[-1])
    for level, width in reversed(list(enumerate(widths))):
        for block in range(3):
            w.resnet(f"decoder.up.{level}.block.{block}", width if block else (widths + widths[-1:])[level + 1], width)
            if at(level):
                w.attend(f"decoder.up.{level}.attn.{block}", width)
        if level > 0:
            w.conv(f"decoder.up.{level}.upsample.conv", width, width, 3)
    w.norm("decoder.norm_out", widths[0])
    w.conv("decoder.conv_out", 3, widths[0], 3)
    w.conv("quant_conv", 256, 256, 1)
    w.conv("post_quant_conv", 256, 256, 1)
    if kind == "GumbelVQ":
        w.conv("quantize.proj", codes, 256, 1)
    w.normal("quantize.embed.weight" if kind == "GumbelVQ" else "quantize.embedding.weight", codes, 256, std=0.5, half=False)
    w.normal("loss.perceptual_loss.net.slice5.28.weight", 512, 512, 3, 3, std=0.02, half=False)
    return w


class Node(torch.nn.Module):
    def forward(self, x):
        return x


def script(named, side, path):
    root = Node()
    numbers = {"input_resolution": torch.tensor(side), "context_length": torch.tensor(CONTEXT), "vocab_size": torch.tensor(VOCABULARY)}
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


def yaml(kind, codes, mult, attention):
    stage = "VQModel" if kind == "Net2NetTransformer" else kind
    lines = [f"target: taming.models.vqgan.{stage}", "params:", "  embed_dim: 256", f"  n_embed: {codes}", "  ddconfig:", "    double_z: false",
             "    z_channels: 256", "    resolution: 256", "    in_channels: 3", "    out_ch: 3", "    ch: 128", f"    ch_mult: {mult}",
             "    num_res_blocks: 2", f"    attn_resolutions: {attention}", "    dropout: 0.0"]
    if kind == "Net2NetTransformer":
        lines = [f"target: taming.models.cond_transformer.{kind}", "params:", "  first_stage_config:"] + ["    " + line for line in lines]
    return "".join(line + "\n" for line in ["model:"] + ["  " + line for line in lines])


def build(name):
    """The weights of a model under the names of OpenAI or taming-transformers."""
    torch.manual_seed(1)
    return vqgan(*VQGAN[name]) if name in VQGAN else vit(*VIT[name]) if name in VIT else resnet(*RESNET[name])


def save(folder, name, w):
    """Writes them in the form in which the model is published, and returns the file's name."""
    if name in VQGAN:
        return save_vqgan(folder, name, w)
    if name == "clip-vit-base-patch32":
        tower = {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-05}
        config = {"model_type": "clip", "text_config": {**tower, "num_attention_heads": 8}, "vision_config": {**tower, "num_attention_heads": 12}}
        return save_safetensors(folder, name, "model.safetensors", hugging_face({k: t.float() for k, t in w.items()}), "config.json", config)
    if name == "CLIP-ViT-B-32-laion2B":
        config = {"model_cfg": {"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
                                "text_cfg": {"context_length": CONTEXT, "vocab_size": VOCABULARY, "width": 512, "heads": 8, "layers": 12}}}
        return save_safetensors(folder, name, "open_clip_pytorch_model.safetensors", w, "open_clip_config.json", config)
    script(w, VIT[name][3] if name in VIT else RESNET[name][2], f"{folder}/{name}.pt")
    return name + ".pt"


def save_vqgan(folder, name, w):
    if VQGAN[name][0] == "Net2NetTransformer":
        w = {**{"first_stage_model." + k: t for k, t in w.items()}, "transformer.head.weight": torch.zeros(VQGAN[name][1], 16)}
    torch.save({"state_dict": dict(w), "global_step": 1}, f"{folder}/{name}.ckpt")
    with open(f"{folder}/{name}.yaml", "w") as f:
        f.write(yaml(*VQGAN[name]))
    return name + ".ckpt"


def save_safetensors(folder, name, file, w, config_file, config):
    os.makedirs(f"{folder}/{name}", exist_ok=True)
    safetensors(w, f"{folder}/{name}/{file}")
    with open(f"{folder}/{name}/{config_file}", "w") as f:
        json.dump(config, f)
    return f"{name}/{file}"


if __name__ == "__main__":
    for name in sys.argv[2:]:
        save(sys.argv[1], name, build(name))
