"""A back-test's result as people read it: names instead of ids, yuan beside points."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from insights.models import BacktestRun
from members.models import Member
from stores.models import Category, Store
from stores.policies import spreadsheets


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a table: the same purchases under both programs, in points and yuan."""

    name: str
    receipts: int
    live: int
    draft: int
    change: int
    live_yuan: Decimal
    draft_yuan: Decimal
    change_yuan: Decimal
    percent: Decimal | None
    bar: int

    @property
    def signed(self) -> str:
        """`+1,200`, `−54,750`."""
        return signed_points(self.change)

    @property
    def signed_yuan(self) -> str:
        """`+¥12.00`, `−¥547.50`."""
        sign = "+" if self.change_yuan > 0 else "−" if self.change_yuan else ""
        return f"{sign}¥{abs(self.change_yuan):,}"


@dataclass(frozen=True, slots=True)
class Extreme:
    """A member whom the draft would have given most, or least."""

    member_id: int
    name: str
    live: int
    draft: int
    change: int
    change_yuan: Decimal

    @property
    def signed(self) -> str:
        """As of a group."""
        return signed_points(self.change)


def signed_points(points: int) -> str:
    """With its sign, the true minus, and in groups of three."""
    return f"{'+' if points > 0 else '−' if points else ''}{abs(points):,}"


@dataclass(frozen=True, slots=True)
class Report:
    total: Group
    tables: list[tuple[str, list[Group]]]
    members: int
    better: int
    worse: int
    same: int
    best: list[Extreme]
    worst: list[Extreme]
    turnover: Decimal
    live_share: Decimal | None
    draft_share: Decimal | None
    faults: int


def of_run(run: BacktestRun) -> Report | None:
    """The report of a finished run; three queries for the names. None while it is not done."""
    data = run.result
    if run.state != BacktestRun.State.DONE or not data:
        return None
    worth = Decimal(data["points_per_yuan"])
    total = _group(_("all purchases"), data["total"], worth, 0)
    turnover = Decimal(data["turnover"])
    people = _people([*data["best"], *data["worst"]])
    return Report(
        total=total,
        tables=[
            (_("By tier"), _groups(data["by_tier"], worth, lambda key: key or _("no tier"))),
            (_("By store"), _groups(data["by_store"], worth, _stores().get)),
            (_("By category"), _groups(data["by_category"], worth, _categories().get)),
        ],
        members=data["members"],
        better=data["better"],
        worse=data["worse"],
        same=data["members"] - data["better"] - data["worse"],
        best=[_extreme(row, people, worth) for row in data["best"]],
        worst=[_extreme(row, people, worth) for row in data["worst"]],
        turnover=turnover,
        live_share=_share(total.live_yuan, turnover),
        draft_share=_share(total.draft_yuan, turnover),
        faults=data["faults"],
    )


def csv_lines(report: Report) -> Iterator[str]:
    """The report's tables as CSV that no spreadsheet takes for formulas."""
    header = [
        _("table"),
        _("name"),
        _("receipts"),
        _("points in force"),
        _("points of the draft"),
        _("difference in points"),
        _("difference in yuan"),
    ]
    yield spreadsheets.BOM + spreadsheets.line(header)
    for title, groups in [(_("total"), [report.total]), *report.tables]:
        for group in groups:
            figures = [group.receipts, group.live, group.draft, group.change, group.change_yuan]
            yield spreadsheets.line([title, group.name, *figures])
    for title, people in ((_("better off"), report.best), (_("worse off"), report.worst)):
        for one in people:
            figures = [one.live, one.draft, one.change, one.change_yuan]
            yield spreadsheets.line([title, one.name, "", *figures])


def _groups(rows: list[dict[str, Any]], worth: Decimal, name: Any) -> list[Group]:
    widest = max((abs(row["change"]) for row in rows), default=0)
    return [_group(name(row["key"]) or str(row["key"]), row, worth, widest) for row in rows]


def _group(name: str, row: Mapping[str, Any], worth: Decimal, widest: int) -> Group:
    live, draft, change = row["live"]["net"], row["draft"]["net"], row["change"]
    return Group(
        name=name,
        receipts=row["receipts"],
        live=live,
        draft=draft,
        change=change,
        live_yuan=_yuan(live, worth),
        draft_yuan=_yuan(draft, worth),
        change_yuan=_yuan(change, worth),
        percent=_share(Decimal(change), Decimal(live)),
        bar=abs(change) * 100 // widest if widest else 0,
    )


def _yuan(points: int, worth: Decimal) -> Decimal:
    return (Decimal(points) / worth).quantize(Decimal("0.01"))


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    """In per cent, one decimal; None of nothing."""
    return (part * 100 / whole).quantize(Decimal("0.1")) if whole else None


def _stores() -> dict[int, str]:
    return dict(Store.objects.values_list("pk", "name"))


def _categories() -> dict[str, str]:
    return {"": _("no category"), **dict(Category.objects.values_list("code", "name"))}


def _people(rows: list[dict[str, Any]]) -> dict[int, Member]:
    return Member.objects.in_bulk([row["member"] for row in rows])


def _extreme(row: Mapping[str, Any], people: Mapping[int, Member], worth: Decimal) -> Extreme:
    member = people.get(row["member"])
    name = _("unknown member")
    if member is not None:
        parts = [member.name, member.grouped_number, member.masked_phone]
        name = " · ".join(part for part in parts if part)
    return Extreme(
        member_id=row["member"],
        name=name,
        live=row["live"],
        draft=row["draft"],
        change=row["change"],
        change_yuan=_yuan(row["change"], worth),
    )
