"""What levels give each month (F90): once per member, month and template, whatever repeats it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localtime

from mall.models import Coupon, CouponTemplate
from mall.services import coupon_rounds
from mall.services.coupon_rounds import Given
from members.models import Member
from stores.selectors.arrays import among
from tiers.models import Level, LevelBenefit, Standing, StandingChange
from tiers.policies.standings import Why

ACTOR = "monthly_coupons"
_RISEN = (Why.RAISED, Why.INVITED, Why.GIVEN)


class _Monthly(NamedTuple):
    level_id: int
    template_id: int
    code: str
    each: int


class Month(NamedTuple):
    """Members who got theirs now, and templates that are off, over or had too few for all."""

    members: int
    short: list[str]


def issue_all(*, now: datetime, progress: Callable[[int], None] = lambda done: None) -> Month:
    """Give the coupons of this calendar month to who has not had them.

    Windows of five hundred, each in its own transaction: safe to run twice and to be killed.
    """
    given = seen = 0
    short: set[str] = set()
    lowest = Level.objects.order_by("rank").values_list("pk", flat=True).first()
    for benefit in _benefits():
        for ids in _windows(_members(benefit.level_id, lowest)):
            done = _give(benefit, ids, at=now)
            given += done.members
            seen += len(ids)
            progress(seen)
            if done.is_exhausted:
                short.add(benefit.code)
                break
    return Month(given, sorted(short))


def issue_to_risen(changes: Sequence[StandingChange], *, at: datetime) -> None:
    """Who rises gets the new level's coupons of the month at once.

    The caller holds the members' accounts. No query while nobody rose; one while levels give no
    coupons.
    """
    risen = [change for change in changes if change.why in _RISEN]
    if not risen:
        return
    for benefit in _benefits():
        ids = [one.member_id for one in risen if one.after_id == benefit.level_id]
        for start in range(0, len(ids), coupon_rounds.WINDOW):
            _give(benefit, ids[start : start + coupon_rounds.WINDOW], at=at)


def _benefits() -> list[_Monthly]:
    rows = list(LevelBenefit.objects.filter(kind="monthly_coupon").order_by("pk"))
    codes = {str(row.params.get("template", "")) for row in rows} - {""}
    if not codes:
        return []
    known = dict(CouponTemplate.objects.filter(code__in=codes).values_list("code", "pk"))
    return [
        _Monthly(
            row.level_id,
            known[row.params["template"]],
            row.params["template"],
            int(row.params["count"]),
        )
        for row in rows
        if row.params.get("template") in known
    ]


def _members(level_id: int, lowest: int | None) -> Iterator[int]:
    """The members of a level; who has no row of their own is of the lowest."""
    held = Standing.objects.filter(level_id=level_id)
    yield from _by_key(held.values_list("member_id", flat=True), "member_id")
    if level_id == lowest:
        rows = Member.objects.filter(
            ~Exists(Standing.objects.filter(member=OuterRef("pk"))),
            merged_into=None,
            erased_at=None,
        )
        yield from _by_key(rows.values_list("pk", flat=True), "pk")


def _by_key(rows: QuerySet[Any, int], name: str) -> Iterator[int]:
    """Keys in their order, a window at a time: no cursor stays open between transactions."""
    after = 0
    while page := list(rows.filter(**{f"{name}__gt": after}).order_by(name)[:2_000]):
        yield from page
        after = page[-1]


def _windows(ids: Iterable[int]) -> Iterator[list[int]]:
    window: list[int] = []
    for pk in ids:
        window.append(pk)
        if len(window) == coupon_rounds.WINDOW:
            yield window
            window = []
    if window:
        yield window


def _give(benefit: _Monthly, ids: Sequence[int], *, at: datetime) -> Given:
    name = f"month:{localtime(at):%Y-%m}"
    own = Coupon.objects.filter(among("member_id", ids), template_id=benefit.template_id)
    had = own.filter(reference__startswith=f"{name}:")
    left = sorted(set(ids) - set(had.values_list("member_id", flat=True)))
    if not left:
        return Given(0, 0, is_exhausted=False)
    return coupon_rounds.give(
        template_id=benefit.template_id,
        member_ids=left,
        each=benefit.each,
        source=Coupon.Source.TIER,
        round_name=name,
        actor=ACTOR,
        at=at,
    )
