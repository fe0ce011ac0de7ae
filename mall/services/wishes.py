"""The wish list of a member."""

from datetime import datetime

from mall.exceptions.catalogue import WishesFull
from mall.models import Reward, Wish

WISHES_MAX = 200


def add(*, member_id: int, reward: Reward, at: datetime) -> bool:
    """Wish for a reward; again it does nothing. Says whether the wish is new.

    Raises `WishesFull`.
    """
    if Wish.objects.filter(member_id=member_id, reward=reward).exists():
        return False
    if Wish.objects.filter(member_id=member_id).count() >= WISHES_MAX:
        raise WishesFull(limit=WISHES_MAX)
    # Two taps at once meet at the constraint, and one of them writes nothing.
    _row, is_new = Wish.objects.get_or_create(
        member_id=member_id, reward=reward, defaults={"wished_at": at}
    )
    return is_new


def remove(*, member_id: int, reward_code: str) -> None:
    """Take a reward off the list, also one that has left the shelf; nothing when it is not on."""
    Wish.objects.filter(member_id=member_id, reward__code=reward_code).delete()
