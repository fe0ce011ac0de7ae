"""What the API says about points. Points are whole numbers; instants carry their offset."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from points.models import Entry, Lot, LotUse
from points.policies import NEVER
from points.selectors import Balance, BalanceAsOf, Part, explanations, labels
from points.selectors.calendar import Calendar


class NextExpirySerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    points = serializers.IntegerField()


class PointsSerializer(serializers.Serializer[Any]):
    """Lots past their day are left out at the instant, booked or not."""

    available = serializers.IntegerField(help_text="What can be used now.")
    held = serializers.IntegerField(help_text="Reserved for unfinished checkouts.")
    pending = serializers.IntegerField(help_text="Granted, not yet usable.")
    debt = serializers.IntegerField(help_text="Owed; the next points pay it first.")
    expiring = serializers.IntegerField(help_text="The part of available that lapses in 30 days.")
    next_expiry = NextExpirySerializer(allow_null=True)
    earned_total = serializers.IntegerField()
    spent_total = serializers.IntegerField()
    expired_total = serializers.IntegerField()
    clawed_total = serializers.IntegerField()
    is_frozen = serializers.BooleanField()
    frozen_reason = serializers.CharField()
    at = serializers.DateTimeField()


class StoreSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class EntrySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="The entry's number in the account, from 1.")
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    points = serializers.IntegerField(help_text="Signed.")
    available_after = serializers.IntegerField()
    pending_after = serializers.IntegerField()
    held_after = serializers.IntegerField()
    debt_after = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    booked_at = serializers.DateTimeField()
    store = StoreSerializer(allow_null=True)
    source = serializers.CharField(  # type: ignore[assignment]  # DRF takes fields off the class
        help_text="The code of where it came from."
    )
    source_label = serializers.CharField(help_text="The same in words, by Accept-Language.")
    reference = serializers.CharField()
    rule_version = serializers.CharField()
    relates_to = serializers.IntegerField(allow_null=True, help_text="The entry it answers.")
    explanation = serializers.DictField(help_text="The inputs and the arithmetic.")
    sentence = serializers.CharField(help_text="The same in words, by Accept-Language.")


class LotSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    entry = serializers.IntegerField(help_text="The entry that granted it.")
    granted = serializers.IntegerField()
    remaining = serializers.IntegerField()
    held = serializers.IntegerField()
    spent = serializers.IntegerField()
    expired = serializers.IntegerField()
    clawed = serializers.IntegerField()
    earned_at = serializers.DateTimeField()
    usable_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Null: never.")


class LotUseSerializer(serializers.Serializer[Any]):
    lot = serializers.IntegerField()
    points = serializers.IntegerField(help_text="Taken from the lot; negative: put back.")
    expires_at = serializers.DateTimeField(allow_null=True)


class EntryDetailSerializer(EntrySerializer):
    lots = LotSerializer(many=True, help_text="What this entry granted: the first 100.")
    lots_total = serializers.IntegerField(help_text="How many lots it granted in all.")
    uses = LotUseSerializer(
        many=True, help_text="Which lots it took from or gave back to: the first 100."
    )
    uses_total = serializers.IntegerField(help_text="How many uses there are in all.")


class EntryPageSerializer(serializers.Serializer[Any]):
    results = EntrySerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class LotPageSerializer(serializers.Serializer[Any]):
    results = LotSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class EndingLotSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    entry = serializers.IntegerField(help_text="The entry that granted it.")
    points = serializers.IntegerField(help_text="Usable now.")
    earned_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="From then on they do not count.")
    expires_at = serializers.DateTimeField(
        allow_null=True,
        help_text="Their own end; later than ends_at (or null: never) where a clearing that was "
        "announced ends them first.",
    )


class CalendarMonthSerializer(serializers.Serializer[Any]):
    month = serializers.DateField(help_text="Its first day.")
    points = serializers.IntegerField(help_text="Whose last day lies in this month.")
    lots_total = serializers.IntegerField()
    lots = EndingLotSerializer(many=True, help_text="Of the first 200 lots of the calendar.")


class AnnouncedClearingSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    last_day = serializers.DateField()


class CalendarSerializer(serializers.Serializer[Any]):
    """Twelve months from the current one. Months, later and never add up to total."""

    total = serializers.IntegerField()
    months = CalendarMonthSerializer(many=True)
    later = serializers.IntegerField(help_text="Ending after the twelve months.")
    never = serializers.IntegerField(help_text="Without an end.")
    clearings = AnnouncedClearingSerializer(many=True)


class BalanceAsOfSerializer(serializers.Serializer[Any]):
    """Points at an instant of the past, by the time things happened."""

    as_of = serializers.DateTimeField()
    available = serializers.IntegerField()
    held = serializers.IntegerField()
    pending = serializers.IntegerField()
    debt = serializers.IntegerField()


# The serializers above are the contract, and a test holds the functions below to it. A list of
# twenty entries through them costs a quarter of what the same list costs through fields.


def balance(row: Balance) -> dict[str, Any]:
    next_expiry = None
    if row.next_expiry_at is not None:
        next_expiry = {"at": _instant(row.next_expiry_at), "points": row.next_expiry_points}
    return {
        "available": row.available,
        "held": row.held,
        "pending": row.pending,
        "debt": row.debt,
        "expiring": row.expiring,
        "next_expiry": next_expiry,
        "earned_total": row.earned_total,
        "spent_total": row.spent_total,
        "expired_total": row.expired_total,
        "clawed_total": row.clawed_total,
        "is_frozen": row.is_frozen,
        "frozen_reason": row.frozen_reason,
        "at": _instant(row.at),
    }


def entry(row: Entry) -> dict[str, Any]:
    store = row.store
    return {
        "id": row.pk,
        "seq": row.seq,
        "kind": row.kind,
        "points": row.amount,
        "available_after": row.available_after,
        "pending_after": row.pending_after,
        "held_after": row.held_after,
        "debt_after": row.debt_after,
        "occurred_at": _instant(row.occurred_at),
        "booked_at": _instant(row.created_at),
        "store": {"code": store.code, "name": store.name} if store is not None else None,
        "source": row.source,
        "source_label": labels.source(row.source),
        "reference": row.reference,
        "rule_version": row.rule_version,
        "relates_to": row.relates_to_id,
        "explanation": explanations.data(row),
        "sentence": explanations.render(row),
    }


def lot(row: Lot) -> dict[str, Any]:
    return {
        "id": row.pk,
        "entry": row.entry_id,
        "granted": row.granted,
        "remaining": row.remaining,
        "held": row.held,
        "spent": row.spent,
        "expired": row.expired,
        "clawed": row.clawed,
        "earned_at": _instant(row.earned_at),
        "usable_at": _instant(row.usable_at),
        "expires_at": _expiry(row.expires_at),
    }


def lot_use(row: LotUse) -> dict[str, Any]:
    return {
        "lot": row.lot_id,
        "points": row.amount,
        "expires_at": _expiry(row.lot.expires_at),
    }


def entry_detail(row: Entry, *, lots: Part[Lot], uses: Part[LotUse]) -> dict[str, Any]:
    return entry(row) | {
        "lots": [lot(each) for each in lots.rows],
        "lots_total": lots.total,
        "uses": [lot_use(each) for each in uses.rows],
        "uses_total": uses.total,
    }


def _instant(value: datetime) -> str:
    return timezone.localtime(value).isoformat()


def _expiry(value: datetime) -> str | None:
    return None if value >= NEVER else _instant(value)


def balance_as_of(row: BalanceAsOf, at: datetime) -> dict[str, Any]:
    return {
        "as_of": _instant(at),
        "available": row.available,
        "held": row.held,
        "pending": row.pending,
        "debt": row.debt,
    }


def ending_calendar(row: Calendar) -> dict[str, Any]:
    return {
        "total": row.total,
        "months": [
            {
                "month": month.first.isoformat(),
                "points": month.points,
                "lots_total": month.count,
                "lots": [_ending(found) for found in month.lots],
            }
            for month in row.months
        ],
        "later": row.later,
        "never": row.never,
        "clearings": [
            {"name": plan.name, "last_day": plan.last_day.isoformat()} for plan in row.coming
        ],
    }


def _ending(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "entry": row.entry_id,
        "points": row.usable,
        "earned_at": _instant(row.earned_at),
        "ends_at": _instant(row.ends_at),
        "expires_at": _expiry(row.expires_at),
    }
