"""The liability report as people read it: words, sums by store, pictures, and files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from insights.models import LiabilitySettings, LiabilitySnapshot
from insights.policies import liability as policy
from insights.policies.liability import Curve, Estimate, Line, Origin
from insights.selectors.liability import Group, Report
from stores.models import Store
from stores.policies import spreadsheets

LINES: dict[str, str | Promise] = {
    "opening": pgettext_lazy("liability", "Opening balance"),
    "granted": pgettext_lazy("liability", "Granted"),
    "back": pgettext_lazy("liability", "Given back"),
    "received": pgettext_lazy("liability", "Received from others"),
    "raised": pgettext_lazy("liability", "Added by hand"),
    "used": pgettext_lazy("liability", "Used"),
    "clawed": pgettext_lazy("liability", "Clawed back"),
    "sent": pgettext_lazy("liability", "Sent to others"),
    "lowered": pgettext_lazy("liability", "Taken by hand or forfeited"),
    "expired": pgettext_lazy("liability", "Expired"),
    "estimate": pgettext_lazy("liability", "Change of estimate"),
    "closing": pgettext_lazy("liability", "Closing balance"),
}
ORIGINS: dict[Origin, str | Promise] = {
    Origin.SALE: gettext_lazy("Points from purchases (contract liability)"),
    Origin.GIFT: gettext_lazy("Points given away (provision)"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the movement table, for both origins side by side."""

    code: str
    name: str
    sale: Line
    gift: Line

    @property
    def points(self) -> int:
        return self.sale.points + self.gift.points

    @property
    def yuan(self) -> Decimal:
        return self.sale.yuan + self.gift.yuan

    @property
    def is_sum(self) -> bool:
        return self.code in ("opening", "closing")

    @property
    def is_empty(self) -> bool:
        return not (self.is_sum or self.sale.points or self.gift.points or self.yuan)


@dataclass(frozen=True, slots=True)
class Party:
    """What a store owes at the end, and how that came."""

    store_id: int | None
    name: str
    rows: Sequence[Row]
    bar: int

    @property
    def opening(self) -> Row:
        return self.rows[0]

    @property
    def closing(self) -> Row:
        return self.rows[-1]


@dataclass(frozen=True, slots=True)
class Learned:
    """One origin's estimate with its picture."""

    name: str
    estimate: Estimate
    is_own: bool
    percent: Decimal
    line: str
    months: Sequence[tuple[int, Decimal]]


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """What was recorded at the end of a month."""

    day: date
    points: int
    yuan: Decimal
    bar: int


def rows(report: Report, store_ids: Sequence[int | None]) -> list[Row]:
    """The movement table of these stores together."""
    found = {
        origin: report.summed(
            group for group in report.tables if group[0] in store_ids and group[1] is origin
        )
        for origin in Origin
    }
    return [
        Row(sale.code, str(LINES[sale.code]), sale, gift)
        for sale, gift in zip(found[Origin.SALE], found[Origin.GIFT], strict=True)
    ]


def stores_of(report: Report) -> list[int | None]:
    """Head office first, then the stores that have anything to tell."""
    return list(dict.fromkeys(store for store, _origin in report.tables))


def parties(report: Report) -> list[Party]:
    """Each store with its own table, and a bar by what it owes at the end."""
    names = store_names()
    found = [(store, rows(report, [store])) for store in stores_of(report)]
    most = max((table[-1].yuan for _store, table in found), default=Decimal(0))
    return [Party(store, names[store], table, _bar(table[-1].yuan, most)) for store, table in found]


def store_names() -> dict[int | None, str]:
    found: dict[int | None, str] = {None: _("Head office")}
    found.update((store.pk, f"{store.name} ({store.code})") for store in Store.objects.all())
    return found


def _bar(yuan: Decimal, most: Decimal) -> int:
    return int(100 * max(yuan, Decimal(0)) / most) if most > 0 else 0


def learned(report: Report) -> list[Learned]:
    """By which shares the report reckons, and where they come from."""
    return [
        _learned(str(ORIGINS[origin]), report.closing.basis.estimates[origin]) for origin in Origin
    ]


