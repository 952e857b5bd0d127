"""Colour words and what they look like: for backgrounds, shapes and hue-shifted pictures."""
import colorsys

import numpy as np

# Typical sRGB values; training jitters them, so a word stands for a range.
RGB = {
    "red": (0.90, 0.12, 0.14), "orange": (0.98, 0.55, 0.09), "yellow": (0.99, 0.87, 0.13), "green": (0.16, 0.66, 0.24),
    "blue": (0.13, 0.36, 0.90), "purple": (0.52, 0.20, 0.75), "pink": (0.98, 0.50, 0.72), "brown": (0.50, 0.30, 0.14),
    "black": (0.07, 0.07, 0.08), "white": (0.97, 0.97, 0.97), "gray": (0.55, 0.56, 0.57), "cyan": (0.15, 0.80, 0.86),
}
NAMES = list(RGB)
# Hues (turns) a single-coloured picture can be turned to: only words that differ by hue alone.
HUES = {"red": 0.99, "orange": 0.08, "yellow": 0.145, "green": 0.35, "cyan": 0.51, "blue": 0.61, "purple": 0.76,
        "pink": 0.91}


def dominant_hue(picture):
    """The hue (turns) of a premultiplied RGBA picture if 80 % of its chroma lies within 35 degrees, else -1."""
    small = picture.reshape(32, 4, 32, 4, 4).mean((1, 3)) / 255
    alpha = small[..., 3]
    rgb = small[..., :3] / np.maximum(alpha[..., None], 1e-3)
    high, low = rgb.max(-1), rgb.min(-1)
    chroma = (high - low) * alpha
    solid = alpha > 0.3
    if solid.sum() < 40 or chroma[solid].mean() < 0.2:
        return -1.0
    r, g, b = np.moveaxis(rgb, -1, 0)
    angle = np.arctan2(np.sqrt(3) * (g - b), 2 * r - g - b)
    mean = np.angle((chroma * np.exp(1j * angle))[solid].sum())
    near = np.abs(np.angle(np.exp(1j * (angle - mean)))) < np.radians(35)
    if (chroma * near)[solid].sum() < 0.8 * chroma[solid].sum():
        return -1.0
    best = rgb[solid][np.argmax((chroma * near)[solid])]
    return float(colorsys.rgb_to_hsv(*best)[0])


def hue_word(hue):
    """The word nearest to a hue in turns."""
    return min(HUES, key=lambda w: abs((HUES[w] - hue + 0.5) % 1 - 0.5))
