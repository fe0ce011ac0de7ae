"""What a built segment's conditions mean as queries, and who fulfils them.

Everything about a member is asked by a subquery of the member's own rows, along their indexes:
a window of members costs its members, however many receipts the shop has.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Mod, Round
from django.db.models.lookups import Range

from campaigns.models import Event
from campaigns.policies.conditions import decimal_of
from campaigns.policies.problems import Params
from insights.models import RfmScore
from insights.policies import rfm
from insights.policies.segments import group_of
from insights.selectors.rfm import COUNTS, IS_PURCHASE, midnight, net_amount
from members.models import Consent, Member, MemberTag, SegmentMember
from points.selectors import holdings
from sales.models import Receipt, ReceiptLine
from stores.models import Article
from stores.selectors import goods
from tiers.models import Level, Standing

_MOST = 10**18
SAMPLE = 10
# A shop with more members than this is shown an estimate while somebody is still choosing.
COUNTED_MAX = 20_000
PREVIEW_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The instant at which conditions are looked at; days are those of the shop's zone."""

    at: datetime

    @property
    def today(self) -> date:
        return self.at.astimezone(midnight(date(2000, 1, 1)).tzinfo).date()

    def days_ago(self, days: int) -> datetime:
        return midnight(self.today - timedelta(days=days))

    def span(self, params: Params) -> tuple[datetime | None, datetime]:
        """From when on and before when a condition's period lies; today counts as its last day."""
        tomorrow = midnight(self.today + timedelta(days=1))
        if days := params.get("last_days"):
            return self.days_ago(days - 1), tomorrow
        first, last = params.get("first_day"), params.get("last_day")
        starts = midnight(date.fromisoformat(first)) if first else None
        ends = midnight(date.fromisoformat(last) + timedelta(days=1)) if last else tomorrow
        return starts, ends


def matching(tree: Params, at: datetime) -> QuerySet[Member]:
    """The members who fulfil a sound tree at `at`; who was merged or erased fulfils nothing."""
    return _people().filter(_node(tree, Frame(at)))


def _people() -> QuerySet[Member]:
    return Member.objects.filter(merged_into=None, erased_at=None)


def _node(node: Params, frame: Frame) -> Q:
    group = group_of(node)
    if group is None:
        found = _TRANSLATIONS[node["kind"]](node, frame)
    elif group[0] == "all":
        found = _all([_node(one, frame) for one in group[1]])
    else:
        found = _any([_node(one, frame) for one in group[1]])
    return ~found if node.get("not") else found


def _all(parts: list[Q]) -> Q:
    found = Q()
    for part in parts:
        found &= part
    return found


def _any(parts: list[Q]) -> Q:
    found = parts[0] if parts else Q()
    for part in parts[1:]:
        found |= part
    return found


# --- figures -----------------------------------------------------------------------------------


def _between(value: QuerySet[Any], params: Params, *, scale: int = 1) -> Q:
    """Whether the outer member's figure lies between `min` and `max`; who has none has zero."""
    low, high = (_bound(params.get(name), scale) for name in ("min", "max"))
    figure = Coalesce(Subquery(value, output_field=BigIntegerField()), Value(0))
    bounds = (-_MOST if low is None else low, _MOST if high is None else high)
    return Q(Range(figure, bounds))


def _bound(value: Any, scale: int) -> int | None:
    number = decimal_of(value) if value not in (None, "") else None
    return None if number is None else int(number * scale)


def _in_span(frame: Frame, params: Params, field: str = "occurred_at") -> Q:
    starts, ends = frame.span(params)
    found = Q(**{f"{field}__lt": ends})
    return found & Q(**{f"{field}__gte": starts}) if starts is not None else found


def _receipts(params: Params, frame: Frame) -> QuerySet[Receipt]:
    rows = Receipt.objects.filter(
        _in_span(frame, params), member_id=OuterRef("pk"), state=Receipt.State.POSTED
    )
    if stores := params.get("stores"):
        rows = rows.filter(store__code__in=stores)
    return rows.order_by()


