"""Writes the folder forms: python3 make_forms.py (PyTorch 1.13). Each case is a tiny model in a form of taming-transformers' or OpenAI's relatives.

The networks are make.py's; what the relatives do otherwise, their quantisers, is written out here as they do it.
"""
import json
import os
import shutil
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../../../weights/testdata"))
import make
import relatives
from forms import hugging_face
from make import Fixture, Tokenizer, YAML, add_clip, add_loop, clip_weights, picture, resized, rows, vqgan_weights

FOLDER = os.path.join(HERE, "forms")


class Unit:
    """LlamaGen's quantiser: z and the codes are scaled to length 1 before they are compared, and the scaled code is what is decoded."""

    def codebook(self, w):
        return F.normalize(w["quantize.embedding.weight"], dim=-1)

    def nearest(self, w, z):
        x, book = F.normalize(z.permute(0, 2, 3, 1), dim=-1), self.codebook(w)
        return make.best(2 * x @ book.T - (book * book).sum(1) - (x * x).sum(-1, keepdim=True))

    def encode(self, w, latent):
        return self.nearest(w, latent)


class Product:
    """IBQ's: the code whose product with z is the largest. While z is optimised its nearest code is taken, as VQGAN+CLIP does with any VQGAN."""

    def codebook(self, w):
        return w["quantize.embedding.weight"]

    def nearest(self, w, z):
        x, book = z.permute(0, 2, 3, 1), self.codebook(w)
        return make.best(2 * x @ book.T - (book * book).sum(1) - (x * x).sum(-1, keepdim=True))

    def encode(self, w, latent):
        return make.best(torch.einsum("bdhw,nd->bhwn", latent, self.codebook(w)))


class quantiser:
    """make.py's functions with another quantiser."""

    def __init__(self, q):
        self.q = q

    def __enter__(self):
        self.kept = make.codebook, make.nearest, make.encode_indices
        if self.q:
            make.codebook, make.nearest, make.encode_indices = self.q.codebook, self.q.nearest, self.q.encode

    def __exit__(self, *_):
        make.codebook, make.nearest, make.encode_indices = self.kept


def add_vqgan(f, name, file, w, d, embed, h, wide, seed, q=None):
    r = torch.Generator().manual_seed(seed)
    up = 2 ** (len(d["ch_mult"]) - 1)
    source = picture(r, 25, 31)
    inputs = {"z": 1.2 * torch.rand(1, embed, h, wide, generator=r) - 0.6, "decode_grad_out": torch.randn(1, 3, h * up, wide * up, generator=r),
              "init_u8": source, "init_resized_u8": resized(source, h * up, wide * up)}
    with quantiser(q):
        f.case(name, {"kind": "vqgan", "files": [file], "z_hw": [h, wide]}, inputs, lambda dtype: make.vqgan(inputs, w, d, dtype))


def narrow(w, d, embed, codes):
    """Latents of another width than the network's last one, as LlamaGen's and latent-diffusion's are."""
    w.conv("quant_conv", embed, d["z_channels"], 1)
    w.conv("post_quant_conv", d["z_channels"], embed, 1)
    w.add("quantize.embedding.weight", codes, embed, std=0.5)


def save(value, *path):
    os.makedirs(os.path.join(FOLDER, *path[:-1]), exist_ok=True)
    torch.save(value, os.path.join(FOLDER, *path))


def write(text, *path):
    with open(os.path.join(FOLDER, *path), "w") as f:
        f.write(text)


def lightning(text):
    """IBQ's configuration is one of Lightning's command line."""
    text = text.replace("taming.models.vqgan.VQModel", "src.IBQ.models.ibqgan.IBQ")
    return text.replace("target:", "class_path:").replace("params:", "init_args:")


