"""Recency, frequency and money from the receipts, and what the snapshot of them says.

A purchase is a sale that is worth something and has not come back whole; the yuan of a sale are
its total less what came back of it, and a return without a sale takes off its own.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import Cast, Coalesce, Round, RowNumber, TruncDate
from django.utils import timezone

from insights.models import RfmRun, RfmScore, RfmSettings
from insights.policies import rfm
from insights.policies.rfm import Limits, Thresholds
from sales.models import Receipt

COLUMNS = ("first_on", "last_on", "purchases", "amount", "group")
IS_PURCHASE = Q(kind=Receipt.Kind.SALE, total__gt=0, returned_total__lt=F("total"))
COUNTS = Q(kind=Receipt.Kind.SALE) | Q(kind=Receipt.Kind.RETURN, sale__isnull=True)


class Cell(NamedTuple):
    """One combination of scores: how many members, and their yuan (ten-thousandths)."""

    recency: int
    frequency: int
    money: int
    members: int
    amount: int

    @property
    def yuan(self) -> Decimal:
        return Decimal(self.amount) / rfm.UNIT


def settings() -> RfmSettings:
    return RfmSettings.objects.first() or RfmSettings()


def newest() -> RfmRun | None:
    """The last analysis that came to its end."""
    return RfmRun.objects.filter(state=RfmRun.State.DONE).order_by("-pk").first()


def midnight(day: date) -> datetime:
    """The instant at which a day begins in the shop's zone."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def scaled(field: str) -> Cast:
    """Yuan of a column as whole ten-thousandths: sums are exact on SQLite too."""
    return Cast(Round(F(field) * rfm.UNIT), BigIntegerField())


def net_amount() -> Case:
    """What a receipt that counts adds to a member's yuan."""
    return Case(
        When(kind=Receipt.Kind.SALE, then=scaled("total") - scaled("returned_total")),
        default=-scaled("total"),
        output_field=BigIntegerField(),
    )


def figures(at: Limits, as_of: date, *, low: int, high: int) -> QuerySet[Receipt, dict[str, Any]]:
    """The figures of the members with `low` < id ≤ `high` who have ever bought, as of a day's end.

    One walk along the index of a member's receipts, which holds all that is asked for.
    """
    in_window = Q(occurred_at__gte=midnight(at.window_from))
    zone = timezone.get_default_timezone()
    rows = Receipt.objects.filter(
        COUNTS,
        state=Receipt.State.POSTED,
        member_id__gt=low,
        member_id__lte=high,
        occurred_at__lt=midnight(as_of + timedelta(days=1)),
    )
    summed = (
        rows.order_by()
        .values("member_id")
        .annotate(
            first_at=Min("occurred_at", filter=IS_PURCHASE),
            last_at=Max("occurred_at", filter=IS_PURCHASE),
            purchases=Count("occurred_at", filter=IS_PURCHASE & in_window),
            amount=Coalesce(
                Sum(net_amount(), filter=in_window), Value(0), output_field=BigIntegerField()
            ),
        )
        .filter(last_at__isnull=False)
    )
    found: QuerySet[Receipt, dict[str, Any]] = summed.annotate(
        first_on=TruncDate("first_at", tzinfo=zone),
        last_on=TruncDate("last_at", tzinfo=zone),
        group=Case(
            When(last_at__lt=_after(at.lost_to), then=Value(rfm.LOST)),
            When(last_at__lt=_after(at.sleeping_to), then=Value(rfm.SLEEPING)),
            When(purchases__gte=at.vip_purchases, amount__gte=at.vip_amount, then=Value(rfm.VIP)),
            When(first_at__gte=midnight(at.new_from), then=Value(rfm.NEW)),
            default=Value(rfm.ACTIVE),
            output_field=CharField(),
        ),
    ).values("member_id", *COLUMNS)
    return found


def _after(day: date) -> datetime:
    return midnight(day + timedelta(days=1))


# --- what the snapshot says --------------------------------------------------------------------


