"""Writes the fixtures of this folder: python3 make.py (PyTorch 1.13, NumPy).

Every file holds the same tensors, as far as its format can; tensors.json has their shapes and values. members.ckpt has what training programs
leave beside them.
"""
import argparse
import collections
import datetime
import functools
import json
import pathlib
import struct

import numpy
import torch

tensors = {
    "f32": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
    "f64": torch.tensor([0.1, 2.5], dtype=torch.float64),
    "f16": torch.tensor([[1.5, -65504.0], [2.0**-24, 0.0]], dtype=torch.float16),
    "bf16": torch.tensor([1.0, -3.140625, 2.0**100], dtype=torch.bfloat16),
    "i64": torch.tensor([-5, 7], dtype=torch.int64),
    "i32": torch.tensor([-70000, 70000], dtype=torch.int32),
    "i16": torch.tensor([-300, 300], dtype=torch.int16),
    "i8": torch.tensor([-128, 127], dtype=torch.int8),
    "u8": torch.tensor([0, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
    "scalar": torch.tensor(4.6052),
}
base = torch.arange(60, dtype=torch.float32)
views = {
    "transposed": base[:12].reshape(3, 4).t(),
    "permuted": base[:24].reshape(2, 3, 4).permute(2, 0, 1),
    "column": base.reshape(6, 10)[:, 3],
    "corner": base.reshape(6, 10)[1:4, 2:5],
    "every_other": base[7:31:2],
    "row": base.reshape(6, 10)[4],
    "expanded": base[5:6].expand(3),
}


class Node(torch.nn.Module):
    pass


class Root(torch.nn.Module):
    def forward(self, x):
        return x


def script(named, path):
    root = Root()
    for name, t in named.items():
        node = root
        for part in ("outer", "inner"):
            if not hasattr(node, part):
                node.add_module(part, Node())
            node = getattr(node, part)
        node.register_buffer(name, t)
    torch.jit.save(torch.jit.trace(root, torch.zeros(1), check_trace=False), path)


def safetensors(named, path):
    types = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
             torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, t in named.items():
        raw = t.contiguous()
        raw = (raw.view(torch.int16) if raw.dtype == torch.bfloat16 else raw).numpy().tobytes()
        header[name] = {"dtype": types[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


everything = {**tensors, **views}
torch.save(everything, "zip.pt")
torch.save({"epoch": 3, "state_dict": everything, "note": [1.5, None, True, (1, 2)], "big": 1 << 70}, "nested.ckpt")
torch.save(everything, "legacy.pt", _use_new_zipfile_serialization=False)
torch.save(everything, "protocol4.pt", pickle_protocol=4)
script({k: v for k, v in everything.items()}, "script.pt")
safetensors(everything, "plain.safetensors")
torch.save({k: torch.nn.Parameter(v) for k, v in views.items()}, "parameters.pt")
torch.save(torch.nn.Linear(1, 1), "module.pt")
torch.save(tensors["f32"], "tensor.pt")


class Settings(dict):
    """A dict with more to it, as pytorch_lightning's AttributeDict."""


members = {
    "lr_schedulers": [collections.Counter({30: 1})], "args": argparse.Namespace(lr=1, out=pathlib.PurePosixPath("/tmp/x")),
    "sets": [{1, 2}, frozenset("ab"), collections.defaultdict(list, a=[1]), collections.deque([1])],
    "numbers": [1j, 1 << 600, float("nan"), numpy.float64(1.5), numpy.int64(3), numpy.arange(3), numpy.zeros(4), numpy.dtype("float32")],
    "ranges": [slice(1, 2), range(3), Ellipsis, b"x", bytearray(b"y")],
    "torch": [torch.Size([1, 2]), torch.device("cpu"), torch.float32, torch.strided, torch.get_rng_state()[:8].clone()],
    "objects": [datetime.timedelta(1), functools.partial(int, base=2), object(), print, int, torch.optim.SGD],
    "sparse": torch.eye(2).to_sparse(), "quantised": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "complex": torch.ones(2) * 1j,
    "empty": torch.zeros(0, 3), "parameter": torch.nn.Parameter(torch.ones(1)), "module": torch.nn.Linear(1, 1), "settings": Settings(a=torch.ones(1)),
}
members["itself"] = members
torch.save({**members, "state_dict": collections.defaultdict(None, everything)}, "members.ckpt")
torch.save({**members, "state_dict": Settings(everything)}, "members_legacy.ckpt", _use_new_zipfile_serialization=False)
with open("tensors.json", "w") as f:
    json.dump({k: {"shape": list(v.shape), "values": v.double().flatten().tolist()} for k, v in everything.items()}, f)
