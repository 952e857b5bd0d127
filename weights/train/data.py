"""Builds the training set of the mini pair: renders the icon sets of package.json and Debian's openclipart-svg to
128x128 pictures with captions and the licence of every one.

    npm install --ignore-scripts && /usr/bin/python3 data.py

Writes data/pictures.npy (N,128,128,4 uint8, alpha premultiplied), data/records.json (one record per picture) and
data/sources.json (counts per source and licence). The result depends on the packages' versions alone.
"""
import argparse
import hashlib
import io
import json
import multiprocessing
import pathlib
import re
from collections import Counter

import cairo
import gi
import numpy as np
from PIL import Image

gi.require_version("Rsvg", "2.0")
from gi.repository import Rsvg  # noqa: E402  (the version must be asked for first)

import colours
import shapes

HERE = pathlib.Path(__file__).parent
MODULES = HERE / "node_modules"
OPENCLIPART = pathlib.Path("/usr/share/openclipart/svg")
SIZE = 128

# Share-alike, GPL and unknown licences must not get in: a source is used only if it says one of these.
ALLOWED = {"Apache-2.0", "MIT", "CC-BY-4.0", "public domain", "own"}
ICON_SETS = ["noto", "noto-v1", "fluent-emoji-flat", "fluent-emoji", "twemoji", "emojione", "fxemoji",
             "streamline-emojis", "flat-color-icons"]

SKIN = re.compile(r"skin-tone|(^|-)(dark|light|medium)($|-)|1f3f[b-f]|-type-[1-6](-|$)")
SKIP = re.compile(r"keycap|^[0-9a-z]$|regional-indicator|^input-|squared|ideograph|^japanese-.*button|-button$")
# Folders of openclipart whose titles name the drawing program or a series, not the thing.
SKIP_FOLDERS = {"computer/icons", "computer/buttons", "special/examples", "unsorted/duplicates", "shapes/flowchart",
                "transportation/aiga-symbols", "signs_and_symbols/led", "signs_and_symbols/map_symbols"}
UNNAMED_FOLDERS = {"shapes/stars", "special/gradients", "special/patterns", "shapes/jigsaw", "shapes/callouts",
                   "signs_and_symbols/flags", "transportation/roadsigns"}
JUNK = {"gramastar", "aiga", "symbol", "symbols", "sign", "signs", "svg", "clipart", "clip", "icon", "icons", "image",
        "unsorted", "drawing", "inkscape", "button", "vector", "grama", "the", "and", "with", "for", "cartoon", "of",
        "christoph", "brill", "ganson", "gerald", "architetto", "johnny", "automatic", "simple", "remix", "misc"}


def emoji_words():
    """Returns {hexcode: (label, words)} and {slug: hexcode} from emojibase and emojilib."""
    keywords = json.loads((MODULES / "emojilib/dist/emoji-en-US.json").read_text())
    by_code, by_slug = {}, {}
    for e in json.loads((MODULES / "emojibase-data/en/data.json").read_text()):
        code = plain_code(e["hexcode"])
        words = e.get("tags", []) + [w.replace("_", " ") for w in keywords.get(e["emoji"], [])]
        label = e["label"].lower().replace("flag: ", "flag of ")
        words = dict.fromkeys(w.lower() for w in words if re.fullmatch(r"[A-Za-z][A-Za-z ]+", w))
        by_code[code] = (label, [w for w in words if w != label])
        by_slug[slug(e["label"])] = code
    return by_code, by_slug


def plain_code(code):
    return "-".join(p.lstrip("0") for p in code.lower().replace("_", "-").split("-") if p != "fe0f")


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("’", "").replace("'", "")).strip("-")


def split_words(name, known):
    """Parts names written together ("postalhorn") into the fewest known words; leaves others as they are."""
    if " " in name or name in known:
        return name
    best = {0: []}
    for end in range(1, len(name) + 1):
        for start in range(max(0, end - 14), end):
            if start in best and name[start:end] in known and len(best.get(end, " " * 99)) > len(best[start]) + 1:
                best[end] = best[start] + [name[start:end]]
    return " ".join(best.get(len(name), [name]))


def icon_set(prefix, by_code, by_slug, known):
    """Yields (record, svg text) of one iconify set."""
    folder = MODULES / "@iconify-json" / prefix
    licence = json.loads((folder / "info.json").read_text())["license"]["spdx"]
    icons = json.loads((folder / "icons.json").read_text())
    chars = json.loads((folder / "chars.json").read_text()) if (folder / "chars.json").exists() else {}
    code_of = {name: plain_code(code) for code, name in chars.items()}
    joined = {s.replace("-", ""): code for s, code in by_slug.items()}
    for name, icon in sorted(icons["icons"].items()):
        code = code_of.get(name) or by_slug.get(name) or by_slug.get(name.replace("flag-for-", "flag-")) or joined.get(name)
        if SKIN.search(name) or SKIN.search(code or "") or SKIP.search(name) or icon.get("hidden"):
            continue
        label, words = by_code.get(code) or (split_words(re.sub(r"[-0-9]+", " ", name).strip(), known), [])
        w, h = icon.get("width", icons.get("width", 16)), icon.get("height", icons.get("height", 16))
        svg = (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
               f'width="{w}" height="{h}" viewBox="0 0 {w} {h}">{icon["body"]}</svg>')
        yield record(prefix, name, licence, label, words, weight=0.3 if label.startswith("flag of") else 1), svg


def shaded_set(by_code):
    """Yields (record, webp path) of Microsoft's shaded emoji."""
    folder = MODULES / "@lobehub/fluent-emoji-3d"
    licence = json.loads((folder / "package.json").read_text())["license"]
    for path in sorted((folder / "assets").glob("*.webp")):
        code = plain_code(path.stem)
        if code in by_code and not SKIN.search(path.stem) and not code.endswith("20e3"):
            label, words = by_code[code]
            weight = 0.3 if label.startswith("flag of") else 1
            yield record("fluent-emoji-3d", path.stem, licence, label, words, weight), path


