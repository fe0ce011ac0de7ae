"""What a provider of payments has to offer, and which one this installation uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

WAYS = ("mini_program", "native", "h5")


@dataclass(frozen=True, slots=True)
class Bill:
    """What is to be paid: `amount` in fen, until `expires_at`; `payer` is the WeChat openid."""

    out_trade_no: str
    amount: int
    words: str
    expires_at: datetime
    payer: str = ""
    ip: str = ""
    return_url: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the provider knows of a payment. `amount` in fen, None where nothing was paid."""

    out_trade_no: str
    state: Literal["open", "paid", "closed"]
    transaction_id: str = ""
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """`amount` of `whole` fen go back; `out_refund_no` makes it happen once."""

    out_trade_no: str
    out_refund_no: str
    amount: int
    whole: int
    reason: str


@dataclass(frozen=True, slots=True)
class RefundSeen:
    state: Literal["processing", "done", "failed"]
    provider_id: str = ""
    error: str = ""


class Provider(Protocol):
    """Made without arguments, safe to use in threads. Every call answers or raises within some
    seconds: `PaymentUnavailable` when trying again may help, `PaymentRefused` otherwise."""

    def start(self, bill: Bill, *, way: str) -> Mapping[str, str]:
        """What the payer's client needs. Again for the same bill, it is the same payment."""

    def look(self, out_trade_no: str) -> Seen:
        """What has become of it."""

    def close(self, out_trade_no: str) -> None:
        """Nobody may pay it any more. Raises `PaymentRefused` when it was paid."""

    def refund(self, order: RefundOrder) -> RefundSeen:
        """Send money back; again with the same number, it goes back once."""

    def notified(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Seen | None:
        """What a message of the provider says, once its signature has proved it; None for one
        about something else. Raises `NoticeForged`."""


@lru_cache(maxsize=8)
def named(code: str) -> Provider:
    """The provider of this code, one for the life of the process."""
    provider: Provider = import_string(settings.PAYMENT_PROVIDERS[code])()
    return provider
