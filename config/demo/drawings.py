"""Pictures of the demo's rewards: simple drawings of our own, made when the demo is seeded."""

import math
from collections.abc import Callable, Sequence
from io import BytesIO

from PIL import Image, ImageDraw

# Drawn at twice the size and shrunk, so that edges are smooth.
_SIDE = 640
_SCALE = 2 * _SIDE / 100
_WHITE, _INK, _CREAM = "#ffffff", "#22332e", "#fff7e6"
Draw = ImageDraw.ImageDraw
Ink = str

# Name: ground, main colour, second colour.
PALETTES: dict[str, tuple[Ink, Ink, Ink]] = {
    "leaf": ("#dcebe2", "#2f7d63", "#8cc0a4"),
    "amber": ("#fbe7bd", "#d9912b", "#f4c66a"),
    "clay": ("#f5ded2", "#b65a38", "#e09a78"),
    "sky": ("#dbe7f3", "#3a6ea5", "#8fb3d9"),
    "plum": ("#eadff0", "#7a4b8f", "#b893c9"),
    "night": ("#2b3a55", "#f2d9a0", "#5f7196"),
    "rose": ("#f8dfe3", "#b8475d", "#e39aa7"),
}


def drawing(motif: str, palette: str) -> bytes:
    """A PNG of one motif on its ground."""
    ground, main, second = PALETTES[palette]
    image = Image.new("RGB", (2 * _SIDE, 2 * _SIDE), ground)
    draw = ImageDraw.Draw(image)
    _ellipse(draw, (16, 78, 84, 90), _mixed(ground, _INK if palette != "night" else "#000000"))
    _MOTIFS[motif](draw, main, second)
    target = BytesIO()
    image.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).save(target, "PNG", compress_level=1)
    return target.getvalue()


