"""How many coupon codes may be tried: rows, counted and committed before a code is looked at."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from mall.exceptions.coupons import ClaimCodeWrong, CouponGuessesUsedUp, CouponUnknown
from members.models import CodeAllowance
from members.policies import network
from stores.exceptions import Refusal

MEMBER_GUESSES_PER_HOUR = 10
NETWORK_GUESSES_PER_HOUR = 60
STORE_GUESSES_PER_HOUR = 60
_HOUR = 3600
_Scope = CodeAllowance.Scope


@dataclass(frozen=True, slots=True)
class _Allowance:
    scope: str
    key: str
    limit: int


@dataclass(slots=True)
class Guess:
    """Set `is_wrong` where a wrong code is told in an answer instead of being raised."""

    is_wrong: bool = False


@contextmanager
def by_member(member_id: int, *, ip: str, at: datetime) -> Iterator[Guess]:
    """A member tries a code to claim: ten wrong ones an hour, sixty from a network.

    Raises `CouponGuessesUsedUp`. Must not be entered inside a transaction, which could take the
    count back.
    """
    allowances = (
        _Allowance(_Scope.COUPON_MEMBER, str(member_id), MEMBER_GUESSES_PER_HOUR),
        _Allowance(_Scope.COUPON_NETWORK, network(ip), NETWORK_GUESSES_PER_HOUR),
    )
    with _counted(allowances, at=at) as guess:
        yield guess


@contextmanager
def by_store(store_id: int, *, at: datetime) -> Iterator[Guess]:
    """A store's machine names a code: sixty wrong ones an hour. As `by_member`."""
    allowance = _Allowance(_Scope.COUPON_STORE, str(store_id), STORE_GUESSES_PER_HOUR)
    with _counted((allowance,), at=at) as guess:
        yield guess


@contextmanager
def _counted(allowances: Sequence[_Allowance], *, at: datetime) -> Iterator[Guess]:
    """Count a guess, let it be judged, and give it back unless the code was wrong.

    So a burst of wrong ones gets exactly what the limit allows, and right ones cost nothing. What
    fails for another reason than a refusal stays counted: the limit fails closed.
    """
    window = int(at.timestamp()) // _HOUR
    with transaction.atomic(durable=True):
        for one in allowances:
            if not CodeAllowance.objects.take(
                scope=one.scope, key=one.key, window=window, limit=one.limit, at=at
            ):
                raise CouponGuessesUsedUp
    guess = Guess()
    try:
        yield guess
    except (ClaimCodeWrong, CouponUnknown):
        raise
    except Refusal:
        _put_back(allowances, window)
        raise
    if not guess.is_wrong:
        _put_back(allowances, window)


def _put_back(allowances: Sequence[_Allowance], window: int) -> None:
    with transaction.atomic():
        for one in allowances:
            CodeAllowance.objects.put_back(scope=one.scope, key=one.key, window=window)
