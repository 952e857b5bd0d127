"""Writes checkpoints of the published sizes and forms with random weights: python3 fullsize.py DIR NAME... (PyTorch 1.13).

NAME is a key of VIT, RESNET or VQGAN: OpenAI's CLIPs are TorchScript archives with fp16 weights, clip-vit-base-patch32 and the TinyCLIPs have Hugging
Face's form and CLIP-ViT-B-32-laion2B OpenCLIP's, with GELU. VQGANs of taming-transformers and latent-diffusion are .ckpt with the left-overs of their
training, and .yaml; faceshq is the first stage of a Net2NetTransformer. IBQ's, LlamaGen's and diffusers' have the forms of their publishers.
Weights are drawn as the published models draw theirs before training, so that signals neither die nor explode.
"""
import json
import math
import os
import sys
from typing import NamedTuple

import torch

import relatives
from forms import hugging_face, safetensors

CONTEXT, VOCABULARY = 77, 49408


class ViT(NamedTuple):
    width: int
    layers: int
    patch: int
    side: int
    text: int  # the text tower's width
    embed: int
    text_layers: int = 12


class Network(NamedTuple):
    """A VQGAN: embed is the width of its codes, z that of the encoder's last layer, attention the resolutions that have it of 256 pixels."""
    kind: str
    codes: int
    mult: list
    attention: list
    embed: int = 256
    z: int = 256
    blocks: int = 2
    middle: bool = True  # has attention


