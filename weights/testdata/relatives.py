"""The forms in which relatives of taming-transformers publish the same networks: a VQGAN's state dict under taming's names becomes one under theirs."""
import re

import torch


def levels(named):
    return 1 + max(int(m[1]) for m in (re.match(r"decoder\.up\.(\d+)\.", name) for name in named) if m)


def llama_gen(named):
    """LlamaGen's names: the decoder's levels are numbered from the deepest, and the middle is a list."""
    deepest, out = levels(named) - 1, {}
    middle = {"block_1": "0", "attn_1": "1", "block_2": "2"}
    parts = {"block": "res", "attn": "attn", "downsample": "downsample", "upsample": "upsample"}
    for name, t in named.items():
        if m := re.fullmatch(r"(encoder|decoder)\.mid\.(\w+)\.(.*)", name):
            name = f"{m[1]}.mid.{middle[m[2]]}.{m[3]}"
        elif m := re.fullmatch(r"(encoder|decoder)\.(down|up)\.(\d+)\.(\w+)\.(.*)", name):
            level = int(m[3]) if m[2] == "down" else deepest - int(m[3])
            name = f"{m[1]}.conv_blocks.{level}.{parts[m[4]]}.{m[5]}"
        out[name] = t
    out["quantize.codebook_used"] = torch.zeros(16)
    return out


def diffusers(named, older=False):
    """The names of diffusers' VQModel, in which attention has matrices and not convolutions."""
    deepest, out = levels(named) - 1, {}
    attention = {"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}
    if older:
        attention = {"norm": "group_norm", "q": "query", "k": "key", "v": "value", "proj_out": "proj_attn"}
    middle = {"block_1": "resnets.0", "attn_1": "attentions.0", "block_2": "resnets.1"}

    def layer(part, rest):
        name, kind = rest.rsplit(".", 1)
        return f"{attention[name] if 'att' in part else name.replace('nin_shortcut', 'conv_shortcut')}.{kind}"

    for name, t in named.items():
        if m := re.fullmatch(r"(encoder|decoder)\.mid\.(\w+)\.(.*)", name):
            part = middle[m[2]]
            name = f"{m[1]}.mid_block.{part}.{layer(part, m[3])}"
        elif m := re.fullmatch(r"(encoder|decoder)\.(down|up)\.(\d+)\.(block|attn)\.(\d+)\.(.*)", name):
            level = int(m[3]) if m[2] == "down" else deepest - int(m[3])
            part = "resnets" if m[4] == "block" else "attentions"
            name = f"{m[1]}.{m[2]}_blocks.{level}.{part}.{m[5]}.{layer(part, m[6])}"
        elif m := re.fullmatch(r"(encoder|decoder)\.(down|up)\.(\d+)\.(?:down|up)sample\.conv\.(.*)", name):
            level = int(m[3]) if m[2] == "down" else deepest - int(m[3])
            name = f"{m[1]}.{m[2]}_blocks.{level}.{m[2]}samplers.0.conv.{m[4]}"
        elif m := re.fullmatch(r"(encoder|decoder)\.norm_out\.(.*)", name):
            name = f"{m[1]}.conv_norm_out.{m[2]}"
        if ".attentions." in name and t.dim() == 4:
            t = t[:, :, 0, 0]
        out[name] = t
    return out


def ibq(named):
    """What IBQ's training saves: the last weights, here zeros, and the averaged ones, under names without dots."""
    out = {name: torch.zeros(1).expand(t.shape) for name, t in named.items()}
    out.update({"model_ema." + name.replace(".", ""): t for name, t in named.items()})
    return {**out, "model_ema.decay": torch.tensor(0.999), "model_ema.num_updates": torch.tensor(5), "loss.discriminator.main.0.weight": torch.zeros(1, 3, 4, 4)}
