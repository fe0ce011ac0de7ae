"""What becomes of orders and wishes when two members become one, or one leaves."""

from datetime import datetime

from django.db import transaction

from mall.exceptions import RedemptionRefused
from mall.models import Redemption, RedemptionReturn, Wish
from mall.services import progress
from points.services import accounts

_STATE = Redemption.State
_RETURN = RedemptionReturn.State
_UNDER_WAY = (_STATE.UNPAID, _STATE.PLACED, _STATE.CONFIRMED, _STATE.SHIPPED)


def merge(*, kept_id: int, gone_id: int, at: datetime) -> None:
    """Move orders and wishes to the member that is kept. Again, it changes nothing.

    The limits per member count both from now on. Locks both accounts.
    """
    with transaction.atomic():
        accounts.lock(sorted((kept_id, gone_id)), at=at)
        Redemption.objects.filter(member_id=gone_id).update(member_id=kept_id)
        mine = Wish.objects.filter(member_id=kept_id).values("reward_id")
        Wish.objects.filter(member_id=gone_id, reward_id__in=mine).delete()
        Wish.objects.filter(member_id=gone_id).update(member_id=kept_id)


def open_orders(member_id: int) -> int:
    """Orders that have not come to their end."""
    return Redemption.objects.filter(member_id=member_id, state__in=_UNDER_WAY).count()


def erase(*, member_id: int, at: datetime, actor: str, is_forced: bool) -> None:
    """Forget where orders went and what was written; the figures stay under the pseudonym.

    Orders under way stand in the way unless `is_forced`: then those that have not left the house
    are cancelled. Raises `open_orders`. Locks the account.
    """
    with transaction.atomic():
        accounts.lock([member_id], at=at)
        mine = Redemption.objects.filter(member_id=member_id)
        under_way = mine.filter(state__in=_UNDER_WAY)
        if under_way.exists() and not is_forced:
            raise RedemptionRefused("open_orders")
        for pk in list(
            under_way.exclude(state=_STATE.SHIPPED).order_by("pk").values_list("pk", flat=True)
        ):
            progress.cancel(redemption_id=pk, actor=actor, at=at, note="erasure")
        mine.update(recipient="", phone="", address="", partner_account="")
        returns = RedemptionReturn.objects.filter(redemption__member_id=member_id)
        returns.filter(state__in=[_RETURN.ASKED, _RETURN.APPROVED]).update(
            state=_RETURN.WITHDRAWN, decided_at=at
        )
        returns.update(words="", answer="")
        Wish.objects.filter(member_id=member_id).delete()


def forget_addresses(*, before: datetime, limit: int) -> int:
    """Blank the addresses of orders that came to their end before then; returns how many."""
    ended = (_STATE.COMPLETED, _STATE.CANCELLED, _STATE.RETURNED)
    due = Redemption.objects.filter(state__in=ended, state_at__lt=before).exclude(
        recipient="", phone="", address="", partner_account=""
    )
    ids = list(due.order_by("pk").values_list("pk", flat=True)[:limit])
    return Redemption.objects.filter(pk__in=ids).update(
        recipient="", phone="", address="", partner_account=""
    )
