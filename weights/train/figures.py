"""Prints what PyTorch computes of the pair that ships, for gpu/selftest/figures.go: /usr/bin/python3 figures.py"""
import torch

import clip
import shipped

TEXT, LABELS, SIDE, SHOWN = "a blue heart on a white background", ["a rainbow", "a red apple", "a green tree"], 64, 16


def drawn(side):
    """The picture that gpu/selftest draws: red to the right, green downwards, blue in squares of eight pixels."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    part = lambda n: (255 * n / (side - 1)).round() / 255
    return torch.stack([part(x), part(y), (x // 8 + y // 8) % 2.0])[None].float()


def line(name, values):
    print(name, ", ".join(f"{v:.6f}" for v in values[0, :SHOWN].tolist()))


with torch.no_grad():
    model = clip.load(shipped.MINI, "cpu").eval()
    tokens = clip.Tokenizer()([TEXT])
    print("tokens", tokens[0, tokens[0] != 0].tolist())
    line("text", model.encode_text(tokens))
    picture = model.encode_image(drawn(SIDE))
    line("picture", picture)
    line("labels", (model.logit_scale.exp() * picture @ model.encode_text(clip.Tokenizer()(LABELS)).t()).softmax(1))