HUGGING_FACE = {  # name: file; the activation of the first two is OpenAI's
    "clip-vit-base-patch32": "model.safetensors", "clip-vit-base-patch32-bin": "pytorch_model.bin", "TinyCLIP-ViT-8M-16-Text-3M": "model.safetensors",
    "TinyCLIP-ViT-39M-16-Text-19M": "model.safetensors", "TinyCLIP-ViT-40M-32-Text-19M": "model.safetensors", "TinyCLIP-ViT-61M-32-Text-29M": "model.safetensors",
}
B32 = ViT(768, 12, 32, 224, 512, 512)
VIT = {
    "ViT-B-32": B32, "ViT-B-16": B32._replace(patch=16), "clip-vit-base-patch32": B32, "clip-vit-base-patch32-bin": B32, "CLIP-ViT-B-32-laion2B": B32,
    "ViT-L-14": ViT(1024, 24, 14, 224, 768, 768), "ViT-L-14-336px": ViT(1024, 24, 14, 336, 768, 768),
    "TinyCLIP-ViT-8M-16-Text-3M": ViT(256, 10, 16, 224, 256, 512, 3), "TinyCLIP-ViT-39M-16-Text-19M": ViT(512, 12, 16, 224, 512, 512, 6),
    "TinyCLIP-ViT-40M-32-Text-19M": ViT(512, 12, 32, 224, 512, 512, 6), "TinyCLIP-ViT-61M-32-Text-29M": ViT(640, 12, 32, 224, 512, 512, 9),
}
RESNET = {  # width, blocks, side, text width, embedding
    "RN50": (64, (3, 4, 6, 3), 224, 512, 1024), "RN101": (64, (3, 4, 23, 3), 224, 512, 512), "RN50x4": (80, (4, 6, 10, 6), 288, 640, 640),
    "RN50x16": (96, (6, 8, 18, 8), 384, 768, 768), "RN50x64": (128, (3, 15, 36, 10), 448, 1024, 1024),
}
F16, F8, F4 = [1, 1, 2, 2, 4], [1, 2, 2, 4], [1, 2, 4]
VQGAN = {
    "vqgan_imagenet_f16_1024": Network("VQModel", 1024, F16, [16]), "vqgan_imagenet_f16_16384": Network("VQModel", 16384, F16, [16]),
    "vqgan_gumbel_f8": Network("GumbelVQ", 8192, [1, 1, 2, 4], [32]), "faceshq": Network("Net2NetTransformer", 1024, F16, [16]),
    "vq_ds16_c2i": Network("LlamaGen", 16384, F16, [16], embed=8), "vq_ds8_c2i": Network("LlamaGen", 16384, F8, [32], embed=8),
    "imagenet256_16384": Network("IBQ", 16384, F16, [16], blocks=4),
    "ldm-vq-f4": Network("VQModelInterface", 8192, F4, [], embed=3, z=3), "ldm-vq-f8": Network("VQModelInterface", 16384, F8, [32], embed=4, z=4),
    "ldm-vq-f16": Network("VQModelInterface", 16384, F16, [16], embed=8, z=8),
    "ldm-super-resolution-vqvae": Network("older diffusers", 8192, F4, [], embed=3, z=3),
    "amused-vqvae": Network("diffusers", 8192, [1, 2, 2, 4, 6], [], embed=64, z=64, middle=False),
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

    def text(self, width, embed, layers=12):
        self.normal("token_embedding.weight", VOCABULARY, width, std=0.02, half=False)
        self.normal("positional_embedding", CONTEXT, width, std=0.01, half=False)
        self.transformer("transformer.resblocks", width, layers)
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

    def middle(self, name, c, attention):
        self.resnet(name + ".block_1", c, c)
        if attention:
            self.attend(name + ".attn_1", c)
        self.resnet(name + ".block_2", c, c)


def vit(width, layers, patch, side, text, embed, text_layers):
    w = Weights()
    w.normal("visual.class_embedding", width, std=width ** -0.5, half=False)
    w.normal("visual.positional_embedding", (side // patch) ** 2 + 1, width, std=width ** -0.5, half=False)
    w.normal("visual.proj", width, embed, std=width ** -0.5)
    w.normal("visual.conv1.weight", width, 3, patch, patch, std=1 / math.sqrt(3 * patch * patch))
    w.norm("visual.ln_pre", width)
    w.transformer("visual.transformer.resblocks", width, layers)
    w.norm("visual.ln_post", width)
    w.text(text, embed, text_layers)
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


def vqgan(n):
    """The weights under taming-transformers' names, whoever published the model."""
    w, widths = Weights(), [128 * m for m in n.mult]
    at = lambda level: 256 >> level in n.attention
    w.conv("encoder.conv_in", 128, 3, 3)
    for level, width in enumerate(widths):
        for block in range(n.blocks):
            w.resnet(f"encoder.down.{level}.block.{block}", width if block else ([128] + widths)[level], width)
            if at(level):
                w.attend(f"encoder.down.{level}.attn.{block}", width)
        if level < len(widths) - 1:
            w.conv(f"encoder.down.{level}.downsample.conv", width, width, 3)
    w.middle("encoder.mid", widths[-1], n.middle)
    w.norm("encoder.norm_out", widths[-1])
    w.conv("encoder.conv_out", n.z, widths[-1], 3)
    w.conv("decoder.conv_in", widths[-1], n.z, 3)
    w.middle("decoder.mid", widths[-1], n.middle)
    for level, width in reversed(list(enumerate(widths))):
        for block in range(n.blocks + 1):
            w.resnet(f"decoder.up.{level}.block.{block}", width if block else (widths + widths[-1:])[level + 1], width)
            if at(level):
                w.attend(f"decoder.up.{level}.attn.{block}", width)
        if level > 0:
            w.conv(f"decoder.up.{level}.upsample.conv", width, width, 3)
    w.norm("decoder.norm_out", widths[0])
    w.conv("decoder.conv_out", 3, widths[0], 3)
    w.conv("quant_conv", n.embed, n.z, 1)
    w.conv("post_quant_conv", n.z, n.embed, 1)
    if n.kind == "GumbelVQ":
        w.conv("quantize.proj", n.codes, n.embed, 1)
    # Thousands of codes of three or four numbers lie so close together that float32 would decide between two; farther apart they do not.
    w.normal("quantize.embed.weight" if n.kind == "GumbelVQ" else "quantize.embedding.weight", n.codes, n.embed, std=4 if n.embed < 8 else 0.5, half=False)
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


def yaml(n):
    stages = {"Net2NetTransformer": "taming.models.vqgan.VQModel", "VQModelInterface": "ldm.models.autoencoder.VQModelInterface", "IBQ": "src.IBQ.models.ibqgan.IBQ"}
    lines = [f"target: {stages.get(n.kind, 'taming.models.vqgan.' + n.kind)}", "params:", f"  embed_dim: {n.embed}", f"  n_embed: {n.codes}", "  ddconfig:",
             "    double_z: false", f"    z_channels: {n.z}", "    resolution: 256", "    in_channels: 3", "    out_ch: 3", "    ch: 128", f"    ch_mult: {n.mult}",
             f"    num_res_blocks: {n.blocks}", f"    attn_resolutions: {n.attention}", "    dropout: 0.0"]
    if n.kind == "Net2NetTransformer":
        lines = [f"target: taming.models.cond_transformer.{n.kind}", "params:", "  first_stage_config:"] + ["    " + line for line in lines]
    if n.kind == "IBQ":  # Lightning's words, and what training was told
        lines = [line.replace("target:", "class_path:").replace("params:", "init_args:") for line in lines]
        lines += ["  learning_rate: 1e-4", "  l2_normalize: False", "  use_entropy_loss: True", "  beta: 0.25", "  use_ema: True", "  resume_lr:", "  lr_drop_epoch: [250, 300]"]
    return "".join(line + "\n" for line in ["model:"] + ["  " + line for line in lines])


def build(name):
    """The weights of a model under the names of OpenAI or taming-transformers."""
    torch.manual_seed(1)
    return vqgan(VQGAN[name]) if name in VQGAN else vit(*VIT[name]) if name in VIT else resnet(*RESNET[name])


def save(folder, name, w):
    """Writes them in the form in which the model is published, and returns the file's name."""
    if name in VQGAN:
        return save_vqgan(folder, name, w)
    if name in HUGGING_FACE:
        v, act = VIT[name], "gelu" if name.startswith("Tiny") else "quick_gelu"
        tower = lambda width, layers: {"hidden_act": act, "layer_norm_eps": 1e-05, "hidden_size": width, "num_attention_heads": width // 64, "num_hidden_layers": layers}
        config = {"model_type": "clip", "projection_dim": v.embed, "text_config": tower(v.text, v.text_layers), "vision_config": {**tower(v.width, v.layers), "patch_size": v.patch}}
        return save_beside(folder, name, HUGGING_FACE[name], hugging_face({k: t.float() for k, t in w.items()}), "config.json", config)
    if name == "CLIP-ViT-B-32-laion2B":
        config = {"model_cfg": {"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
                                "text_cfg": {"context_length": CONTEXT, "vocab_size": VOCABULARY, "width": 512, "heads": 8, "layers": 12}}}
        return save_beside(folder, name, "open_clip_pytorch_model.safetensors", w, "open_clip_config.json", config)
    script(w, VIT[name].side if name in VIT else RESNET[name][2], f"{folder}/{name}.pt")
    return name + ".pt"


def save_vqgan(folder, name, w):
    n = VQGAN[name]
    if n.kind == "LlamaGen":
        torch.save({"model": relatives.llama_gen(w), "steps": 1}, f"{folder}/{name}.pt")
        return name + ".pt"
    if "diffusers" in n.kind:
        config = {"_class_name": "VQModel", "act_fn": "silu", "block_out_channels": [128 * m for m in n.mult], "in_channels": 3, "latent_channels": n.z,
                  "layers_per_block": n.blocks, "num_vq_embeddings": n.codes, "out_channels": 3, "sample_size": 256}
        if not n.middle:
            config.update(mid_block_add_attention=False, norm_num_groups=32, norm_type="group", lookup_from_codebook=True, force_upcast=True)
        return save_beside(folder, name, "diffusion_pytorch_model.bin", relatives.diffusers(w, older=n.kind.startswith("older")), "config.json", config)
    if n.kind == "IBQ":
        named = relatives.ibq(w)
    else:
        named = {**w, "loss.perceptual_loss.net.slice5.28.weight": torch.zeros(512, 512, 3, 3)}
    if n.kind == "Net2NetTransformer":
        named = {**{"first_stage_model." + k: t for k, t in named.items()}, "transformer.head.weight": torch.zeros(n.codes, 16)}
    torch.save({"state_dict": named, "global_step": 1}, f"{folder}/{name}.ckpt")
    with open(f"{folder}/{name}.yaml", "w") as f:
        f.write(yaml(n))
    return name + ".ckpt"


def save_beside(folder, name, file, w, config_file, config):
    """A folder of its own, with the configuration beside the weights."""
    os.makedirs(f"{folder}/{name}", exist_ok=True)
    path = f"{folder}/{name}/{file}"
    if file.endswith(".bin"):
        torch.save(w, path)
    else:
        safetensors(w, path)
    with open(f"{folder}/{name}/{config_file}", "w") as f:
        json.dump(config, f)
    return f"{name}/{file}"


if __name__ == "__main__":
    for name in sys.argv[2:]:
        save(sys.argv[1], name, build(name))