def _mixed(one: Ink, other: Ink) -> Ink:
    """Mostly the first: the shadow on its ground."""
    pairs = [(int(one[n : n + 2], 16), int(other[n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{(9 * a + b) // 10:02x}" for a, b in pairs)


def _box(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (value * _SCALE for value in box)
    return left, top, right, bottom


def _ellipse(draw: Draw, box: tuple[float, float, float, float], fill: Ink) -> None:
    draw.ellipse(_box(box), fill=fill)


def _round(
    draw: Draw, box: tuple[float, float, float, float], fill: Ink, radius: float = 4
) -> None:
    draw.rounded_rectangle(_box(box), radius * _SCALE, fill=fill)


def _shape(draw: Draw, points: Sequence[tuple[float, float]], fill: Ink) -> None:
    draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill)


def _line(draw: Draw, points: Sequence[tuple[float, float]], fill: Ink, width: float = 1.5) -> None:
    scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
    draw.line(scaled, fill=fill, width=int(width * _SCALE), joint="curve")


def _arc(
    draw: Draw,
    box: tuple[float, float, float, float],
    angles: tuple[int, int],
    fill: Ink,
    width: float,
) -> None:
    draw.arc(_box(box), *angles, fill=fill, width=int(width * _SCALE))


def _steam(draw: Draw, ink: Ink) -> None:
    for x in (42, 52, 62):
        wave = [(x + 2 * math.sin(step / 3), 34 - step) for step in range(14)]
        _line(draw, wave, ink, 1.4)


def _cup(draw: Draw, main: Ink, second: Ink) -> None:
    _arc(draw, (66, 48, 84, 70), (-90, 90), main, 4)
    _shape(draw, [(26, 42), (76, 42), (70, 80), (32, 80)], main)
    _ellipse(draw, (26, 37, 76, 47), second)
    _ellipse(draw, (29, 38.5, 73, 45.5), _INK)
    _steam(draw, second)


def _tall(draw: Draw, main: Ink, second: Ink) -> None:
    _line(draw, [(58, 12), (52, 40)], _INK, 2)
    _shape(draw, [(32, 30), (68, 30), (63, 84), (37, 84)], _WHITE)
    _shape(draw, [(33.5, 44), (66.5, 44), (63, 84), (37, 84)], second)
    _round(draw, (30, 25, 70, 32), main, 3)
    for x, y in ((42, 76), (50, 79), (57, 75), (46, 70), (55, 69)):
        _ellipse(draw, (x - 2, y - 2, x + 2, y + 2), _INK)


def _bottle(draw: Draw, main: Ink, second: Ink) -> None:
    _round(draw, (36, 30, 64, 86), main, 7)
    _round(draw, (39, 14, 61, 28), second, 4)
    _round(draw, (38, 27, 62, 32), _INK, 1)
    _round(draw, (41, 40, 45, 76), second, 2)
    _ellipse(draw, (48, 52, 58, 62), _CREAM)


def _bag(draw: Draw, main: Ink, second: Ink) -> None:
    _arc(draw, (36, 16, 64, 56), (180, 360), main, 3)
    _shape(draw, [(24, 36), (76, 36), (72, 86), (28, 86)], _CREAM)
    _shape(draw, [(24, 36), (76, 36), (75.5, 42), (24.5, 42)], second)
    _ellipse(draw, (42, 52, 58, 68), main)
    _arc(draw, (45, 56, 55, 65), (10, 170), _CREAM, 1.5)


def _bread(draw: Draw, main: Ink, second: Ink) -> None:
    _ellipse(draw, (18, 36, 82, 84), main)
    _ellipse(draw, (20, 36, 80, 74), second)
    for x in (34, 46, 58):
        _arc(draw, (x, 40, x + 14, 72), (150, 260), main, 2.5)
    for x, y in ((38, 46), (52, 42), (64, 50), (46, 58), (60, 62)):
        _ellipse(draw, (x - 0.8, y - 0.8, x + 0.8, y + 0.8), _WHITE)


def _cake(draw: Draw, main: Ink, second: Ink) -> None:
    _round(draw, (24, 50, 76, 84), _CREAM, 3)
    _round(draw, (24, 60, 76, 68), second, 0)
    _round(draw, (22, 42, 78, 54), main, 6)
    for x in (28, 42, 56, 70):
        _ellipse(draw, (x - 5, 46, x + 5, 60), main)
    _ellipse(draw, (44, 28, 56, 42), second)
    _line(draw, [(50, 30), (53, 22)], _INK, 1.2)


def _tin(draw: Draw, main: Ink, second: Ink) -> None:
    _round(draw, (28, 34, 72, 84), main, 4)
    _ellipse(draw, (28, 76, 72, 90), main)
    _ellipse(draw, (26, 22, 74, 40), second)
    _round(draw, (26, 30, 74, 36), second, 1)
    _round(draw, (38, 46, 62, 76), _CREAM, 2)
    _shape(draw, [(50, 50), (57, 60), (50, 72), (43, 60)], main)


def _box_of_gifts(draw: Draw, main: Ink, second: Ink) -> None:
    _round(draw, (22, 44, 78, 86), main, 3)
    _round(draw, (18, 34, 82, 48), second, 3)
    _round(draw, (45, 34, 55, 86), _CREAM, 0)
    _arc(draw, (32, 18, 51, 36), (60, 360), _CREAM, 3)
    _arc(draw, (49, 18, 68, 36), (180, 480), _CREAM, 3)


def _ticket(draw: Draw, main: Ink, second: Ink) -> None:
    _round(draw, (14, 34, 86, 74), main, 4)
    for y in range(37, 73, 6):
        _round(draw, (60.5, y, 62, y + 3), _CREAM, 0)
    for y in (34, 74):
        _ellipse(draw, (57, y - 4, 65, y + 4), second)
    _round(draw, (22, 44, 52, 49), _CREAM, 1)
    _round(draw, (22, 55, 44, 59), second, 1)
    _ellipse(draw, (68, 48, 80, 60), _CREAM)


def _card(draw: Draw, main: Ink, second: Ink) -> None:
    _shape(draw, [(18, 40), (78, 28), (84, 66), (24, 78)], second)
    _round(draw, (16, 38, 82, 80), main, 5)
    _round(draw, (16, 48, 82, 56), _INK, 0)
    _round(draw, (24, 64, 48, 69), _CREAM, 1)
    _ellipse(draw, (66, 62, 74, 70), second)


def _star(draw: Draw, main: Ink, second: Ink) -> None:
    """A day with a star: an event."""
    _round(draw, (22, 26, 78, 84), _WHITE, 5)
    _round(draw, (22, 26, 78, 42), main, 5)
    for x in (36, 64):
        _round(draw, (x - 2, 18, x + 2, 32), _INK, 2)
    points = [
        (
            50 + (15 if n % 2 == 0 else 6.5) * math.sin(n * math.pi / 5),
            63 - (15 if n % 2 == 0 else 6.5) * math.cos(n * math.pi / 5),
        )
        for n in range(10)
    ]
    _shape(draw, points, second)


def _plane(draw: Draw, main: Ink, second: Ink) -> None:
    _shape(draw, [(12, 56), (88, 24), (64, 80), (48, 66), (40, 78), (36, 62)], main)
    _shape(draw, [(36, 62), (88, 24), (48, 66), (40, 78)], second)


def _medal(draw: Draw, main: Ink, second: Ink) -> None:
    _shape(draw, [(34, 12), (48, 12), (56, 42), (44, 46)], second)
    _shape(draw, [(66, 12), (52, 12), (44, 42), (56, 46)], _CREAM)
    _ellipse(draw, (30, 38, 70, 78), main)
    _ellipse(draw, (35, 43, 65, 73), second)
    _shape(draw, [(50, 47), (58, 58), (50, 69), (42, 58)], main)


def _bowl(draw: Draw, main: Ink, second: Ink) -> None:
    draw.pieslice(_box((18, 22, 82, 86)), 0, 180, fill=main)
    _ellipse(draw, (18, 46, 82, 62), second)
    _ellipse(draw, (24, 49, 76, 60), _CREAM)
    _round(draw, (38, 82, 62, 88), main, 2)
    _arc(draw, (34, 60, 66, 78), (20, 160), second, 1.5)


_MOTIFS: dict[str, Callable[[Draw, Ink, Ink], None]] = {
    "cup": _cup,
    "tall": _tall,
    "bottle": _bottle,
    "bag": _bag,
    "bread": _bread,
    "cake": _cake,
    "tin": _tin,
    "gift": _box_of_gifts,
    "ticket": _ticket,
    "card": _card,
    "star": _star,
    "plane": _plane,
    "medal": _medal,
    "bowl": _bowl,
}
