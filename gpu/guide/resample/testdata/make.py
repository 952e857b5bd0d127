"""Writes the cases of TestPillow: pictures with edges, noise and ramps, resized by Pillow (made with 9.4.0), by Lanczos's and by the bicubic filter."""
import random, struct
from PIL import Image

CASES = [(90, 123, 64, 64), (110, 75, 48, 80), (64, 64, 40, 56), (13, 7, 29, 31), (1, 1, 3, 2), (5, 40, 5, 9), (33, 6, 8, 6), (200, 3, 1, 1)]

for name, method in ("pillow.bin", Image.LANCZOS), ("bicubic.bin", Image.BICUBIC):
    with open(name, "wb") as out:
        for w, h, dw, dh in CASES:
            random.seed(w * 1000 + h)
            px = [[random.choice([0, 255, random.randrange(256)]), (x * 255) // w, 255 if (x // 5 + y // 3) % 2 else 20] for y in range(h) for x in range(w)]
            src = Image.frombytes("RGB", (w, h), bytes(sum(px, [])))
            dst = src.resize((dw, dh), method)
            out.write(struct.pack("<4H", w, h, dw, dh) + src.tobytes() + dst.tobytes())
