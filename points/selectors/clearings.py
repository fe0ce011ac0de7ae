"""Clearings as pages show them, what they would take, and what the merchant set about expiry."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import ExtractYear
from django.db.models.query import QuerySet
from django.utils.functional import Promise

from points.models import Account, ClearingPlan, ClearingSettings, ExpiryNotice, Lot
from points.policies import NEVER
from points.policies import clearing as policies
from points.policies.clearing import Scope, quarter_of

WINDOW = 2_000
"""Members read at once of those who would lose points."""

Groups = Callable[[Sequence[int]], Mapping[int, str]]
Names = Callable[[Iterable[str]], Mapping[str, str]]
_groups: dict[str, tuple[str | Promise, Groups, Names]] = {}


def register_group(code: str, label: str | Promise, of: Groups, names: Names) -> None:
    """Let an app above say which group members (by id) belong to, such as their level.

    `of` answers with codes; `names` tells codes in the active language. One query each.
    """
    _groups[code] = (label, of, names)


def group_label(code: str) -> str:
    return str(_groups[code][0]) if code in _groups else code


def group_names(code: str, members: Iterable[str]) -> Mapping[str, str]:
    return _groups[code][2](members) if code in _groups else {}


def groups_of(member_ids: Sequence[int]) -> dict[str, Mapping[int, str]]:
    """For each registered group: the code of what each of these members belongs to."""
    return {code: of(member_ids) for code, (_label, of, _names) in _groups.items()}


def settings() -> ClearingSettings:
    """The merchant's settings of expiry, or their defaults."""
    return ClearingSettings.objects.first() or ClearingSettings()


def coming() -> list[ClearingPlan]:
    """Approved clearings that end points before their own day, the next first."""
    plans = ClearingPlan.objects.filter(state__in=ClearingPlan.COMING)
    return list(plans.exclude(policy=ClearingPlan.Policy.LAPSED).order_by("last_day", "pk"))


def under(scope: Scope) -> Q:
    """The condition on lots that fall under `scope`, whatever their state."""
    if scope.basis == "lapsed":
        found = Q(expires_at__lte=scope.cutoff_at)
    else:
        found = Q(expires_at__gte=NEVER) & _earned(scope)
    return found if scope.store_id is None else found & Q(store_id=scope.store_id)


def _earned(scope: Scope) -> Q:
    found = Q(earned_at__lt=scope.earned_before)
    return found if scope.earned_from is None else found & Q(earned_at__gte=scope.earned_from)


def due_lots(scope: Scope) -> QuerySet[Lot]:
    """Open lots that fall under `scope`, reserved ones included."""
    return Lot.objects.filter(under(scope), state=Lot.State.OPEN)


@dataclass(frozen=True, slots=True)
class Loser:
    """What one member would lose, in points: `untold` of them lack an owed notice."""

    account: int
    member: int
    lots: int
    points: int
    untold: int
    stays: int


def losers(scope: Scope, rules: ClearingSettings, *, at: datetime) -> Iterator[list[Loser]]:
    """Members who would lose points, in windows along their accounts.

    A notice is owed once its day has come by `at`. Three queries a window.
    """
    after = 0
    while True:
        accounts = list(
            due_lots(scope)
            .filter(account_id__gt=after, held=0)
            .order_by("account_id")
            .values_list("account_id", flat=True)
            .distinct()[:WINDOW]
        )
        if not accounts:
            return
        yield _window(scope, rules, after, accounts[-1], at)
        after = accounts[-1]


