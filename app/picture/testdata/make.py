"""Prints a PNG with the text that the notebooks hide in it by Stegano's LSB method, in base64 (for notebook_test.go)."""
import base64, io, json
from PIL import Image

message = json.dumps({"title": "schöne äpfel | fog:-1", "notebook": "VQGAN+CLIP", "i": 300, "model": "ImageNet 16384",
                      "seed": "5476245293527641887", "input_images": ""})
message = f"{len(message)}:{message}"
bits = "".join(bin(ord(c))[2:].rjust(8, "0") for c in message)
bits += "0" * (-len(bits) % 3)
image = Image.new("RGB", (40, 24), (200, 100, 51))
pixels = image.load()
for i in range(0, len(bits), 3):
    x, y = i // 3 % 40, i // 3 // 40
    pixels[x, y] = tuple(v & ~1 | int(b) for v, b in zip(pixels[x, y], bits[i:i + 3]))
out = io.BytesIO()
image.save(out, "PNG", optimize=True)
print(base64.encodebytes(out.getvalue()).decode())