def _learned(name: str, estimate: Estimate) -> Learned:
    months = estimate.months if isinstance(estimate, Curve) else ()
    return Learned(
        name=name,
        estimate=estimate,
        is_own=isinstance(estimate, Curve),
        percent=_percent(estimate.ultimate),
        line=_line(months),
        months=[(age, _percent(share)) for age, share in enumerate(months)],
    )


def plain(worth: Fraction) -> str:
    """A worth in yuan without needless zeros: `0.01`."""
    told = f"{policy.rounded(worth, Decimal('0.000001')):f}"
    return told.rstrip("0").rstrip(".") if "." in told else told


def _percent(share: Fraction) -> Decimal:
    return policy.rounded(share * 100)


WIDTH, HEIGHT = 360, 120


def _line(months: Sequence[Fraction]) -> str:
    """The curve as points of an SVG polyline; the whole height is one hundred percent."""
    steps = max(len(months) - 1, 1)
    return " ".join(
        f"{WIDTH * age // steps},{HEIGHT - int(share * HEIGHT)}" for age, share in enumerate(months)
    )


def month_ends(*, until: date, count: int = 12) -> list[MonthEnd]:
    """What was recorded at the last month ends, the oldest first. One query."""
    kept = list(
        LiabilitySnapshot.objects.filter(day__lte=until)
        .annotate(points=Sum("shares__points"))
        .order_by("-day")
        .prefetch_related("shares")[:count]
    )
    # Added up here: SQLite would add decimals as binary fractions.
    found = [
        (one.day, one.points or 0, sum((share.yuan for share in one.shares.all()), Decimal(0)))
        for one in reversed(kept)
    ]
    most = max((yuan for _day, _points, yuan in found), default=Decimal(0))
    return [MonthEnd(day, points, yuan, _bar(yuan, most)) for day, points, yuan in found]


# --- files --------------------------------------------------------------------------------------


def csv_lines(report: Report) -> Iterator[str]:
    """Every table as a file: a line per store, origin and movement."""
    names = store_names()
    head = [_("from"), _("to"), _("store"), _("origin"), _("movement"), _("points"), _("yuan")]
    yield spreadsheets.BOM + spreadsheets.line(head)
    for (store, origin), lines in report.tables.items():
        for line in lines:
            yield spreadsheets.line(
                [
                    *(report.first.isoformat(), report.last.isoformat(), names[store]),
                    *(str(ORIGINS[origin]), str(LINES[line.code]), line.points, line.yuan),
                ]
            )


def journal_lines(report: Report, accounts: LiabilitySettings) -> Iterator[str]:
    """The journal as a file: a document per store and origin, debits and credits equal in each."""
    names, codes = store_names(), dict(Store.objects.values_list("pk", "code"))
    yield spreadsheets.BOM + spreadsheets.line(
        [
            *(_("date"), _("document"), _("account"), _("name of the account"), _("debit")),
            *(_("credit"), _("store"), _("text")),
        ]
    )
    for group, lines in report.tables.items():
        store, origin = group
        document = f"{report.last:%Y%m%d}-{codes.get(store, 'HQ')}-{origin.value}"  # type: ignore[arg-type]  # head office has no code
        for posting in policy.postings(lines, **_accounts(group, accounts)):
            yield spreadsheets.line(
                [
                    *(report.last.isoformat(), document),
                    *(posting.account, _account_names(accounts)[posting.account]),
                    *(posting.debit, posting.credit, names[store]),
                    f"{LINES[posting.code]} · {ORIGINS[origin]}",
                ]
            )


def _accounts(group: Group, accounts: LiabilitySettings) -> dict[str, str]:
    if group[1] is Origin.SALE:
        return {"owed_on": accounts.liability_account, "against": accounts.revenue_account}
    return {"owed_on": accounts.provision_account, "against": accounts.expense_account}


def _account_names(accounts: LiabilitySettings) -> dict[str, str]:
    return {
        accounts.liability_account: accounts.liability_name,
        accounts.revenue_account: accounts.revenue_name,
        accounts.provision_account: accounts.provision_name,
        accounts.expense_account: accounts.expense_name,
    }
