"""Pictures that people send: looked at before they are decoded, and made anew.

Nothing of the file that came in is kept: no metadata (a phone writes the place into it), no
second format hidden at its end, no name.
"""

import secrets
import warnings
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

from stores.exceptions import PictureInvalid, PictureTooLarge

FORMATS = ("JPEG", "PNG", "WEBP")
BYTES_MAX = 10 * 1024 * 1024
PIXELS_MAX = 25_000_000
_QUALITY = 85
_NAME_BYTES = 18


def stored(content: bytes, *, folder: str, side: int, is_square: bool = False) -> str:
    """Re-encode a picture, keep it under a random name in `folder`, and return its path.

    It becomes WebP of at most `side` pixels on its longer side (exactly square when asked for).
    Raises `PictureTooLarge` or `PictureInvalid`. The file is written at once: whoever's
    transaction fails afterwards leaves a file that nothing names, never a row without its file.
    """
    data = re_encoded(content, side=side, is_square=is_square)
    name = f"{folder}/{secrets.token_urlsafe(_NAME_BYTES)}.webp"
    return default_storage.save(name, ContentFile(data))


def re_encoded(content: bytes, *, side: int, is_square: bool = False) -> bytes:
    """The picture as WebP. Only JPEG, PNG and WebP are read, up to 25 megapixels."""
    if len(content) > BYTES_MAX:
        raise PictureTooLarge(limit=BYTES_MAX // 1024 // 1024)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _re_encoded(content, side=side, is_square=is_square)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning) as error:
        raise PictureInvalid from error
    except Image.DecompressionBombError as error:
        raise PictureInvalid from error


def _re_encoded(content: bytes, *, side: int, is_square: bool) -> bytes:
    with Image.open(BytesIO(content), formats=FORMATS) as opened:
        # The size is in the header; nothing has been decoded yet.
        if opened.width * opened.height > PIXELS_MAX:
            raise PictureInvalid
        opened.draft("RGB", (side, side))  # a large JPEG is decoded at an eighth of its work
        picture: Image.Image = ImageOps.exif_transpose(opened)
        has_alpha = "A" in picture.getbands() or "transparency" in picture.info
        picture = picture.convert("RGBA" if has_alpha else "RGB")
        if is_square:
            picture = ImageOps.fit(picture, (side, side))
        else:
            picture.thumbnail((side, side))
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