def without_middle(w):
    """A model whose middle has no attention computes as one whose attention adds zeros."""
    file = {name: t for name, t in w.items() if ".mid.attn_1." not in name}
    return file, {name: t * 0 if ".mid.attn_1." in name else t for name, t in w.items()}


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    for name in make.MERGES_FILE, "clip.pt":
        shutil.copy(os.path.join(HERE, name), FOLDER)
    tokenizer, f = Tokenizer(os.path.join(HERE, make.MERGES_FILE), make.MERGES), Fixture()
    d = {"z_channels": 16, "resolution": 16, "ch": 32, "num_res_blocks": 1, "attn_resolutions": [8], "ch_mult": [1, 2]}

    llama = vqgan_weights(61, d, 16, 24, False)
    narrow(llama, d, 8, 24)
    llama["decoder.conv_out.weight"] = llama["decoder.conv_out.weight"] * 0.5  # no picture of the loop may saturate
    save({"model": relatives.llama_gen(llama), "steps": 7}, "llamagen", "vq_ds2.pt")
    add_vqgan(f, "llamagen", "llamagen/vq_ds2.pt", llama, d, 8, 5, 7, 71, Unit())

    ibq = vqgan_weights(62, d, 16, 24, False)
    save({"state_dict": relatives.ibq(ibq)}, "ibq", "imagenet.ckpt")
    write(lightning(YAML.format(target="VQModel", embed=16, codes=24, **d)), "ibq", "imagenet.yaml")
    add_vqgan(f, "ibq", "ibq/imagenet.ckpt", ibq, d, 16, 6, 4, 72, Product())

    ldm = vqgan_weights(63, d, 16, 24, False)
    narrow(ldm, d, 4, 24)
    save({"state_dict": {**ldm, "loss.discriminator.main.0.weight": torch.zeros(1, 3, 4, 4)}}, "ldm", "model.ckpt")
    write(YAML.format(target="VQModel", embed=4, codes=24, **d).replace("taming.models.vqgan.VQModel", "ldm.models.autoencoder.VQModelInterface"), "ldm", "model.yaml")
    add_vqgan(f, "ldm", "ldm/model.ckpt", ldm, d, 4, 5, 6, 73)

    older = vqgan_weights(64, d, 16, 24, False)
    save(relatives.diffusers(older, older=True), "diffusers", "diffusion_pytorch_model.bin")
    write(json.dumps({"_class_name": "VQModel", "act_fn": "silu", "num_vq_embeddings": 24, "latent_channels": 16, "norm_num_groups": 32, "sample_size": 16}), "diffusers", "config.json")
    add_vqgan(f, "diffusers", "diffusers/diffusion_pytorch_model.bin", older, d, 16, 5, 6, 74)

    plain = dict(d, attn_resolutions=[])
    file, whole = without_middle(vqgan_weights(65, plain, 16, 24, False))
    save(relatives.diffusers(file), "amused", "diffusion_pytorch_model.bin")
    add_vqgan(f, "amused", "amused/diffusion_pytorch_model.bin", whole, plain, 16, 5, 6, 75)

    tiny = {k: t.float() for k, t in clip_weights(66, 48, 2, 8, 3, 40, 2, 24).items()}  # heads of 16 and of 8
    save(hugging_face(tiny), "tinyclip", "pytorch_model.bin")
    tower = {"hidden_act": "gelu", "layer_norm_eps": 1e-05}
    write(json.dumps({"model_type": "clip", "projection_dim": 24, "text_config": {**tower, "num_attention_heads": 5, "num_hidden_layers": 2},
                      "vision_config": {**tower, "num_attention_heads": 3, "num_hidden_layers": 2, "patch_size": 8}}), "tinyclip", "config.json")
    add_clip(f, "tinyclip", tiny, tokenizer, [3, 5], 81, 24, 24, "tinyclip/pytorch_model.bin", F.gelu)

    # The gradient goes to z as it comes, whatever the quantiser: z begins as codes of length 1 and need not stay so.
    with quantiser(Unit()):
        add_loop(f, "llamagen_loop", "llamagen/vq_ds2.pt", llama, d, clip_weights(3, 64, 2, 8, 3, 64, 2, 32), tokenizer, 24, 15, 18, 91, steps=5, lr=0.1,
                 cut_method="original", prompts=[["a photo of a cat", 1.0, None]], boxes_size_x_y=[[30, 0, 0], [25, 11, 5]])

    np.savez_compressed(os.path.join(FOLDER, "golden.npz"), **f.arrays)
    write(json.dumps({"tokens": []}), "tokens.json")
    write(json.dumps({"arrays": f.info, "cases": f.cases, "sha256": {}, "made_with": {"torch": torch.__version__, "numpy": np.__version__}}, indent=1), "golden.json")


if __name__ == "__main__":
    main()
