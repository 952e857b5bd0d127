"""CLIP's training scenes: objects with captions that say what, which colour, how many, where and how large."""
import math

import numpy as np
import torch
import torch.nn.functional as F

import colours
import views

HEADS = ["{}", "{}", "a {}", "a {}", "a {}", "a picture of a {}", "a drawing of a {}", "an emoji of a {}", "a painting of a {}"]
NUMBERS = {2: "two", 3: "three", 4: "four"}
SIDES = {"left of": (-0.5, 0), "right of": (0.5, 0), "above": (0, -0.5), "below": (0, 0.5)}


def kind(label, colour=None):
    """What a picture shows, to find doubles by: (thing, colour). A colour in the label counts as the colour: "red heart"."""
    first, _, rest = label.partition(" ")
    return (rest, first) if rest and first in colours.RGB and colour in (None, first) else (label, colour)


class Scenes:
    """Draws batches of scenes from some of the pictures (`choice`: their indices)."""

    share_of_shapes = 0.2

    def __init__(self, pictures, choice):
        self.pictures, self.records = pictures, pictures.records
        objects = [i for i in choice if self.records[i]["source"] != "shapes" and self.records[i]["weight"] > 0]
        weight = np.array([self.records[i]["weight"] for i in objects])
        self.objects, self.odds = np.array(objects), np.cumsum(weight / weight.sum())
        self.shapes = [i for i, r in enumerate(self.records) if r["source"] == "shapes"]

    def draw(self, g, n, size, seed):
        """n scenes: pictures (n,3,size,size) in [0,1], captions, and keys (thing, colour) to find doubles by."""
        rng = np.random.default_rng(seed)
        canvas, ground = views.backgrounds(g, n, size)
        ground = ground.tolist()
        # Half the batches know two colours only, so that shape alone tells their shapes apart.
        palette = rng.permutation(len(colours.NAMES))[:2] if rng.random() < 0.5 else np.arange(len(colours.NAMES))
        items = [self.scene(rng, ground[i], palette) for i in range(n)]
        for k in range(4):
            use = [i for i in range(n) if len(items[i]["objects"]) > k]
            if use:
                part = [items[i]["objects"][k] for i in use]
                canvas[use] = self.lay(canvas[use], part, g)
        return canvas, [i["caption"] for i in items], [i["key"] for i in items]

    def scene(self, rng, ground, palette):
        draw = rng.random()
        where = f" on a {colours.NAMES[ground]} background" if ground >= 0 and rng.random() < 0.35 else ""
        if draw < self.share_of_shapes:
            picture, colour = self.shapes[rng.integers(len(self.shapes))], int(palette[rng.integers(len(palette))])
            if colour == ground:
                colour, where = (colour + 1 + rng.integers(11)) % 12, ""
            name, label = colours.NAMES[colour], self.records[picture]["label"]
            thing = {"picture": picture, "paint": colours.RGB[name], **self.place(rng, 0.35, 1.1, 0.35)}
            return {"objects": [thing], "caption": self.head(rng, f"{name} {label}") + where, "key": kind(label, name)}
        first = self.thing(rng)
        if draw < 0.72:
            small = rng.random() < 0.15
            objects = [{**first, **(self.place(rng, 0.25, 0.5, 0.6) if small else self.place(rng, 0.65, 1.15, 0.25))}]
            name = ("small " if small and rng.random() < 0.5 else "") + first["name"]
            return {"objects": objects, "caption": self.head(rng, name) + where, "key": first["key"]}
        if draw < 0.80:
            count = int(rng.integers(2, 5))
            spots = [(-0.45, -0.45), (0.45, 0.45), (0.45, -0.45), (-0.45, 0.45)][:count]
            objects = [{**first, "scale": rng.uniform(0.35, 0.5), "x": x + rng.normal() * 0.05,
                        "y": y + rng.normal() * 0.05, "turn": rng.normal() * 0.1} for x, y in spots]
            plural = first["name"] + ("" if first["name"].endswith("s") else "s")
            return {"objects": objects, "caption": f"{NUMBERS[count]} {plural}{where}", "key": (plural, count)}
        second = self.thing(rng)
        relation = list(SIDES)[rng.integers(4)]
        x, y = SIDES[relation]
        objects = [{**first, "scale": rng.uniform(0.4, 0.55), "x": x, "y": y, "turn": rng.normal() * 0.1},
                   {**second, "scale": rng.uniform(0.4, 0.55), "x": -x, "y": -y, "turn": rng.normal() * 0.1}]
        link = f" {relation} a " if rng.random() < 0.4 else " and a "
        return {"objects": objects, "caption": "a " + first["name"] + link + second["name"] + where,
                "key": (first["key"], second["key"])}

    def thing(self, rng):
        """A picture with its name: label, sometimes keywords, sometimes the colour it has or is turned to."""
        picture = self.objects[min(np.searchsorted(self.odds, rng.random()), len(self.objects) - 1)]
        r = self.records[picture]
        name, out, key = r["label"], {"picture": int(picture)}, kind(r["label"])
        words, pick = r["words"], rng.random()
        if r["hue"] >= 0 and rng.random() < 0.45:
            word = colours.hue_word(r["hue"])
            if rng.random() < 0.6:
                word = list(colours.HUES)[rng.integers(len(colours.HUES))]
                out["hue"] = colours.HUES[word] - r["hue"] + rng.normal() * 0.01
            name = " ".join(w for w in name.split() if w not in colours.RGB) or name
            return {**out, "name": f"{word} {name}", "key": kind(name, word)}
        if words and pick < 0.2:
            name = words[rng.integers(len(words))]
        elif words and pick < 0.45:
            name = ", ".join([name, *rng.permutation(words)[:rng.integers(1, 5)]])
        return {**out, "name": name, "key": key}

    @staticmethod
    def head(rng, name):
        return HEADS[rng.integers(len(HEADS))].format(name)

    @staticmethod
    def place(rng, low, high, shift):
        return {"scale": math.exp(rng.uniform(math.log(low), math.log(high))), "x": rng.uniform(-1, 1) * shift,
                "y": rng.uniform(-1, 1) * shift, "turn": rng.normal() * 0.15}

    def lay(self, canvas, objects, g):
        dev = canvas.device
        rgba = self.pictures.take(torch.tensor([o["picture"] for o in objects], device=dev))
        turned = [i for i, o in enumerate(objects) if "hue" in o]
        if turned:
            rgba[turned] = views.turn_hue(rgba[turned], torch.tensor([objects[i]["hue"] for i in turned], device=dev).float())
        painted = [i for i, o in enumerate(objects) if "paint" in o]
        if painted:
            paint = torch.tensor([objects[i]["paint"] for i in painted], device=dev).float()
            paint = (paint + torch.randn(paint.shape, generator=g, device=dev) * 0.05).clamp(0, 1)
            rgba[painted, :3] = rgba[painted, 3:] * paint[:, :, None, None]
        # floats: scale, x, y, turn, mirrored
        v = torch.tensor([[o["scale"], o["x"], o["y"], o["turn"]] for o in objects], device=dev).float()
        mirror = 1 - 2 * (torch.rand(len(v), generator=g, device=dev) < 0.4).float()
        aspect = (torch.rand(len(v), generator=g, device=dev) * 0.24 - 0.12).exp()
        ca, sa = v[:, 3].cos(), v[:, 3].sin()
        m = torch.stack([torch.stack([ca * mirror, sa * mirror], 1) / (v[:, 0] * aspect)[:, None],
                         torch.stack([-sa, ca], 1) / (v[:, 0] / aspect)[:, None]], 1)
        theta = torch.cat([m, -(m @ v[:, 1:3, None])], 2)
        return views.lay(canvas, rgba, theta)


def disturb(x, g):
    """Warps, light, contrast, blur and noise, half of them as the guided loop's cutouts have them; values stay in [0,1]."""
    n, dev = len(x), x.device
    warped = views.uniform(g, n, 0, 1) < 0.5
    x = torch.where(warped[:, None, None, None], views.warp(x, g), x)
    x = x * views.uniform(g, n, 0.8, 1.15)[:, None, None, None] + views.uniform(g, n, -0.1, 0.1)[:, None, None, None]
    soft = views.uniform(g, n, 0, 1) < 0.3
    if soft.any():
        small = F.interpolate(x[soft], scale_factor=0.5, mode="bilinear", align_corners=False, antialias=True)
        x = x.clone()
        x[soft] = F.interpolate(small, size=x.shape[-2:], mode="bilinear", align_corners=False)
    sigma = views.uniform(g, n, 0, 0.1) * (views.uniform(g, n, 0, 1) < 0.5)
    return (x + torch.randn(x.shape, generator=g, device=dev) * sigma[:, None, None, None]).clamp(0, 1)
