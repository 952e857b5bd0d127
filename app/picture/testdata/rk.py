"""Writes rk.jpg: the EXIF of a JPEG as rkhamilton/vqgan-clip-generator lays it out, with Pillow and piexif as that tool does."""
import os

import piexif
from PIL import Image

prompt = "A painting of flowers in the renaissance style, seed: 3, größer 🍎:0.5|rembrandt:0.5^fish:0.2"
members = {"text_prompts": prompt, "image_prompts": "[]", "noise_prompts": "[]", "iterations": 150, "init_image": "[]", "save_every": 50,
           "cut_method": "original", "seed": 5476245293527641887}
comment = ", ".join(f"{name}: {value}" for name, value in members.items()).encode("utf-16-le")
exif = piexif.dump({
    "0th": {piexif.ImageIFD.Software: "https://github.com/rkhamilton/vqgan-clip-generator", piexif.ImageIFD.XPTitle: prompt.encode("utf-16-le"),
            piexif.ImageIFD.XPComment: comment},
    "Exif": {piexif.ExifIFD.UserComment: comment},
})
Image.new("RGB", (8, 6), (200, 100, 51)).save(os.path.join(os.path.dirname(__file__), "rk.jpg"), quality=75, exif=exif)
