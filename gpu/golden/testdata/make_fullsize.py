"""Writes a golden folder of published architectures at their full sizes: python3 make_fullsize.py DIR NAME... (PyTorch 1.13).

The weights are random; the names are those of weights/testdata/fullsize.py. "make golden GOLDEN=DIR" holds the engine against them.
"""
import json
import os
import shutil
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../../../weights/testdata"))
import fullsize
from make import Fixture, MERGES_FILE, Tokenizer, add_clip, add_vqgan

VOCABULARY = os.path.join(HERE, "../../../weights/vocab", MERGES_FILE)


def main(folder, names):
    shutil.copy(VOCABULARY, folder)
    tokenizer, f = Tokenizer(VOCABULARY), Fixture()
    for name in names:
        w, file = fullsize.write(folder, name)
        if name in fullsize.VQGAN:
            _, codes, mult, attention = fullsize.VQGAN[name]
            d = {"z_channels": 256, "resolution": 256, "ch": 128, "num_res_blocks": 2, "attn_resolutions": attention, "ch_mult": mult}
            add_vqgan(f, name, file, w, d, 3, 4, 1)
        else:
            side = (fullsize.VIT.get(name) or fullsize.RESNET[name])[3 if name in fullsize.VIT else 2]
            embed = w["text_projection"].shape[1]
            add_clip(f, name, w, tokenizer, [None, None], 1, side, embed, file)
    np.savez_compressed(f"{folder}/golden.npz", **f.arrays)
    with open(f"{folder}/tokens.json", "w") as out:
        json.dump({"tokens": []}, out)
    with open(f"{folder}/golden.json", "w") as out:
        json.dump({"arrays": f.info, "cases": f.cases, "sha256": {}, "made_with": {"torch": torch.__version__}}, out, indent=1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
