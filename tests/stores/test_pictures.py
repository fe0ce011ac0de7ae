"""Pictures that people send are looked at, and made anew."""

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django.fixtures import Settings

from stores.exceptions import PictureInvalid, PictureTooLarge
from stores.services import pictures


def picture(
    form: str = "PNG", *, size: tuple[int, int] = (800, 400), mode: str = "RGB", **values: object
) -> bytes:
    target = BytesIO()
    Image.new(mode, size, "teal").save(target, format=form, **values)
    return target.getvalue()


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_three_formats_become_webp_of_the_size(form: str) -> None:
    path = pictures.stored(picture(form), folder="avatars", side=320, is_square=True)
    content = pictures.read(path)
    assert content is not None
    with Image.open(BytesIO(content)) as made:
        assert (made.format, made.size) == ("WEBP", (320, 320))
    assert path.startswith("avatars/")
    pictures.remove(path)
    assert pictures.read(path) is None
    pictures.remove(path)  # once more costs nothing


def test_a_long_picture_keeps_its_shape() -> None:
    with Image.open(BytesIO(pictures.re_encoded(picture(), side=200))) as made:
        assert made.size == (200, 100)


def test_nothing_of_the_file_is_kept() -> None:
    """Neither where it was taken, nor what hides behind its end."""
    exif = Image.Exif()
    exif[0x010E] = "home of Lin Xiaoyu"
    content = picture("JPEG", exif=exif) + b"<script>alert(1)</script>"
    assert b"home of Lin" in content
    made = pictures.re_encoded(content, side=100)
    assert b"home of Lin" not in made
    assert b"script" not in made
    with Image.open(BytesIO(made)) as opened:
        assert not opened.getexif()


def test_a_turned_photograph_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways
    content = picture("JPEG", size=(400, 200), exif=exif)
    with Image.open(BytesIO(pictures.re_encoded(content, side=200))) as made:
        assert made.size == (100, 200)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"%PDF-1.7\n1 0 obj\n",
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture("GIF", mode="P"),
        picture("BMP"),
        picture("PNG")[:200],
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(PictureInvalid):
        pictures.stored(content, folder="avatars", side=320)
    assert not default_storage.exists("avatars")


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    """Thirty million pixels of one colour are a small file and 90 MB in memory."""
    bomb = picture("PNG", size=(6000, 5000), mode="L")
    assert len(bomb) < 100_000
    with pytest.raises(PictureInvalid):
        pictures.re_encoded(bomb, side=320)


def test_a_large_file_is_refused_unread() -> None:
    with pytest.raises(PictureTooLarge) as refused:
        pictures.re_encoded(b"\xff" * (pictures.BYTES_MAX + 1), side=320)
    assert "10 MB" in str(refused.value)