def groups(at: Limits) -> dict[str, tuple[int, int]]:
    """How many members, and their yuan (ten-thousandths), each group would have. One query.

    The window's figures are those of the last night; the other thresholds are `at`'s.
    """
    told = RfmScore.objects.annotate(told=_group(at)).order_by().values("told")
    rows = told.annotate(n=Count("pk"), sum=Sum("amount")).values_list("told", "n", "sum")
    found = {group: (count, int(total or 0)) for group, count, total in rows}
    return {group: found.get(group, (0, 0)) for group in rfm.GROUPS}


def _group(at: Limits) -> Case:
    return Case(
        When(last_on__lte=at.lost_to, then=Value(rfm.LOST)),
        When(last_on__lte=at.sleeping_to, then=Value(rfm.SLEEPING)),
        When(purchases__gte=at.vip_purchases, amount__gte=at.vip_amount, then=Value(rfm.VIP)),
        When(first_on__gte=at.new_from, then=Value(rfm.NEW)),
        default=Value(rfm.ACTIVE),
        output_field=CharField(),
    )


def cuts(field: str, rows: QuerySet[RfmScore], count: int) -> list[Any]:
    """The four values that part the rows into fifths (the nearest rank). One query."""
    wanted = rfm.places(count)
    ranked = rows.annotate(place=Window(RowNumber(), order_by=F(field).asc()))
    found = dict(ranked.filter(place__in=wanted).values_list("place", field))
    return [found[place] for place in wanted if place in found]


class Quintiles(NamedTuple):
    """The cuts of each dimension over all members who have bought. Dates for recency."""

    recency: list[date]
    frequency: list[int]
    money: list[int]


def quintiles() -> Quintiles:
    rows = RfmScore.objects.all()
    count = rows.count()
    # The latest dates score highest, and a tie belongs to the better fifth: as by days of silence.
    recency = [_mirrored(rows, place) for place in rfm.places(count)]
    return Quintiles(recency, cuts("purchases", rows, count), cuts("amount", rows, count))


def _mirrored(rows: QuerySet[RfmScore], place: int) -> date:
    dates: QuerySet[RfmScore, date] = rows.order_by("-last_on").values_list("last_on", flat=True)
    return dates[place - 1]


def cells(at: Quintiles) -> list[Cell]:
    """The members by their three scores. One query."""
    if not at.frequency:
        return []
    rows = (
        RfmScore.objects.annotate(
            r=_recency_score(at.recency),
            f=_score("purchases", at.frequency),
            m=_score("amount", at.money),
        )
        .order_by()
        .values("r", "f", "m")
        .annotate(n=Count("pk"), sum=Sum("amount"))
        .values_list("r", "f", "m", "n", "sum")
    )
    return sorted(Cell(r, f, m, count, int(total)) for r, f, m, count, total in rows)


def _score(field: str, cuts: Iterable[int]) -> Case:
    whens = [When(**{f"{field}__lte": cut}, then=Value(n)) for n, cut in enumerate(cuts, start=1)]
    return Case(*whens, default=Value(5), output_field=IntegerField())


def _recency_score(cuts: Iterable[date]) -> Case:
    whens = [When(last_on__gte=cut, then=Value(5 - n)) for n, cut in enumerate(cuts)]
    return Case(*whens, default=Value(1), output_field=IntegerField())


def proposal(current: Thresholds, as_of: date) -> Thresholds:
    """Thresholds by the quantiles of the shop's own snapshot."""
    everybody = RfmScore.objects.all()
    count = everybody.count()
    buyers = everybody.filter(purchases__gt=0)
    bought = buyers.count()
    silence = [(as_of - _mirrored(everybody, place)).days for place in rfm.places(count)]
    return rfm.proposal(
        current,
        silence=silence,
        purchases=cuts("purchases", buyers, bought),
        amounts=cuts("amount", buyers, bought),
    )


def heat(found: Iterable[Cell]) -> dict[tuple[int, int], tuple[int, int]]:
    """(recency, frequency) → members and yuan, summed over money."""
    members: Counter[tuple[int, int]] = Counter()
    amounts: Counter[tuple[int, int]] = Counter()
    for cell in found:
        members[cell.recency, cell.frequency] += cell.members
        amounts[cell.recency, cell.frequency] += cell.amount
    return {(r, f): (members[r, f], amounts[r, f]) for r in rfm.SCORES for f in rfm.SCORES}
