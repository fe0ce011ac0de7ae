"""The monthly settlement between stores, as staff read it and as a file (F120)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from insights.policies import settlement as policy
from insights.policies.settlement import Due, Moved, Party
from mall.selectors.redemptions import handed_over_elsewhere
from points.policies import add_months, start_of_day
from points.selectors import ledger_settings
from points.selectors.settlement import Flow, flows, handed_on
from stores.models import Store
from stores.policies import spreadsheets

MONTHS_BACK = 24


@dataclass(frozen=True, slots=True)
class Row:
    """A pair of stores with their names and kinds."""

    issuer: str
    issuer_kind: str
    redeemer: str
    redeemer_kind: str
    due: Due

    @property
    def yuan(self) -> str:
        return _money(self.due.yuan)


@dataclass(frozen=True, slots=True)
class Total:
    """A store's sums."""

    store: str
    kind: str
    party: Party

    @property
    def net(self) -> str:
        return _money(self.party.net)


@dataclass(frozen=True, slots=True)
class Settlement:
    """One month. `rows` between different stores, `own` of points used where they were issued."""

    month: date
    points_per_yuan: int
    rows: Sequence[Row]
    own: Sequence[Row]
    totals: Sequence[Total]

    @property
    def points(self) -> int:
        return sum(row.due.points for row in self.rows)

    @property
    def yuan(self) -> Decimal:
        return sum((row.due.yuan for row in self.rows), Decimal(0))

    @property
    def yuan_told(self) -> str:
        return _money(self.yuan)


def of_month(month: date) -> Settlement:
    """The settlement of the calendar month of `month`, in the shop's zone. A number of
    queries that does not grow with the points used, but one more per 500 vouchers.

    Points count at the worth that the merchant has set now.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    first = month.replace(day=1)
    starts_at, ends_at = start_of_day(first, zone), start_of_day(add_months(first, 1), zone)
    found = _together(
        [*flows(starts_at, ends_at), *handed_on(handed_over_elsewhere(starts_at, ends_at))]
    )
    rate = ledger_settings().points_per_yuan
    dues = policy.dues((Moved(*flow) for flow in found), points_per_yuan=rate)
    names = _names()
    rows = [_row(due, names) for due in dues]
    return Settlement(
        month=first,
        points_per_yuan=rate,
        rows=[row for row in rows if not row.due.is_own],
        own=[row for row in rows if row.due.is_own],
        totals=[Total(*names[party.store], party) for party in policy.parties(dues)],
    )


def _together(found: Sequence[Flow]) -> list[Flow]:
    """Each pair once. A voucher counts where it was used, in the month in which it was."""
    sums: dict[tuple[int | None, int | None], tuple[int, int]] = {}
    for flow in found:
        used, back = sums.get((flow.issuer_id, flow.redeemer_id), (0, 0))
        sums[flow.issuer_id, flow.redeemer_id] = (used + flow.used, back + flow.given_back)
    return [
        Flow(*pair, *sums[pair])
        for pair in sorted(sums, key=lambda pair: (pair[0] or 0, pair[1] or 0))
    ]


def months(now: datetime) -> list[date]:
    """The months that can be looked at, this one first."""
    first = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date().replace(day=1)
    return [add_months(first, -back) for back in range(MONTHS_BACK)]


def csv_lines(found: Settlement) -> Iterator[str]:
    """The same as a file: pairs first, then the sums of each store."""
    yield spreadsheets.BOM + spreadsheets.line(
        [
            *(_("month"), _("issuing store"), _("ownership"), _("redeeming store")),
            *(_("ownership"), _("points used"), _("points given back"), _("points"), _("yuan")),
        ]
    )
    month = f"{found.month:%Y-%m}"
    for row in (*found.rows, *found.own):
        due = row.due
        yield spreadsheets.line(
            [
                *(month, row.issuer, row.issuer_kind, row.redeemer, row.redeemer_kind),
                *(due.used, due.given_back, due.points),
                Decimal(0) if due.is_own else due.yuan,
            ]
        )
    yield spreadsheets.line([])
    yield spreadsheets.line([_("store"), _("ownership"), _("receives"), _("pays"), _("net")])
    for total in found.totals:
        party = total.party
        yield spreadsheets.line([total.store, total.kind, party.receives, party.pays, party.net])


def _names() -> dict[int | None, tuple[str, str]]:
    """Every store's name and ownership; points without a store are head office's."""
    found: dict[int | None, tuple[str, str]] = {
        store.pk: (f"{store.name} ({store.code})", str(store.get_ownership_display()))
        for store in Store.objects.all()
    }
    found[None] = (_("Head office"), "–")
    return found


def _row(due: Due, names: dict[int | None, tuple[str, str]]) -> Row:
    return Row(*names[due.issuer], *names[due.redeemer], due)


def _money(yuan: Decimal) -> str:
    """`¥20.00`, `−¥20.00`."""
    return f"{'−' if yuan < 0 else ''}¥{abs(yuan):,.2f}"
