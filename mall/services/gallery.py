"""The pictures of rewards: rendered in several widths, kept under random names."""

from mall.models import RewardPicture
from stores.services import pictures
from stores.services.pictures import Rendered

FOLDER = "rewards"


def add(
    *, reward_id: int, content: bytes, words: str = "", words_en: str = "", position: int = 100
) -> RewardPicture:
    """Add a picture. Raises `PictureTooLarge` or `PictureInvalid`; then nothing is written."""
    rendered = pictures.rendered(content, widths=RewardPicture.WIDTHS)
    row = RewardPicture(reward_id=reward_id, words=words, words_en=words_en, position=position)
    set_file(picture=row, rendered=rendered)
    row.save()
    return row


def set_file(*, picture: RewardPicture, rendered: Rendered) -> None:
    """Give a row its files; the row is saved by the caller. Files that it had stay: a page that
    was made a moment ago still names them, and they cost little."""
    picture.path = pictures.keep(rendered, folder=FOLDER)
    picture.width, picture.height = rendered.width, rendered.height


def read(name: str, width: int) -> bytes | None:
    """A file by the last part of its path; None where there is none."""
    if width not in RewardPicture.WIDTHS:
        return None
    return pictures.read(pictures.width_path(f"{FOLDER}/{name}", width))