def _goods(params: Params) -> Q | None:
    """The lines that a condition is about; None for all of them."""
    found = Q()
    if skus := params.get("skus"):
        found |= Q(sku__in=skus)
    if codes := params.get("categories"):
        tree = goods.tree()
        below = sorted({one for code in codes for one in tree.below(code)})
        known = Article.objects.filter(category__code__in=below).values("sku")
        # The till's own word goes before the article's, as for earning rules.
        found |= Q(category__in=below) | Q(category="", sku__in=known)
    return found or None


def _purchases(params: Params, frame: Frame) -> Q:
    rows = _receipts(params, frame).filter(IS_PURCHASE)
    if (lines := _goods(params)) is not None:
        kept = ReceiptLine.objects.filter(
            lines, receipt_id=OuterRef("pk"), returned__lt=F("quantity")
        )
        rows = rows.filter(Exists(kept))
    return _between(rows.values("member_id").annotate(n=Count("pk")).values("n"), params)


def _spent(params: Params, frame: Frame) -> Q:
    if (lines := _goods(params)) is None:
        rows = _receipts(params, frame).filter(COUNTS)
        summed = rows.values("member_id").annotate(n=Sum(net_amount())).values("n")
        return _between(summed, params, scale=rfm.UNIT)
    return _between(_spent_on(lines, params, frame), params, scale=rfm.UNIT)


def _spent_on(lines: Q, params: Params, frame: Frame) -> QuerySet[Any]:
    """Yuan for chosen goods: of a sale's line, the share that did not come back."""
    kept = Cast(
        Round(F("amount") * rfm.UNIT * (F("quantity") - F("returned")) / F("quantity")),
        BigIntegerField(),
    )
    given_back = -Cast(Round(F("amount") * rfm.UNIT), BigIntegerField())
    starts, ends = frame.span(params)
    rows = ReceiptLine.objects.filter(
        lines,
        Q(receipt__kind=Receipt.Kind.SALE) | Q(receipt__sale__isnull=True),
        receipt__member_id=OuterRef("pk"),
        receipt__state=Receipt.State.POSTED,
        receipt__occurred_at__lt=ends,
    )
    if starts is not None:
        rows = rows.filter(receipt__occurred_at__gte=starts)
    if stores := params.get("stores"):
        rows = rows.filter(receipt__store__code__in=stores)
    net = Case(
        When(receipt__kind=Receipt.Kind.SALE, then=kept),
        default=given_back,
        output_field=BigIntegerField(),
    )
    return rows.order_by().values("receipt__member_id").annotate(n=Sum(net)).values("n")


def _bought(**when: datetime) -> Exists:
    rows = Receipt.objects.filter(IS_PURCHASE, member_id=OuterRef("pk"), state=Receipt.State.POSTED)
    return Exists(rows.filter(**{f"occurred_at__{name}": at for name, at in when.items()}))


def _days(params: Params, frame: Frame) -> tuple[datetime | None, datetime]:
    """`min` to `max` days ago as an interval: from when on (None: ever) and before when."""
    low, high = params.get("min"), params.get("max")
    starts = frame.days_ago(high) if high not in (None, "") else None
    return starts, frame.days_ago((low or 0) - 1)


def _last_purchase(params: Params, frame: Frame) -> Q:
    starts, ends = _days(params, frame)
    found = _bought(gte=starts, lt=ends) if starts is not None else _bought(lt=ends)
    return Q(found) & ~Q(_bought(gte=ends, lt=frame.days_ago(-1)))


def _first_purchase(params: Params, frame: Frame) -> Q:
    starts, ends = _days(params, frame)
    if starts is None:
        return Q(_bought(lt=ends))
    return Q(_bought(gte=starts, lt=ends)) & ~Q(_bought(lt=starts))


def _balance(params: Params, frame: Frame) -> Q:
    return _between(holdings.usable(frame.at), params)


