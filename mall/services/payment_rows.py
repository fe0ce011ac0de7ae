"""The rows of payments: what is to be paid and what goes back. The providers are told later.

Nothing here calls anybody: a sweep (`mall.services.payments`) tells the provider what these rows
say, until it has answered.
"""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import F

from mall.models import Payment, Redemption, Refund

_FEN = 100


def fen(yuan: Decimal) -> int:
    """Whole fen; amounts of orders have two places."""
    return int(yuan * _FEN)


def yuan(amount: int) -> Decimal:
    return Decimal(amount) / _FEN


def open_payment(*, redemption: Redemption, at: datetime) -> Payment:
    """What is to be paid for an order, with the provider of this installation."""
    return Payment.objects.create(
        redemption=redemption,
        provider=settings.PAYMENT_PROVIDER,
        out_trade_no=f"R{redemption.number}",
        amount=fen(redemption.money),
        state=Payment.State.OPEN,
        created_at=at,
    )


def give_back(*, redemption: Redemption, money: Decimal, reason: str, at: datetime) -> None:
    """Let `money` yuan of a paid order go back. Its account is locked.

    An order that was never paid has its payment closed instead: nobody may pay it any more.
    """
    payment = Payment.objects.filter(redemption=redemption).first()
    if payment is None:
        return
    if payment.state != Payment.State.PAID:
        close(payment, at=at)
        return
    refund(payment, amount=fen(money), reason=reason, at=at)


def close(payment: Payment, *, at: datetime) -> None:
    """The order is not to be paid any more; the provider is told by the sweep."""
    Payment.objects.filter(pk=payment.pk, state=Payment.State.OPEN).update(
        state=Payment.State.CLOSED, closed_at=at, is_close_due=True
    )


def refund(payment: Payment, *, amount: int, reason: str, at: datetime) -> Refund | None:
    """Write down that `amount` fen go back; never more than was paid."""
    amount = min(amount, payment.amount - payment.refunded)
    if amount <= 0:
        return None
    nth = Refund.objects.filter(payment=payment).count() + 1
    Payment.objects.filter(pk=payment.pk).update(refunded=F("refunded") + amount)
    return Refund.objects.create(
        payment=payment,
        out_refund_no=f"{payment.out_trade_no}-{nth}",
        amount=amount,
        reason=reason,
        created_at=at,
        next_at=at,
    )


def try_again(refund: Refund, *, at: datetime) -> None:
    """A person wants a refund that failed to be sent once more."""
    Refund.objects.filter(pk=refund.pk, state=Refund.State.FAILED).update(
        state=Refund.State.DUE, attempts=0, next_at=at, error=""
    )
