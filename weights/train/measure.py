"""Figures of a CLIP on pictures it has not seen: retrieval, and plain shapes by colour and form."""
import torch

import clip
import colours
import views


def held_out(pictures, count=256):
    """Indices and captions of held-out pictures with distinct labels: title plus up to four keywords."""
    index, captions, seen = [], [], set()
    for i, r in enumerate(pictures.records):
        if r["held_out"] and r["weight"] > 0.3 and r["label"] not in seen and len(index) < count:
            seen.add(r["label"])
            index.append(i)
            captions.append(", ".join([r["label"], *r["words"][:4]]))
    return torch.tensor(index, device=pictures.device), captions


@torch.no_grad()
def embed(model, x):
    with torch.autocast(x.device.type, torch.bfloat16):
        return torch.cat([model.encode_image(p) for p in x.split(128)])


@torch.no_grad()
def embed_text(model, texts, device):
    with torch.autocast(torch.device(device).type, torch.bfloat16):
        return model.encode_text(clip.Tokenizer()(texts).to(device))


def recall(similarity):
    """R@1 and R@5 of rows finding their own column."""
    own = similarity.diag()[:, None]
    rank = (similarity > own).sum(1)
    return (rank < 1).float().mean().item(), (rank < 5).float().mean().item()


def retrieval(model, pictures):
    index, captions = held_out(pictures)
    sim = embed(model, views.plain(pictures, index, 64)) @ embed_text(model, captions, pictures.device).t()
    i1, i5 = recall(sim)
    t1, t5 = recall(sim.t())
    return {"i2t_r1": i1, "i2t_r5": i5, "t2i_r1": t1, "t2i_r5": t5}


def shapes(model, pictures):
    """Share of 12 colours x 10 shapes named right among all 120, by colour alone and by shape alone."""
    dev = pictures.device
    index = [i for i, r in enumerate(pictures.records) if r["source"] == "shapes"][:10]
    rgba = pictures.take(torch.tensor(index, device=dev))
    names = [pictures.records[i]["label"] for i in index]
    x, texts = [], []
    for colour, rgb in colours.RGB.items():
        ground = 0.5 if colour == "white" else 1.0
        paint = torch.tensor(rgb, device=dev).view(1, 3, 1, 1)
        x.append(rgba[:, 3:] * paint + (1 - rgba[:, 3:]) * ground)
        texts += [f"a {colour} {n}" for n in names]
    best = (embed(model, torch.cat(x)) @ embed_text(model, texts, dev).t()).argmax(1)
    own = torch.arange(len(texts), device=dev)
    share = lambda ok: ok.float().mean().item()
    return {"shapes": share(best == own), "shapes_colour": share(best // 10 == own // 10),
            "shapes_form": share(best % 10 == own % 10)}