def _expiring(params: Params, frame: Frame) -> Q:
    until = frame.at + timedelta(days=params["days"])
    return _between(holdings.usable(frame.at, until=until), params)


def _earned(params: Params, frame: Frame) -> Q:
    return _between(holdings.earned(*frame.span(params)), params)


def _event(params: Params, frame: Frame) -> Q:
    rows = Event.objects.filter(
        _in_span(frame, params), member_id=OuterRef("pk"), trigger__in=params["in"]
    ).exclude(state=Event.State.REVERSED)
    counted = rows.order_by().values("member_id").annotate(n=Count("pk")).values("n")
    return _between(counted, params)


# --- what a member is --------------------------------------------------------------------------


def _mine(rows: QuerySet[Any]) -> Q:
    return Q(Exists(rows.filter(member_id=OuterRef("pk"))))


def _tier(params: Params, _frame: Frame) -> Q:
    found = _mine(Standing.objects.filter(level__code__in=params["in"]))
    lowest = Level.objects.order_by("rank").values_list("code", flat=True).first()
    if lowest in params["in"]:
        # Who has no row yet has the lowest level.
        found |= ~_mine(Standing.objects.all())
    return found


def _joined(params: Params, frame: Frame) -> Q:
    starts, ends = _days(params, frame)
    found = Q(joined_at__lt=ends)
    return found & Q(joined_at__gte=starts) if starts is not None else found


def _consent(params: Params, _frame: Frame) -> Q:
    return _mine(Consent.objects.filter(purpose__in=params["in"], withdrawn_at=None))


def _list(params: Params, _frame: Frame) -> Q:
    rows = SegmentMember.objects.filter(segment__kind="list", segment__is_active=True)
    return _mine(rows.filter(segment__code__in=params["in"]))


_TRANSLATIONS: dict[str, Callable[[Params, Frame], Q]] = {
    "purchases": _purchases,
    "spent": _spent,
    "last_purchase": _last_purchase,
    "first_purchase": _first_purchase,
    "rfm": lambda p, _f: _mine(RfmScore.objects.filter(group__in=p["in"])),
    "balance": _balance,
    "earned": _earned,
    "expiring": _expiring,
    "tier": _tier,
    "tag": lambda p, _f: _mine(MemberTag.objects.filter(tag__name__in=p["in"])),
    "list": _list,
    "home_store": lambda p, _f: Q(home_store__code__in=p["in"]),
    "joined": _joined,
    "birthday_month": lambda p, _f: Q(birthday__month__in=p["in"]),
    "source": lambda p, _f: Q(source__in=p["in"]),
    "event": _event,
    "consent": _consent,
}


# --- while somebody is choosing ----------------------------------------------------------------


class Preview(NamedTuple):
    """How many members fulfil the conditions, and ten of them.

    `size` is None where counting took too long; an estimate when `is_estimate`.
    """

    size: int | None
    is_estimate: bool
    of: int
    sample: list[Member]


def preview(tree: Params, at: datetime) -> Preview:
    """Count and sample within about three seconds, whatever the shop's size.

    More than 20,000 members are not all looked at: evenly spread ones tell about how many.
    """
    members = _people().count()
    rows = matching(tree, at)
    step = -(-members // COUNTED_MAX)
    looked_at = rows
    if step > 1:
        looked_at = rows.alias(place=Mod(F("pk"), Value(step))).filter(place=0)
    try:
        with time_limit(PREVIEW_SECONDS):
            sample = list(looked_at.order_by("pk")[:SAMPLE])
            count = looked_at.count()
    except OperationalError:
        return Preview(None, is_estimate=False, of=members, sample=[])
    return Preview(min(count * step, members), is_estimate=step > 1, of=members, sample=sample)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Cut off what the database does within after `seconds`: it raises OperationalError."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = DEFAULT")
        return
    connection.ensure_connection()
    ends = time.monotonic() + seconds
    handle = connection.connection.set_progress_handler
    handle(lambda: int(time.monotonic() > ends), 10_000)
    try:
        yield
    finally:
        handle(None, 0)
