"""Delivery receipts: what a provider reports of messages after it has taken them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from notifications.models import Message
from notifications.services import rows

_RECEIPTS = rows.Target(Message, ("id", "receipt", "receipt_code", "receipt_at"))
_BIGGEST = 2**63 - 1


class Report(NamedTuple):
    """Of one message: the provider's number, ours, and whether it arrived."""

    provider_id: str
    number: int
    is_delivered: bool
    code: str
    at: datetime


def sms_reports(entries: Sequence[Any], *, at: datetime) -> list[Report]:
    """What Aliyun's `SmsReport` says; entries that are none are passed over.

    Its times are Beijing's; one that cannot be read counts as `at`.
    """
    return [_report(entry, at=at) for entry in entries if isinstance(entry, Mapping)]


def note(reports: Sequence[Report]) -> int:
    """Note receipts of SMS; returns how many are new. Four statements, whatever the number.

    The first receipt of a message stays. Unknown numbers say nothing: the account may serve other
    programs. A report of a message that was uncertain shows that it left.
    """
    found = _messages(reports)
    told = [
        (pk, _word(report), report.code[:60], report.at)
        for report in reports
        if (pk := found.get(report.provider_id) or found.get(report.number)) is not None
    ]
    unique = {row[0]: row for row in reversed(told)}
    with transaction.atomic():
        changed = rows.update(
            _RECEIPTS, [unique[pk] for pk in sorted(unique)], guard="t.receipt = ''"
        )
        Message.objects.filter(
            pk__in=[pk for (pk,) in changed], state=Message.State.UNCERTAIN
        ).update(state=Message.State.SENT)
    return len(changed)


def _messages(reports: Sequence[Report]) -> dict[str | int, int]:
    """Our messages, by the provider's number and by ours."""
    handed = Message.objects.filter(channel=Message.Channel.SMS, handed_at__isnull=False)
    # Said in so many words, so that the index of those that have one can be used.
    named = handed.exclude(provider_id="")
    theirs = named.filter(provider_id__in={one.provider_id for one in reports if one.provider_id})
    found: dict[str | int, int] = dict(theirs.values_list("provider_id", "pk"))
    # Only where theirs was never noted: our number alone could be another installation's.
    ours = handed.filter(pk__in={one.number for one in reports if one.number}, provider_id="")
    return found | {pk: pk for pk in ours.values_list("pk", flat=True)}


def _report(entry: Mapping[str, Any], *, at: datetime) -> Report:
    number = str(entry.get("out_id", ""))
    is_number = number.isascii() and number.isdigit() and len(number) < 20
    return Report(
        provider_id=str(entry.get("biz_id", ""))[:100],
        number=int(number) if is_number and int(number) <= _BIGGEST else 0,
        is_delivered=entry.get("success") is True,
        code="".join(sign for sign in str(entry.get("err_code", "")) if sign.isprintable()),
        at=_instant(str(entry.get("report_time", ""))) or at,
    )


def _instant(text: str) -> datetime | None:
    try:
        local = datetime.fromisoformat(text)
        return timezone.make_aware(local) if local.tzinfo is None else local
    except (ValueError, OverflowError):
        return None


def _word(report: Report) -> str:
    arrived = Message.Receipt.DELIVERED if report.is_delivered else Message.Receipt.REFUSED
    return arrived.value