def clip_art(known):
    """Yields (record, svg path) of openclipart. Words count only if `known` holds them or three pictures share them."""
    found = []
    for path in sorted(OPENCLIPART.rglob("*.svg")):
        folder = path.relative_to(OPENCLIPART).parent.as_posix()
        if folder.startswith(tuple(SKIP_FOLDERS)) or path.is_symlink():
            continue
        text = path.read_text(errors="replace")
        licence = re.search(r'cc:license[^>]*rdf:resource="([^"]*)"', text)
        if not licence or "publicdomain" not in licence.group(1).lower():
            continue
        title = re.search(r"<dc:title>([^<]*)</dc:title>", text)
        words = re.findall(r"<rdf:li>([^<]*)</rdf:li>", text)
        found.append((path, folder, title.group(1) if title else "", words))
    shared = Counter(w.strip().lower() for _, _, _, words in found for w in set(words))
    known = known | {w for w, n in shared.items() if n >= 3}
    for path, folder, title, words in found:
        title = clean(title, known) or clean(path.stem, known)
        topic = re.sub(r"[^a-z]+", " ", folder.split("/")[-1]).strip()
        words = list(dict.fromkeys(w for w in (clean(w, known) for w in words) if w and w != title))
        if folder.startswith(tuple(UNNAMED_FOLDERS)) or not title:
            weight, title = 0, title or topic  # the VQGAN alone sees it
        else:
            weight = 0.7  # titles are noisier than emoji names
        yield record("openclipart", str(path.relative_to(OPENCLIPART)), "public domain", title, words, weight), path


def clean(text, known):
    """The words of a title or file name that are known and not junk."""
    words = re.findall(r"[a-z]{3,}", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower().replace("_", " "))
    return " ".join(dict.fromkeys(w for w in words if w in known and w not in JUNK))[:60]


def record(source, name, licence, label, words, weight):
    if licence not in ALLOWED:
        raise SystemExit(f"data: {source} has the licence {licence!r}, which does not allow its use here: drop it.")
    # The hash, not a random draw: a picture stays on its side when sources are added.
    h = hashlib.sha256(f"{source}/{name}".encode()).digest()
    return {"source": source, "name": name, "licence": licence, "label": label, "words": words[:10],
            "weight": weight, "held_out": h[0] < 11, "part": h[1]}


def render(item):
    """Draws one item; returns premultiplied RGBA (128,128,4) or None if it cannot be drawn or is nearly empty."""
    try:
        picture = from_webp(item) if str(item).endswith(".webp") else from_svg(item)
    except Exception:  # one malformed drawing of 20,000 must not end the build
        return None
    alpha = picture[..., 3].astype(np.float32).mean() / 255
    return picture if alpha > 0.02 else None


def from_svg(item):
    data = item.read_bytes() if isinstance(item, pathlib.Path) else item.encode()
    handle = Rsvg.Handle.new_from_data(data)
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, SIZE, SIZE)
    box = Rsvg.Rectangle()
    box.x = box.y = 4
    box.width = box.height = SIZE - 8
    handle.render_document(cairo.Context(surface), box)
    surface.flush()
    bgra = np.frombuffer(surface.get_data(), np.uint8).reshape(SIZE, surface.get_stride() // 4, 4)[:, :SIZE]
    return bgra[..., [2, 1, 0, 3]].copy()


def from_webp(path):
    image = Image.open(io.BytesIO(path.read_bytes())).convert("RGBA").resize((SIZE - 8,) * 2, Image.Resampling.BOX)
    rgba = np.zeros((SIZE, SIZE, 4), np.float32)
    rgba[4:-4, 4:-4] = np.asarray(image)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return (rgba + 0.5).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "data")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    by_code, by_slug = emoji_words()
    known = {w for label, words in by_code.values() for t in [label, *words] for w in re.findall(r"[a-z]{3,}", t)}
    items = [i for prefix in ICON_SETS for i in icon_set(prefix, by_code, by_slug, known)]
    items += shaded_set(by_code)
    items += clip_art(known)
    items += [(record("shapes", name, "own", name, [], 1), svg) for name, svg in shapes.drawings().items()]

    with multiprocessing.Pool(args.processes) as pool:
        drawn = pool.map(render, [item for _, item in items], chunksize=64)
    records, pictures, seen = [], [], set()
    for (rec, _), picture in zip(items, drawn):
        if picture is None:
            continue
        digest = hashlib.sha256(picture.tobytes()).digest()
        if digest in seen:  # a double could stand on both sides of the split
            continue
        seen.add(digest)
        rec["hue"] = colours.dominant_hue(picture)
        if rec["source"] == "shapes":
            rec["held_out"] = False
        records.append(rec)
        pictures.append(picture)
    often = Counter((r["source"], r["label"]) for r in records)
    for r in records:  # long series (playing cards) must not crowd out the rest
        r["weight"] *= min(1, 20 / often[r["source"], r["label"]])
    np.save(args.out / "pictures.npy", np.stack(pictures))
    (args.out / "records.json").write_text(json.dumps(records))
    counts = Counter((r["source"], r["licence"]) for r in records)
    table = [{"source": s, "licence": l, "pictures": n} for (s, l), n in counts.most_common()]
    (args.out / "sources.json").write_text(json.dumps(table, indent=1))
    print(json.dumps({"pictures": len(records), "held_out": sum(r["held_out"] for r in records),
                      "labels": len({r["label"] for r in records if r["weight"]}), "sources": table}, indent=1))


if __name__ == "__main__":
    main()
