"""The liability report: from the ledger to tables, files, pages and month ends that stay."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from insights.models import LiabilitySettings, LiabilityShare, LiabilitySnapshot
from insights.policies.liability import Curve, Origin, Prior
from insights.selectors import liability, liability_table
from insights.services import liability as recording
from insights.tasks import record_liability
from members.models import Member
from points.services import ledger
from sales.models import Receipt
from stores.models import JobRun, Store
from tests.cast import member

pytestmark = pytest.mark.django_db
D = Decimal
MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)


def at(month: int, day: int = 10) -> datetime:
    return datetime(2026, month, day, 4, 0, tzinfo=UTC)


def earn(person: Member, points: int, when: datetime, name: str, **values: Any) -> None:
    order: dict[str, Any] = {"source": "purchase", "expires_at": when + timedelta(days=365)}
    ledger.earn(
        member_id=person.pk,
        points=points,
        reference=name,
        actor="test",
        at=when,
        recorded_at=when,
        **(order | values),
    )


def spend(person: Member, points: int, when: datetime, name: str) -> None:
    ledger.spend(
        member_id=person.pk,
        points=points,
        reference=name,
        source="mall",
        actor="test",
        at=when,
        recorded_at=when,
    )


@pytest.fixture
def shop() -> Store:
    return Store.objects.create(code="S1", name="西湖店")


@pytest.fixture
def lin(shop: Store) -> Member:
    """1,000 points of purchases in March and 200 for her birthday; 300 used in April."""
    LiabilitySettings.objects.create(prior_percent=D(90), prior_source="the trade's table")
    person = member()
    earn(person, 1000, at(3), "e1", store_id=shop.pk)
    earn(person, 200, at(3, 11), "e2", source="birthday", expires_at=at(4, 20))
    earn(person, 500, at(4), "e3", store_id=shop.pk)
    spend(person, 300, at(4, 15), "s1")
    return person


def table(first: date, last: date) -> dict[str, tuple[int, Decimal]]:
    report = liability.report(first, last)
    rows = liability_table.rows(report, liability_table.stores_of(report))
    return {row.code: (row.points, row.yuan) for row in rows if not row.is_empty}


def test_a_month_by_hand(lin: Member) -> None:
    """A point is worth a cent; nine in ten are expected to be used.

    The birthday's 200 were used first, and 100 of the purchases.
    """
    assert table(date(2026, 3, 1), MARCH) == {
        "opening": (0, D("0.00")),
        "granted": (1200, D("10.80")),
        "closing": (1200, D("10.80")),
    }
    assert table(date(2026, 4, 1), APRIL) == {
        "opening": (1200, D("10.80")),
        "granted": (500, D("4.50")),
        "used": (-300, D("-3.00")),
        "estimate": (0, D("0.30")),
        "closing": (1400, D("12.60")),
    }


def test_stores_and_origins_stand_apart(lin: Member, shop: Store) -> None:
    report = liability.report(date(2026, 4, 1), APRIL)
    assert {group: lines[-1].points for group, lines in report.tables.items()} == {
        (shop.pk, Origin.SALE): 1400,
        (None, Origin.GIFT): 0,
    }
    names = [party.name for party in liability_table.parties(report)]
    assert names == ["总部", "西湖店 (S1)"]


@pytest.mark.parametrize("source", [*Receipt.Source.values, "opening"])
def test_points_of_receipts_are_a_contract_liability(source: str) -> None:
    earn(member(), 70, at(3), "e1", source=source)
    assert {group[1] for group in liability.balance(MARCH).shares} == {Origin.SALE}


def test_the_worth_is_the_ledgers_unless_it_is_set(lin: Member) -> None:
    assert liability.balance(MARCH).basis.worth == Fraction(1, 100)
    LiabilitySettings.objects.update(worth=D("0.02"))
    assert liability.balance(MARCH).basis.worth == Fraction(1, 50)
    assert table(date(2026, 3, 1), MARCH)["closing"] == (1200, D("21.60"))


def test_the_shops_own_history_is_used_once_it_is_long_enough() -> None:
    LiabilitySettings.objects.create(
        prior_percent=D(90), prior_source="a guess", least_months=3, least_points=1000
    )
    person = member()
    for month in (1, 2, 3):
        earn(person, 1000, at(month), f"e{month}", expires_at=None)
        spend(person, 400, at(month, 20), f"s{month}")
    two, three = liability.balance(date(2026, 2, 28)), liability.balance(MARCH)
    assert two.basis.estimates[Origin.SALE] == Prior(Fraction(9, 10), "a guess")
    curve = three.basis.estimates[Origin.SALE]
    assert isinstance(curve, Curve)
    # The oldest points are used first: 400, 400 and 200 of January's, 200 of February's.
    assert curve.months == tuple(Fraction(share, 10**6) for share in (133_333, 433_333, 633_333))
    assert three.basis.estimates[Origin.GIFT] == Prior(Fraction(9, 10), "a guess")


def test_a_recorded_month_end_does_not_change(lin: Member) -> None:
    recording.record(day=MARCH, now=at(4))
    before = table(date(2026, 4, 1), APRIL)
    LiabilitySettings.objects.update(worth=D("0.5"), prior_percent=D(10))

    assert table(date(2026, 3, 1), MARCH)["closing"] == (1200, D("10.80"))
    after = table(date(2026, 4, 1), APRIL)
    assert after["opening"] == before["opening"]
    assert after["closing"] == (1400, D("70.00"))
    assert recording.record(day=MARCH, now=at(5)).taken_at == at(4)
    assert LiabilitySnapshot.objects.count() == 1


def test_recorded_points_that_were_counted_otherwise_are_counted_again(lin: Member) -> None:
    recording.record(day=MARCH, now=at(4))
    LiabilityShare.objects.filter(origin="sale").update(points=7)
    assert table(date(2026, 3, 1), MARCH)["closing"] == (1200, D("10.80"))
    assert table(date(2026, 4, 1), APRIL)["opening"] == (1200, D("10.80"))


def test_a_day_that_is_not_over_cannot_be_recorded() -> None:
    with pytest.raises(ValueError, match="not over"):
        recording.record(day=MARCH, now=at(3, 31))


def test_month_ends_that_were_missed_are_recorded(lin: Member) -> None:
    now = at(5, 1)
    assert recording.record_months(now=now) == [date(2026, 2, 28), MARCH, APRIL]
    assert recording.record_months(now=now) == []
    assert LiabilityShare.objects.filter(snapshot__day=APRIL).count() == 1
    found = liability_table.month_ends(until=APRIL)
    assert [(one.day, one.points, one.yuan) for one in found] == [
        (date(2026, 2, 28), 0, D(0)),
        (MARCH, 1200, D("10.80")),
        (APRIL, 1400, D("12.60")),
    ]


def test_the_job_leaves_its_row() -> None:
    record_liability()
    run = JobRun.objects.get()
    assert (run.name, run.state, run.done) == ("insights.record_liability", "done", 3)


def test_the_basis_survives_its_record() -> None:
    estimates: dict[Origin, Curve | Prior] = {
        Origin.SALE: Curve((Fraction(1, 3),), 1, 5),
        Origin.GIFT: Prior(Fraction(1), "x"),
    }
    basis = liability.Basis(Fraction(1, 7), estimates)
    assert liability.Basis.from_json(basis.as_json()) == basis


def test_the_journal_balances_by_document(lin: Member) -> None:
    report = liability.report(date(2026, 4, 1), APRIL)
    lines = "".join(liability_table.journal_lines(report, liability.settings()))
    rows = list(csv.reader(StringIO(lines.lstrip("\ufeff"))))[1:]
    documents = {row[1] for row in rows}
    assert documents == {"20260430-S1-sale", "20260430-HQ-gift"}
    for document in documents:
        debit = sum(D(row[4]) for row in rows if row[1] == document)
        credit = sum(D(row[5]) for row in rows if row[1] == document)
        assert debit == credit > 0
    sale = [row[2:6] for row in rows if row[1] == "20260430-S1-sale"]
    assert sale[:2] == [
        ["6001", "主营业务收入", "4.50", "0.00"],
        ["2204", "合同负债", "0.00", "4.50"],
    ]


def test_a_report_costs_the_same_for_one_and_for_three(lin: Member) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            liability.report(date(2026, 4, 1), APRIL)
        # Without those that begin and end a transaction, which differ between the databases.
        return sum(query["sql"].startswith(("WITH", "SELECT")) for query in found)

    one = queries()
    for number in (2, 3):
        store = Store.objects.create(code=f"S{number + 1}", name="店")
        earn(lin, 5, at(4, 20), f"more{number}", store_id=store.pk)
    assert queries() == one == 12


# --- doors --------------------------------------------------------------------------------------

PAGE = "/admin/insights/liabilitysnapshot/"
QUERY = {"first": "2026-04-01", "last": "2026-04-30", "store": ""}


def staff(*permissions: str) -> Client:
    user = User.objects.create_user(f"staff{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_the_period(lin: Member, shop: Store) -> None:
    client = staff("view_liabilitysnapshot")
    page = client.get(PAGE, QUERY).content.decode()
    assert "¥12.60" in page
    assert "the trade&#x27;s table" in page
    assert "journal/" not in page
    head_office = client.get(PAGE, QUERY | {"store": "0"}).content.decode()
    assert '<p class="bt-figure">¥0.00</p>' in head_office
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"first": "2026-04-30", "last": "2026-04-01"},
        {"first": "x", "last": "2026-04-01"},
        {"first": "2026-04-01", "last": "9999-01-01"},
        {"first": "2000-01-01", "last": "2026-01-01"},
        {"first": "2026-04-01", "last": "2026-04-30", "store": "77"},
        {"first": "\x00", "last": ""},
    ],
)
def test_a_period_that_is_none_is_refused_in_words(query: dict[str, str]) -> None:
    client = staff("view_liabilitysnapshot", "export_liability")
    answer = client.get(PAGE, query)
    assert answer.status_code in (200, 400)
    assert b"bt-figures" not in answer.content
    for file in ("csv/", "journal/"):
        assert client.get(PAGE + file, query).status_code in (400, 404)


def test_files_for_those_who_may(lin: Member) -> None:
    client = staff("view_liabilitysnapshot", "export_liability")
    tables = b"".join(client.get(f"{PAGE}csv/", QUERY)).decode()
    assert "1400,12.60" in tables
    journal = b"".join(client.get(f"{PAGE}journal/", QUERY)).decode()
    assert "2204" in journal


def test_files_are_kept_from_others(lin: Member) -> None:
    client = staff("view_jobrun")
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}csv/", QUERY).status_code == 403
    looker = staff("view_liabilitysnapshot")
    assert looker.get(f"{PAGE}csv/", QUERY).status_code == 200
    assert looker.get(f"{PAGE}journal/", QUERY).status_code == 403


def test_settings_are_one_form(admin_client: Client) -> None:
    page = "/admin/insights/liabilitysettings/"
    assert admin_client.get(page, follow=True).status_code == 200
    form = LiabilitySettings.objects.get()
    data = {
        field.name: getattr(form, field.name) or ""
        for field in LiabilitySettings._meta.fields
        if field.editable
    }
    answer = admin_client.post(f"{page}1/change/", data | {"prior_percent": "101"})
    assert answer.status_code == 200
    assert admin_client.post(f"{page}1/change/", data | {"worth": "0.02"}).status_code == 302
    form.refresh_from_db()
    assert form.worth == D("0.02")


def test_the_command_prints_and_writes(lin: Member, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("liability_report", "--at", "2026-04-30")
    printed = capsys.readouterr().out
    assert "2026-04-01 – 2026-04-30" in printed
    assert "¥12.60" in printed
    call_command("liability_report", "--at", "2026-04-30", "--csv")
    assert "1400,12.60" in capsys.readouterr().out
    call_command("liability_report", "--at", "2026-04-30", "--journal")
    assert "2204" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("liability_report", "--at", "yesterday")
    with pytest.raises(CommandError):
        call_command("liability_report", "--at", "2026-04-30", "--from", "2026-05-01")


def test_a_shop_without_points_has_a_report_too() -> None:
    today = timezone.localdate()
    report = liability.report(today, today)
    assert report.tables == {}
    assert liability_table.rows(report, [])[-1].yuan == 0
