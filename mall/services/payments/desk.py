"""Starting a payment, and hearing that it was made."""

import logging
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from mall.exceptions import RedemptionRefused
from mall.exceptions.payments import PaymentNotDue
from mall.models import Payment, Redemption
from mall.services import payment_rows, progress
from mall.services.payments.providers import Bill, Seen, named
from points.services import accounts

logger = logging.getLogger(__name__)
_STATE = Payment.State


def start(
    *,
    redemption: Redemption,
    way: str,
    at: datetime,
    payer: str = "",
    ip: str = "",
    return_url: str = "",
) -> Mapping[str, str]:
    """What the member's client needs to pay this order now; the provider is asked for it.

    Raises `PaymentNotDue` for an order that is paid, cancelled or too late, `PayerUnknown`,
    `WayNotOffered`, `PaymentUnavailable`, `PaymentRefused`.
    """
    payment = Payment.objects.filter(redemption=redemption, state=_STATE.OPEN).first()
    pay_by = redemption.pay_by
    is_due = redemption.state == Redemption.State.UNPAID and pay_by is not None and at < pay_by
    if payment is None or pay_by is None or not is_due:
        raise PaymentNotDue
    bill = Bill(
        out_trade_no=payment.out_trade_no,
        amount=payment.amount,
        words=redemption.reward.name,
        expires_at=pay_by,
        payer=payer,
        ip=ip,
        return_url=return_url,
    )
    return named(payment.provider).start(bill, way=way)


def notify(*, provider: str, headers: Mapping[str, str], body: bytes, at: datetime) -> None:
    """A message of a provider. Raises `NoticeForged`; again, it changes nothing."""
    seen = named(provider).notified(headers, body, at=at)
    if seen is not None:
        settle(seen=seen, provider=provider, at=at)


def settle(*, seen: Seen, provider: str, at: datetime) -> bool:
    """Take in what a provider says of a payment; True when the order went on by it.

    Money for an order that was cancelled meanwhile goes back by itself. Another amount than ours
    is never taken for ours: it is logged, and the order stays unpaid.
    """
    if seen.state != "paid":
        return False
    with transaction.atomic():
        payment = _locked(seen.out_trade_no, provider, at=at)
        if payment is None or payment.state == _STATE.PAID:
            return False
        if seen.amount != payment.amount:
            logger.error("payment %s: %s fen instead of %s", payment, seen.amount, payment.amount)
            return False
        payment.state, payment.paid_at = _STATE.PAID, at
        payment.transaction_id, payment.is_close_due = seen.transaction_id, False
        payment.save()
        try:
            progress.mark_paid(redemption_id=payment.redemption_id, actor=provider, at=at)
        except RedemptionRefused:
            payment_rows.refund(
                payment, amount=payment.amount, reason=payment.redemption.number, at=at
            )
            return False
    return True


def _locked(out_trade_no: str, provider: str, *, at: datetime) -> Payment | None:
    """The payment under the lock of its member's account."""
    payments = Payment.objects.filter(out_trade_no=out_trade_no, provider=provider)
    member_id = payments.values_list("redemption__member_id", flat=True).first()
    if member_id is None:
        logger.error("payment %s of %s is not known here", out_trade_no, provider)
        return None
    accounts.lock([member_id], at=at)
    return payments.select_related("redemption").first()
