"""Handing over in a store (核销, F54): the member shows a code, staff scan it, it works once."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from mall.exceptions import RedemptionRefused
from mall.models import Redemption
from mall.policies import numbers
from mall.services import deliveries, progress
from members import policies
from members.models import CodeAllowance

# Wrong codes per person at the counter in ten minutes: a code has a hundred million others.
WRONG_MAX = 20
WRONG_MINUTES = 10
_STATE = Redemption.State
_WAY = Redemption.Delivery


class Code(NamedTuple):
    """What the member's page shows: digits, and for how many seconds they are the newest."""

    digits: str
    seconds: int


def code_of(redemption: Redemption, *, at: datetime) -> Code | None:
    """The code for the counter now; None for an order of which nothing is to be handed over."""
    if not is_ready(redemption):
        return None
    digits = numbers.hand_over_code(redemption.number, key=_key(), at=at)
    return Code(digits, numbers.seconds_left(at))


def is_ready(redemption: Redemption) -> bool:
    """Whether it can be handed over: paid for, and not yet done."""
    is_at_a_counter = redemption.delivery in (_WAY.PICK_UP, _WAY.VOUCHER)
    return is_at_a_counter and redemption.state in (_STATE.PLACED, _STATE.CONFIRMED)


def look_up(*, code: str, store_id: int, scanner: str, at: datetime) -> Redemption:
    """The order behind a code, as staff see it before they hand over. Nothing is written but a
    wrong code, which is counted.

    Raises `hand_over_code_wrong`, `hand_over_too_many`, and what `hand_over` raises. Must not
    run inside a caller's transaction, which could take the count back.
    """
    digits = policies.fold_digits("".join(code.split()))
    number = numbers.number_in(digits, key=_key(), at=at)
    redemption = (
        Redemption.objects.select_related("reward", "variant", "pick_up_store", "member")
        .filter(number=number)
        .first()
        if number
        else None
    )
    if redemption is None:
        _count_wrong(scanner, at=at)
        raise RedemptionRefused("hand_over_code_wrong", field="code")
    _check(redemption, store_id=store_id, at=at)
    return redemption


def hand_over(*, code: str, store_id: int, scanner: str, actor: str, at: datetime) -> Redemption:
    """Hand an order over in a store; exactly once, however many scan at the same moment.

    Raises `hand_over_code_wrong` (also for one that is too old), `hand_over_done` with its time,
    `hand_over_wrong_store` with the right one, `hand_over_late`, `hand_over_not_ready`,
    `hand_over_too_many`. Locks the member's account.
    """
    found = look_up(code=code, store_id=store_id, scanner=scanner, at=at)
    with transaction.atomic():
        redemption = progress.locked(found.pk, at=at)
        _check(redemption, store_id=store_id, at=at)
        return progress.hand_over(redemption, store_id=store_id, actor=actor, at=at)


def _check(redemption: Redemption, *, store_id: int, at: datetime) -> None:
    if redemption.state == _STATE.COMPLETED and redemption.handed_over_in_id is not None:
        raise RedemptionRefused("hand_over_done", field="code", at=redemption.completed_at)
    if not is_ready(redemption):
        raise RedemptionRefused(
            "hand_over_not_ready", field="code", state=redemption.get_state_display()
        )
    wanted = redemption.pick_up_store
    if wanted is not None and wanted.pk != store_id:
        raise RedemptionRefused("hand_over_wrong_store", field="store", store=wanted.name)
    if wanted is None and not deliveries.is_offered_in(redemption.reward, store_id):
        names = ", ".join(redemption.reward.stores.values_list("name", flat=True))
        raise RedemptionRefused("hand_over_wrong_store", field="store", store=names)
    if redemption.use_by is not None and at >= redemption.use_by:
        raise RedemptionRefused("hand_over_late", field="code", at=redemption.use_by)


def _count_wrong(scanner: str, *, at: datetime) -> None:
    """One more wrong code of this person; refused when there were too many."""
    window = int(at.timestamp()) // int(timedelta(minutes=WRONG_MINUTES).total_seconds())
    with transaction.atomic():
        may = CodeAllowance.objects.take(
            scope=CodeAllowance.Scope.HAND_OVER,
            key=scanner,
            window=window,
            limit=WRONG_MAX,
            at=at,
        )
    if not may:
        raise RedemptionRefused("hand_over_too_many", field="code", minutes=WRONG_MINUTES)


@lru_cache(maxsize=1)
def _key() -> bytes:
    return salted_hmac("mall.hand_over", settings.SECRET_KEY, algorithm="sha256").digest()