def _window(
    scope: Scope, rules: ClearingSettings, after: int, last: int, at: datetime
) -> list[Loser]:
    rows = due_lots(scope).filter(account_id__gt=after, account_id__lte=last, held=0)
    told = told_of(ExpiryNotice.objects.filter(account_id__gt=after, account_id__lte=last))
    found: dict[int, list[int]] = {}
    for account, points, usable_at, expires_at in rows.values_list(
        "account_id", "remaining", "usable_at", "expires_at"
    ).iterator():
        figures = found.setdefault(account, [0, 0, 0])
        figures[0] += 1
        figures[1] += points
        deadline = scope.deadline(expires_at)
        if not policies.was_told(
            deadline,
            usable_at,
            required=[day for day in rules.required if deadline - timedelta(days=day) <= at],
            late_days=rules.late_days,
            given=told.get((account, deadline), {}),
        ):
            figures[2] += points
    owners = Account.objects.filter(pk__in=found).order_by("pk")
    losers = []
    for account, member, available in owners.values_list("pk", "member_id", "available"):
        lots, points, untold = found[account]
        losers.append(Loser(account, member, lots, points, untold, max(available - points, 0)))
    return losers


def told_of(notices: QuerySet[ExpiryNotice]) -> dict[tuple[int, datetime], dict[int, int]]:
    """By account and deadline: the reminders that were given, with the days that were left."""
    found: dict[tuple[int, datetime], dict[int, int]] = {}
    for account, deadline, stage, left in notices.values_list(
        "account_id", "deadline", "stage", "days_left"
    ).iterator():
        found.setdefault((account, deadline), {})[stage] = left
    return found


def kept(scope: Scope) -> dict[str, int]:
    """Points of the earning days that were given a day of their own beyond the cutoff."""
    if scope.basis == "lapsed":
        return {"accounts": 0, "points": 0}
    rows = Lot.objects.filter(
        _earned(scope),
        state=Lot.State.OPEN,
        expires_at__gt=scope.cutoff_at,
        expires_at__lt=NEVER,
    )
    return _counted(rows if scope.store_id is None else rows.filter(store_id=scope.store_id))


def left_alone(scope: Scope) -> tuple[dict[str, int], dict[str, int]]:
    """What falls under `scope` but is reserved by a checkout, and what is still pending."""
    held = due_lots(scope).filter(held__gt=0)
    pending = Lot.objects.filter(under(scope), state=Lot.State.PENDING)
    return _counted(held), _counted(pending)


def _counted(rows: QuerySet[Lot]) -> dict[str, int]:
    found = rows.aggregate(
        accounts=Count("account_id", distinct=True), points=Sum("remaining", default=0)
    )
    return {"accounts": found["accounts"], "points": int(found["points"])}


def by_store(scope: Scope) -> list[dict[str, Any]]:
    """Points that would go, by the store that bears them; the largest first."""
    return _by(scope, store_name=F("store__name"))


def by_source(scope: Scope) -> list[dict[str, Any]]:
    """Points that would go, by where they came from, as a code."""
    return _by(scope, source_code=F("entry__source"))


def by_year(scope: Scope) -> list[dict[str, Any]]:
    """Points that would go, by the year in which they were earned."""
    rows = _by(scope, year=ExtractYear("earned_at"))
    return sorted(rows, key=lambda row: str(row["name"]))


def _by(scope: Scope, **name: Any) -> list[dict[str, Any]]:
    (key,) = name
    rows = (
        due_lots(scope)
        .filter(held=0)
        .annotate(**name)
        .values(key)
        .annotate(
            members=Count("account_id", distinct=True), lots=Count("pk"), points=Sum("remaining")
        )
    )
    found = [
        {
            "name": "" if row[key] is None else str(row[key]),
            "members": row["members"],
            "lots": row["lots"],
            "points": int(row["points"]),
        }
        for row in rows
    ]
    return sorted(found, key=lambda row: (-row["points"], row["name"]))


def booked_accounts(plan: ClearingPlan) -> int:
    """How many accounts the plan's runs have booked so far."""
    found = plan.runs.aggregate(accounts=Sum("accounts", default=0))
    return int(found["accounts"])


def quarter_begins(last: date) -> str:
    """The first day of the quarter in which `last` lies, as a form names it."""
    return quarter_of(last)[0].isoformat()
