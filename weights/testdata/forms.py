"""The forms in which others publish a CLIP that has OpenAI's names."""
import json
import re
import struct

import torch


def hugging_face(named):
    """A CLIP under Hugging Face's names: q, k and v apart, projections transposed."""
    out = {"text_model.embeddings.position_ids": torch.arange(len(named["positional_embedding"]))[None]}
    simple = {
        "logit_scale": "logit_scale", "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
        "positional_embedding": "text_model.embeddings.position_embedding.weight",
        "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
        "visual.class_embedding": "vision_model.embeddings.class_embedding",
        "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    }
    layers = {"ln_final": "text_model.final_layer_norm", "visual.ln_pre": "vision_model.pre_layrnorm", "visual.ln_post": "vision_model.post_layernorm"}
    inner = {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2", "attn.out_proj": "self_attn.out_proj"}
    for name, t in named.items():
        if name in simple:
            out[simple[name]] = t
        elif name == "text_projection":
            out["text_projection.weight"] = t.t()
        elif name == "visual.proj":
            out["visual_projection.weight"] = t.t()
        elif m := re.fullmatch(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.*)", name):
            prefix = f"{'vision' if m[1] else 'text'}_model.encoder.layers.{m[2]}."
            if m[3].startswith("attn.in_proj_"):
                for letter, part in zip("qkv", t.chunk(3)):
                    out[f"{prefix}self_attn.{letter}_proj.{m[3][13:]}"] = part
            else:
                layer, kind = m[3].rsplit(".", 1)
                out[f"{prefix}{inner[layer]}.{kind}"] = t
        else:
            layer, kind = name.rsplit(".", 1)
            out[f"{layers[layer]}.{kind}"] = t
    return out


def safetensors(named, path):
    types = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64"}
    header, data, end = {}, [], 0
    for name, t in sorted(named.items()):
        data.append(t.contiguous().numpy().tobytes())
        header[name] = {"dtype": types[t.dtype], "shape": list(t.shape), "data_offsets": [end, end + len(data[-1])]}
        end += len(data[-1])
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.writelines([struct.pack("<Q", len(text)), text, *data])
