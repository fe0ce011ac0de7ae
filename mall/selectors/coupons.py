"""Coupons as they are read: a member's wallet, one of them, what a till asks, what staff count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from mall.models import Coupon, CouponTemplate, CouponUse
from mall.policies import coupon_codes
from mall.policies.coupon_codes import Status
from mall.selectors import coupon_words

TABS = ("open", "used", "expired")
SOON = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A coupon as its ticket shows it. `hours_left` is None unless it lapses within 72 hours."""

    coupon: Coupon
    status: Status
    figure: str
    condition: str
    scope: list[str]
    hours_left: int | None
    used: CouponUse | None = None

    @property
    def name(self) -> str:
        return self.coupon.template.label

    @property
    def since(self) -> str:
        return coupon_words.first_moment(self.coupon.starts_at)

    @property
    def until(self) -> str:
        return coupon_words.last_moment(self.coupon.expires_at)


def wallet(member_id: int, tab: str, at: datetime) -> QuerySet[Coupon]:
    """A member's coupons of a tab: usable ones (and those that wait or are held) with the
    soonest end first; used ones and lapsed ones with the latest first."""
    own = Coupon.objects.filter(member_id=member_id).select_related("template")
    if tab == "used":
        return own.used_up().order_by("-pk")
    if tab == "expired":
        return own.lapsed(at).order_by("-expires_at", "-pk")
    return (own.free(at) | own.held(at)).order_by("expires_at", "pk")


def counts(member_id: int, at: datetime) -> dict[str, int]:
    """How many coupons each tab has. One query."""
    is_free = Q(state="open") | Q(state="locked", locked_until__lte=at)
    held = Q(state="locked", locked_until__gt=at)
    found = Coupon.objects.filter(member_id=member_id).aggregate(
        open=Count("pk", filter=(is_free & Q(expires_at__gt=at)) | held),
        used=Count("pk", filter=Q(state="used")),
        expired=Count("pk", filter=is_free & Q(expires_at__lte=at)),
    )
    return {tab: found[tab] for tab in TABS}


def tickets(rows: Iterable[Coupon], at: datetime) -> list[Ticket]:
    """Tickets of these coupons: six queries at most, whatever their number."""
    found = list(rows)
    known = coupon_words.names({row.template_id: row.template for row in found}.values())
    used = _uses([row.pk for row in found if row.state == Coupon.State.USED])
    return [_ticket(row, known, used.get(row.pk), at) for row in found]


def own(member_id: int, coupon_id: int) -> Coupon | None:
    """The member's coupon, or None: somebody else's is not there."""
    rows = Coupon.objects.select_related("template", "issued_store")
    return rows.filter(pk=coupon_id, member_id=member_id).first()


def by_code(typed: str) -> Coupon | None:
    """The coupon of a code, however it was typed. One query."""
    code = coupon_codes.folded(typed)
    if not code:
        return None
    return Coupon.objects.select_related("template", "member").filter(code=code).first()


def order_state(store_id: int, order: str) -> tuple[str, datetime | None]:
    """Whether an order's coupons are `locked` (and until when) or `used`. One query."""
    rows = CouponUse.objects.filter(store_id=store_id, order=order).exclude(state="released")
    found = rows.values_list("state", "coupon__locked_until").order_by("-pk").first()
    if found is None:
        return "released", None
    return ("locked", found[1]) if found[0] == "locked" else ("used", None)


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of a template's coupons, and the yuan that they saved members."""

    issued: int
    used: int
    expired: int
    open: int
    yuan: Decimal

    @property
    def used_percent(self) -> int | None:
        """Of a hundred issued, how many were used."""
        return None if not self.issued else self.used * 100 // self.issued


def figures(template_ids: Sequence[int], at: datetime) -> dict[int, Figures]:
    """The figures of these templates. Two queries, whatever their number."""
    lapsed = Q(state__in=["open", "locked"], expires_at__lte=at)
    rows = (
        Coupon.objects.filter(template_id__in=template_ids)
        .exclude(state="void")
        .values("template_id")
        .annotate(
            n=Count("pk"),
            used=Count("pk", filter=Q(state="used")),
            expired=Count("pk", filter=lapsed),
        )
    )
    saved = dict(
        CouponUse.objects.filter(coupon__template_id__in=template_ids, state__in=["used", "lost"])
        .values_list("coupon__template_id")
        .annotate(yuan=Sum("yuan"))
    )
    found = {
        row["template_id"]: Figures(
            row["n"],
            row["used"],
            row["expired"],
            row["n"] - row["used"] - row["expired"],
            saved.get(row["template_id"], Decimal(0)),
        )
        for row in rows
    }
    nothing = Figures(0, 0, 0, 0, Decimal(0))
    return {pk: found.get(pk, nothing) for pk in template_ids}


def uses_of_segment(code: str, at: datetime) -> Iterable[str]:
    """Templates that are on and ask for a segment: what a change of its code would break."""
    for row in CouponTemplate.objects.filter(is_on=True):
        if code in row.segments:
            yield str(row)


def _uses(coupon_ids: Sequence[int]) -> dict[int, CouponUse]:
    if not coupon_ids:
        return {}
    rows = CouponUse.objects.filter(coupon_id__in=coupon_ids, state__in=["used", "lost"])
    return {row.coupon_id: row for row in rows.select_related("store")}


def _ticket(row: Coupon, known: coupon_words.Names, used: CouponUse | None, at: datetime) -> Ticket:
    left = row.expires_at - at
    is_soon = timedelta(0) < left <= SOON and row.status(at) in (Status.OPEN, Status.LOCKED)
    return Ticket(
        row,
        row.status(at),
        coupon_words.figure(row.template),
        coupon_words.condition(row.template),
        coupon_words.scope(row.template, known),
        max(1, -(-left // timedelta(hours=1))) if is_soon else None,
        used,
    )
