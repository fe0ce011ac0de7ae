"""What a clearing's page and its files say, from its rehearsal and from what it did."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from members.models import Member
from points.models import ClearingPlan, ClearingRun, ClearingSkip, ExpiryNotice
from points.policies import in_yuan
from points.selectors import balances, clearings, labels
from stores.policies import spreadsheets

SKIPS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table with its bar, in hundredths of the longest."""

    name: str
    members: int
    points: int
    yuan: Decimal
    bar: int


@dataclass(frozen=True, slots=True)
class TopLoser:
    member: int
    name: str
    points: int
    stays: int
    yuan: Decimal


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The dry run in the reader's language."""

    at: datetime
    accounts: int
    lots: int
    points: int
    yuan: Decimal
    not_told: dict[str, int]
    held: dict[str, int]
    pending: dict[str, int]
    kept: dict[str, int]
    required: list[int]
    tables: list[tuple[str, list[Row]]]
    top: list[TopLoser]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the runs of a plan did so far."""

    runs: int
    accounts: int
    lots: int
    points: int
    yuan: Decimal
    passed_over: list[tuple[str, int, int]]
    skips: list[ClearingSkip]
    told: int


def rehearsal(plan: ClearingPlan) -> Rehearsal | None:
    """The rehearsal of a plan; None before there is one. Two queries."""
    found = plan.rehearsal
    if not found:
        return None
    rate = found["points_per_yuan"]
    tables = [
        (clearings.group_label(code), _rows(_grouped(code, rows), rate, _("none")))
        for code, rows in found["groups"].items()
    ]
    tables += [
        (_("By store"), _rows(found["stores"], rate, _("head office"))),
        (_("By source"), _rows(_named(found["sources"]), rate, "")),
        (_("By earning year"), _rows(found["years"], rate, "")),
        (_("By size of the loss"), _rows(_bands(found["bands"]), rate, "")),
    ]
    return Rehearsal(
        at=datetime.fromisoformat(found["at"]),
        accounts=found["accounts"],
        lots=found["lots"],
        points=found["points"],
        yuan=Decimal(found["yuan"]),
        not_told=found["not_told"],
        held=found["held"],
        pending=found["pending"],
        kept=found["kept"],
        required=found["required"],
        tables=[(title, rows) for title, rows in tables if rows],
        top=_top(found["top"]),
    )


def _grouped(code: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = clearings.group_names(code, [row["name"] for row in rows if row["name"]])
    return [row | {"name": names.get(row["name"], row["name"])} for row in rows]


def _named(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"name": labels.source(row["name"])} for row in rows]


def _bands(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ends = [*(row["from"] - 1 for row in rows[1:]), None]
    return [
        row
        | {
            "name": _("%(low)s to %(high)s points")
            % {"low": f"{row['from']:,}", "high": f"{high:,}"}
            if high
            else _("%(low)s points and more") % {"low": f"{row['from']:,}"}
        }
        for row, high in zip(rows, ends, strict=True)
        if row["members"]
    ]


def _rows(rows: list[dict[str, Any]], rate: int, unnamed: str) -> list[Row]:
    longest = max((row["points"] for row in rows), default=0)
    return [
        Row(
            name=row["name"] or unnamed,
            members=row["members"],
            points=row["points"],
            yuan=in_yuan(row["points"], rate),
            bar=row["points"] * 100 // longest if longest else 0,
        )
        for row in rows
    ]


def _top(rows: list[dict[str, Any]]) -> list[TopLoser]:
    names = {
        member.pk: member.name or member.grouped_number
        for member in Member.objects.filter(pk__in=[row["member"] for row in rows])
    }
    return [
        TopLoser(
            row["member"],
            names.get(row["member"], "—"),
            row["points"],
            row["stays"],
            Decimal(row["yuan"]),
        )
        for row in rows
    ]


def outcome(plan: ClearingPlan) -> Outcome | None:
    """What was booked, and who was passed over; None before the first run. Six queries at most."""
    runs = ClearingRun.objects.filter(plan=plan)
    sums = runs.aggregate(
        accounts=Sum("accounts", default=0),
        lots=Sum("lots", default=0),
        points=Sum("points", default=0),
    )
    count = runs.count()
    if not count:
        return None
    skips = _skips(plan)
    return Outcome(
        runs=count,
        accounts=int(sums["accounts"]),
        lots=int(sums["lots"]),
        points=int(sums["points"]),
        yuan=in_yuan(int(sums["points"]), balances.ledger_settings().points_per_yuan),
        passed_over=_passed_over(skips),
        skips=list(skips.select_related("account__member").order_by("-points", "pk")[:SKIPS_SHOWN]),
        told=runs.filter(is_told=True).count(),
    )


def _skips(plan: ClearingPlan) -> Any:
    """Who the last run passed over; what an earlier one left, a later one took or left again."""
    last = ClearingRun.objects.filter(plan=plan).order_by("-pk").values("pk")[:1]
    return ClearingSkip.objects.filter(run_id__in=last)


def has_untold(plan: ClearingPlan) -> bool:
    """Whether the plan left lapsed points of members alone because nobody had told them."""
    if plan.scope.basis != "lapsed":
        return False
    return bool(_skips(plan).filter(reason=ClearingSkip.Reason.NOT_TOLD).exists())


def reminded(plan: ClearingPlan) -> list[tuple[int, int]]:
    """How many members were told of the plan's day so far, by days ahead."""
    found = (
        ExpiryNotice.objects.filter(deadline=plan.cutoff_at)
        .values("stage")
        .annotate(members=Count("pk"))
        .order_by("-stage")
    )
    return [(row["stage"], row["members"]) for row in found]


def _passed_over(skips: Any) -> list[tuple[str, int, int]]:
    found = skips.values("reason").annotate(points=Sum("points"), count=Sum("lots"))
    named = dict(ClearingSkip.Reason.choices)
    return [
        (str(named[row["reason"]]), skips.filter(reason=row["reason"]).count(), int(row["points"]))
        for row in found.order_by("reason")
    ]


def losers_csv(plan: ClearingPlan, *, at: datetime) -> Iterator[str]:
    """Every member who would lose points, as lines of a CSV; windows, never all at once."""
    rate = balances.ledger_settings().points_per_yuan
    yield spreadsheets.BOM + spreadsheets.line(
        [
            _("member number"),
            _("name"),
            _("lots"),
            _("points"),
            _("yuan"),
            _("points without the notices owed so far"),
            _("points that stay"),
        ]
    )
    for losers in clearings.losers(plan.scope, clearings.settings(), at=at):
        people = Member.objects.in_bulk([one.member for one in losers])
        for one in losers:
            who = people[one.member]
            yield spreadsheets.line(
                [
                    who.number,
                    who.name,
                    one.lots,
                    one.points,
                    in_yuan(one.points, rate),
                    one.untold,
                    one.stays,
                ]
            )


def skips_csv(plan: ClearingPlan) -> Iterator[str]:
    """Everybody whom the last run passed over, and why."""
    yield spreadsheets.BOM + spreadsheets.line(
        [_("member number"), _("name"), _("reason"), _("lots"), _("points")]
    )
    rows = _skips(plan).select_related("account__member").order_by("pk")
    for row in rows.iterator(chunk_size=1000):
        member = row.account.member
        yield spreadsheets.line(
            [member.number, member.name, row.get_reason_display(), row.lots, row.points]
        )
