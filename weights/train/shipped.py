"""Reads a converted model folder (manifest.json and shards; weights/manifest.go has the format) back into state dicts."""
import json
import math
import pathlib

import numpy as np
import torch

MINI = pathlib.Path(__file__).parents[1] / "mini"
BLOCK, ALIGNMENT = 32, 16


def values(data, kind, count):
    """The float32 elements of one stored tensor."""
    if kind in ("f32", "f16"):
        return np.frombuffer(data, {"f32": "<f4", "f16": "<f2"}[kind], count).astype(np.float32)
    if kind != "q8":
        raise ValueError(f"shipped: there is no element type {kind!r}")
    blocks = -(-count // BLOCK)
    quants = np.frombuffer(data, np.int8, count).astype(np.float32)
    scales = np.frombuffer(data, "<f2", blocks, -(-count // ALIGNMENT) * ALIGNMENT).astype(np.float32)
    return quants * scales.repeat(BLOCK)[:count]


def start_codes(folder=MINI):
    """The codes that a run starts from; None: all."""
    return json.loads((pathlib.Path(folder) / "manifest.json").read_text())["vqgan"].get("start_codes")


def tensors(folder=MINI):
    """{name: tensor} of all parts of the model in folder."""
    folder, out = pathlib.Path(folder), {}
    for part in json.loads((folder / "manifest.json").read_text())["parts"]:
        stream = b"".join((folder / shard["sha256"]).read_bytes() for shard in part["shards"])
        for t in part["tensors"]:
            data = stream[t["offset"]:t["offset"] + t["size"]]
            out[t["name"]] = torch.from_numpy(values(data, t["type"], math.prod(t["shape"]))).view(t["shape"])
    return out
