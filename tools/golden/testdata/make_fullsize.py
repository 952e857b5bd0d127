"""Writes a golden folder of published architectures at their full sizes: python3 make_fullsize.py DIR NAME... (PyTorch 1.13).

The weights are random; the names are those of weights/testdata/fullsize.py. "make golden GOLDEN=DIR" holds the engine against them.
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
from make import Fixture, MERGES_FILE, Tokenizer, add_clip, add_vqgan

VOCABULARY = os.path.join(HERE, "../../../weights/vocab", MERGES_FILE)


def settle(w, side):
    """Gives a ResNet's batch norms the statistics of their inputs, as training does, and a bias of three of the outputs' deviations.

    One ReLU whose input rounding puts on the other side of zero changes the gradient by about 1e-3; among the 20 million that two pictures
    pass in RN50, PyTorch's own float32 meets up to three. So far from zero it is one in a hundred times that. The signs
    go with the number of channels, so that the sums of blocks stay away from zero, too.
    """
    random, signs, plain = torch.Generator().manual_seed(2), {}, make.batch_norm

    def batch_norm(_, name, x):
        channels = x.shape[1]
        sign = signs.setdefault(channels, torch.randint(2, (channels,), generator=random) * 2.0 - 1)
        w[name + ".running_mean"], w[name + ".running_var"] = x.mean((0, 2, 3)), x.var((0, 2, 3))
        w[name + ".bias"] = 3 * sign * w[name + ".weight"].abs()
        return plain(w, name, x)

    make.batch_norm = batch_norm
    with torch.no_grad():
        pictures = torch.cat([make.smooth(random, 3, side, side, 0, 1) for _ in range(2)])
        make.embed_images({k: t.float() for k, t in w.items()}, pictures)
    make.batch_norm = plain


def main(folder, names):
    shutil.copy(VOCABULARY, folder)
    tokenizer, f = Tokenizer(VOCABULARY), Fixture()
    for name in names:
        w = fullsize.build(name)
        if name in fullsize.VQGAN:
            file = fullsize.save(folder, name, w)
            _, codes, mult, attention = fullsize.VQGAN[name]
            d = {"z_channels": 256, "resolution": 256, "ch": 128, "num_res_blocks": 2, "attn_resolutions": attention, "ch_mult": mult}
            add_vqgan(f, name, file, w, d, 3, 4, 1)
        else:
            side = fullsize.VIT[name][3] if name in fullsize.VIT else fullsize.RESNET[name][2]
            if name in fullsize.RESNET:
                settle(w, side)
            file = fullsize.save(folder, name, w)
            act = F.gelu if "laion" in name else make.quick_gelu
            add_clip(f, name, w, tokenizer, [None, None], 1, side, w["text_projection"].shape[1], file, act)
    np.savez_compressed(f"{folder}/golden.npz", **f.arrays)
    with open(f"{folder}/tokens.json", "w") as out:
        json.dump({"tokens": []}, out)
    with open(f"{folder}/golden.json", "w") as out:
        json.dump({"arrays": f.info, "cases": f.cases, "sha256": {}, "made_with": {"torch": torch.__version__}}, out, indent=1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
