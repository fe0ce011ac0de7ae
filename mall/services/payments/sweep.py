"""What providers are asked and told in the background: bounded, safe to run twice."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from mall.exceptions.payments import PaymentRefused, PaymentUnavailable
from mall.models import Payment, Refund
from mall.services import notices
from mall.services.payments.desk import settle
from mall.services.payments.providers import RefundOrder, named

LIMIT = 50
# A notice comes within seconds; who asks meanwhile asks for nothing.
_LOOK_AFTER = timedelta(seconds=20)
_LOOK_AGAIN = timedelta(seconds=30)
_GIVE_UP_AFTER = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_STATE = Refund.State


def tend(*, now: datetime, limit: int = LIMIT) -> dict[str, int]:
    """One round: open payments are looked at, unwanted ones closed, due refunds sent.

    A provider that does not answer ends the round of its kind; the next one tries again.
    """
    return {
        "settled": _look(now, limit),
        "closed": _close(now, limit),
        "refunded": _refund(now, limit),
    }


def _due(now: datetime, condition: Q, limit: int) -> list[Payment]:
    rested = Q(tried_at__isnull=True) | Q(tried_at__lte=now - _LOOK_AGAIN)
    rows = Payment.objects.filter(condition, rested).order_by(
        F("tried_at").asc(nulls_first=True), "pk"
    )
    found = list(rows[:limit])
    Payment.objects.filter(pk__in=[one.pk for one in found]).update(tried_at=now)
    return found


def _look(now: datetime, limit: int) -> int:
    settled = 0
    waiting = Q(state=Payment.State.OPEN, created_at__lte=now - _LOOK_AFTER)
    for payment in _due(now, waiting, limit):
        try:
            seen = named(payment.provider).look(payment.out_trade_no)
        except PaymentUnavailable:
            break
        except PaymentRefused:
            continue
        settled += settle(seen=seen, provider=payment.provider, at=now)
    return settled


def _close(now: datetime, limit: int) -> int:
    closed = 0
    for payment in _due(now, Q(is_close_due=True), limit):
        provider = named(payment.provider)
        try:
            provider.close(payment.out_trade_no)
        except PaymentUnavailable:
            break
        except PaymentRefused:
            # It was paid at the last moment: what was paid goes back.
            seen = provider.look(payment.out_trade_no)
            settle(seen=seen, provider=payment.provider, at=now)
        Payment.objects.filter(pk=payment.pk).update(is_close_due=False)
        closed += 1
    return closed


def _refund(now: datetime, limit: int) -> int:
    done = 0
    due = Refund.objects.filter(
        state__in=[_STATE.DUE, _STATE.PROCESSING], next_at__lte=now
    ).select_related("payment__redemption__reward")
    for refund in due.order_by("next_at")[:limit]:
        done += _send(refund, now)
    return done


def _send(refund: Refund, now: datetime) -> bool:
    """Tell the provider, and write its answer down. Sent again it goes back once only."""
    payment = refund.payment
    order = RefundOrder(
        out_trade_no=payment.out_trade_no,
        out_refund_no=refund.out_refund_no,
        amount=refund.amount,
        whole=payment.amount,
        reason=refund.reason,
    )
    try:
        seen = named(payment.provider).refund(order)
    except PaymentUnavailable as error:
        return _written(refund, now, _STATE.DUE, error=error.code)
    except PaymentRefused as error:
        return _written(refund, now, _STATE.FAILED, error=error.code)
    states = {"done": _STATE.DONE, "failed": _STATE.FAILED, "processing": _STATE.PROCESSING}
    return _written(refund, now, states[seen.state], error=seen.error, number=seen.provider_id)


def _written(
    refund: Refund, now: datetime, state: Refund.State, *, error: str = "", number: str = ""
) -> bool:
    attempts = refund.attempts + 1
    if state == _STATE.DUE and attempts >= _GIVE_UP_AFTER:
        state = _STATE.FAILED
    wait = min(_FIRST_WAIT * 2 ** min(refund.attempts, 10), _LONGEST_WAIT)
    with transaction.atomic():
        row = Refund.objects.select_for_update(of=("self",)).get(pk=refund.pk)
        if row.state in (_STATE.DONE, _STATE.FAILED):
            return False
        row.state, row.error, row.attempts = state, error[:200], attempts
        row.provider_id = number or row.provider_id
        row.next_at = now + wait
        row.done_at = now if state == _STATE.DONE else None
        row.save()
        if state == _STATE.DONE:
            notices.refunded(refund, at=now)
    return state == _STATE.DONE
