"""Plain shapes, drawn in white so that training can give them any colour."""
import math


def polygon(corners):
    return '<polygon points="' + " ".join(f"{x:.2f},{y:.2f}" for x, y in corners) + '"/>'


def regular(n, inner=None, turn=-90.0, radius=46):
    """Corners of a regular n-gon around (50,50), or of a star if an inner radius is given."""
    k = n if inner is None else 2 * n
    return [(50 + r * math.cos(a), 50 + r * math.sin(a)) for i in range(k)
            for r in [radius if inner is None or i % 2 == 0 else inner]
            for a in [math.radians(turn + 360 * i / k)]]


def drawings():
    """Returns {name: SVG text}."""
    bodies = {
        "circle": '<circle cx="50" cy="50" r="45"/>',
        "square": '<rect x="10" y="10" width="80" height="80"/>',
        "triangle": polygon([(50, 8), (95, 88), (5, 88)]),
        "star": polygon(regular(5, inner=18)),
        "heart": '<path d="M50 92 C-20 45 8 5 32 8 C42 9 48 17 50 24 C52 17 58 9 68 8 C92 5 120 45 50 92Z"/>',
        "diamond": polygon([(50, 4), (84, 50), (50, 96), (16, 50)]),
        "cross": '<path d="M36 6h28v30h30v28H64v30H36V64H6V36h30z"/>',
        "ring": '<path fill-rule="evenodd" d="M50 5a45 45 0 1 0 .01 0z M50 27a23 23 0 1 1-.01 0z"/>',
        "crescent": '<path d="M66 8 A45 45 0 1 0 66 92 A38 38 0 1 1 66 8z"/>',
        "hexagon": polygon(regular(6)),
        "arrow": '<path d="M5 38h48V12l42 38-42 38V62H5z"/>',
        "oval": '<ellipse cx="50" cy="50" rx="46" ry="28"/>',
    }
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" viewBox="0 0 100 100" fill="#fff">'
    return {name: head + body + "</svg>" for name, body in bodies.items()}
