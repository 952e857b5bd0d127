"""Writes a golden folder of published architectures at their full sizes: python3 make_fullsize.py DIR NAME... (PyTorch 1.13). Without arguments it
prints the names.

The weights are random; the names are those of weights/testdata/fullsize.py. "make golden GOLDEN=DIR" holds the engine against them, and "make
golden-published" makes such a folder of each, one after another.
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
import fullsize
import make
from make import Fixture, MERGES_FILE, Tokenizer, add_clip
from make_forms import Product, Unit, add_vqgan

VOCABULARY = os.path.join(HERE, "../../../weights/vocab", MERGES_FILE)


def settle(w, side):
    """Gives a ResNet's batch norms the statistics of their inputs, as training does, and a bias of three of the outputs' deviations, or of four where so
    many more values pass that some would come near zero all the same.

    One ReLU whose input rounding puts on the other side of zero changes the gradient by about 1e-3; among the 20 million that two pictures
    pass in RN50, PyTorch's own float32 meets up to three. So far from zero it is one in a hundred times that. The signs
    go with the number of channels, so that the sums of blocks stay away from zero, too.
    """
    random, signs, plain, deviations = torch.Generator().manual_seed(2), {}, make.batch_norm, 3 if side < 384 else 4

    def batch_norm(_, name, x):
        channels = x.shape[1]
        sign = signs.setdefault(channels, torch.randint(2, (channels,), generator=random) * 2.0 - 1)
        w[name + ".running_mean"], w[name + ".running_var"] = x.mean((0, 2, 3)), x.var((0, 2, 3))
        w[name + ".bias"] = deviations * sign * w[name + ".weight"].abs()
        return plain(w, name, x)

    make.batch_norm = batch_norm
    with torch.no_grad():
        pictures = torch.cat([make.smooth(random, 3, side, side, 0, 1) for _ in range(2)])
        make.embed_images({k: t.float() for k, t in w.items()}, pictures)
    make.batch_norm = plain


# At 448 pixels what the way back needs of RN50x64 takes more memory than most machines have, so only the way there is computed.
WITHOUT_GRADIENT = ["RN50x64"]
QUANTISER = {"LlamaGen": Unit(), "IBQ": Product()}
SEED = {"vq_ds8_c2i": 2}  # of inputs, 1 for all others: with that, two codes are so near one latent that float32 would choose between them


def add_published_vqgan(f, folder, name, w):
    n, file = fullsize.VQGAN[name], fullsize.save(folder, name, w)
    d = {"z_channels": n.z, "resolution": 256, "ch": 128, "num_res_blocks": n.blocks, "attn_resolutions": n.attention, "ch_mult": n.mult}
    add_vqgan(f, name, file, w, d, n.embed, 3, 4, SEED.get(name, 1), QUANTISER.get(n.kind))


def add_published_clip(f, folder, name, w, tokenizer):
    side = fullsize.VIT[name].side if name in fullsize.VIT else fullsize.RESNET[name][2]
    if name in fullsize.RESNET:
        settle(w, side)
    file = fullsize.save(folder, name, w)
    act = F.gelu if "laion" in name or "Tiny" in name else make.quick_gelu
    add_clip(f, name, w, tokenizer, [None, None], 1, side, w["text_projection"].shape[1], file, act, name not in WITHOUT_GRADIENT)


def main(folder, names):
    shutil.copy(VOCABULARY, folder)
    tokenizer, f = Tokenizer(VOCABULARY), Fixture()
    for name in names:
        w = fullsize.build(name)
        if name in fullsize.VQGAN:
            add_published_vqgan(f, folder, name, w)
        else:
            add_published_clip(f, folder, name, w, tokenizer)
    np.savez_compressed(f"{folder}/golden.npz", **f.arrays)
    with open(f"{folder}/tokens.json", "w") as out:
        json.dump({"tokens": []}, out)
    with open(f"{folder}/golden.json", "w") as out:
        json.dump({"arrays": f.info, "cases": f.cases, "sha256": {}, "made_with": {"torch": torch.__version__}}, out, indent=1)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print("\n".join([*fullsize.VIT, *fullsize.RESNET, *fullsize.VQGAN]))
    else:
        main(sys.argv[1], sys.argv[2:])
