"""Pictures that people send: looked at before they are decoded, and made anew.

Nothing of the file that came in is kept: no metadata (a phone writes the place into it), no
second format hidden at its end, no name.
"""

import secrets
import warnings
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import NamedTuple, TypeVar

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

from stores.exceptions import PictureInvalid, PictureTooLarge

FORMATS = ("JPEG", "PNG", "WEBP")
BYTES_MAX = 10 * 1024 * 1024
PIXELS_MAX = 25_000_000
_QUALITY = 85
_NAME_BYTES = 18

T = TypeVar("T")


class Rendered(NamedTuple):
    """One picture in several widths, smallest first; `width` and `height` are the largest one's."""

    files: tuple[tuple[int, bytes], ...]
    width: int
    height: int


def stored(content: bytes, *, folder: str, side: int, is_square: bool = False) -> str:
    """Re-encode a picture, keep it under a random name in `folder`, and return its path.

    It becomes WebP of at most `side` pixels on its longer side (exactly square when asked for).
    Raises `PictureTooLarge` or `PictureInvalid`. The file is written at once: whoever's
    transaction fails afterwards leaves a file that nothing names, never a row without its file.
    """
    data = re_encoded(content, side=side, is_square=is_square)
    name = f"{folder}/{secrets.token_urlsafe(_NAME_BYTES)}.webp"
    return default_storage.save(name, ContentFile(data))


def rendered(content: bytes, *, widths: Sequence[int]) -> Rendered:
    """The picture as WebP in each of `widths`, from one decoding; never larger than it came.

    Raises `PictureTooLarge` or `PictureInvalid`. Nothing is written: see `keep`.
    """
    return _careful(content, lambda: _rendered(content, sorted(widths)))


def keep(picture: Rendered, *, folder: str) -> str:
    """Write every width as `<path>-<width>.webp` and return the random path, as `stored` does."""
    path = f"{folder}/{secrets.token_urlsafe(_NAME_BYTES)}"
    for width, data in picture.files:
        default_storage.save(width_path(path, width), ContentFile(data))
    return path


def width_path(path: str, width: int) -> str:
    return f"{path}-{width}.webp"


def re_encoded(content: bytes, *, side: int, is_square: bool = False) -> bytes:
    """The picture as WebP. Only JPEG, PNG and WebP are read, up to 25 megapixels."""
    return _careful(content, lambda: _re_encoded(content, side=side, is_square=is_square))


def _careful(content: bytes, work: Callable[[], T]) -> T:
    if len(content) > BYTES_MAX:
        raise PictureTooLarge(limit=BYTES_MAX // 1024 // 1024)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return work()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning) as error:
        raise PictureInvalid from error
    except Image.DecompressionBombError as error:
        raise PictureInvalid from error


def _decoded(opened: Image.Image, side: int) -> Image.Image:
    # The size is in the header; nothing has been decoded yet.
    if opened.width * opened.height > PIXELS_MAX:
        raise PictureInvalid
    opened.draft("RGB", (side, side))  # a large JPEG is decoded at an eighth of its work
    picture: Image.Image = ImageOps.exif_transpose(opened)
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    return picture.convert("RGBA" if has_alpha else "RGB")


def _rendered(content: bytes, widths: Sequence[int]) -> Rendered:
    with Image.open(BytesIO(content), formats=FORMATS) as opened:
        picture = _decoded(opened, widths[-1])
        files = []
        for width in reversed(widths):
            # Each from the one before it: the largest is decoded and shrunk once only. Twice the
            # width in height is enough for anything but a banner stood on its end.
            picture.thumbnail((width, 2 * width))
            files.append((width, _webp(picture), picture.size))
        (_width, _data, (large_width, large_height)) = files[0]
        return Rendered(
            tuple((width, data) for width, data, _size in reversed(files)),
            large_width,
            large_height,
        )


def _re_encoded(content: bytes, *, side: int, is_square: bool) -> bytes:
    with Image.open(BytesIO(content), formats=FORMATS) as opened:
        picture = _decoded(opened, side)
        if is_square:
            picture = ImageOps.fit(picture, (side, side))
        else:
            picture.thumbnail((side, side))
        return _webp(picture)


def _webp(picture: Image.Image) -> bytes:
    target = BytesIO()
    picture.save(target, format="WEBP", quality=_QUALITY)
    return target.getvalue()


def read(path: str) -> bytes | None:
    """A stored picture, or None where there is none (any more). It is small: we made it."""
    if not path or not default_storage.exists(path):
        return None
    with default_storage.open(path) as file:
        return bytes(file.read())


def remove(path: str) -> None:
    """Delete a stored picture; nothing happens when it is gone already."""
    if path:
        default_storage.delete(path)
