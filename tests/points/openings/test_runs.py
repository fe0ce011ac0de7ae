"""Members with their lots from a former system: what lands, once, and what a kill leaves."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import IntegrityError, connection

from members.models import ErasedPhone, Member
from members.services import codes, merging, registration
from points.exceptions import OpeningTakenOver
from points.models import Account, Entry, Lot, OpeningImport
from points.policies import LIMIT, NEVER
from points.selectors import as_of, audit, balances, explanations
from points.services import accounts
from points.services.openings import lots, runs
from stores.exceptions import FileRefused
from stores.models import Store
from tests.campaigns.conftest import published
from tests.campaigns.making import rule
from tests.points.conftest import NOON
from tests.points.openings.conftest import Load, counts, issues

pytestmark = pytest.mark.django_db

LIN = "C-1,13800138000,林小雨,女,1990-02-28,2019-05-01,HZ1,老客;茶友"
CHEN = ",+86 139 0013 9000,陈大明,,,,,"


def lots_of(member: Member) -> list[tuple[int, datetime, datetime, str]]:
    found = Lot.objects.filter(account__member=member).order_by("pk")
    return list(found.values_list("granted", "earned_at", "expires_at", "state"))


def midnight(year: int, month: int, day: int) -> datetime:
    """The beginning of the day in Shanghai."""
    return datetime(year, month, day, tzinfo=UTC) - timedelta(hours=8)


def test_people_land_with_their_lots_and_their_days(load: Load, hz: Store) -> None:
    run = load(
        f"{LIN},120,2025-11-03,2026-12-31,A1,",
        f"{CHEN},5,2025-01-01,,,",
        "C-1,,,,,,,新客,80,2026-01-05,2027-01-04,A2,2026-04-01",
        "C-3,,无积分,,,,,,,,,,",
    )

    assert run.state == "done"
    assert counts(run) == {
        "rows_done": 4,
        "rows_read": 4,
        "members_new": 3,
        "lots_new": 3,
        "points_new": 205,
    }
    lin = Member.objects.get(external_number="C-1")
    assert (lin.phone, lin.name, lin.gender) == ("+8613800138000", "林小雨", "female")
    assert (lin.birthday, lin.home_store) == (date(1990, 2, 28), hz)
    assert (lin.joined_at, lin.source) == (midnight(2019, 5, 1), "import")
    assert sorted(tag.name for tag in lin.tags.all()) == ["新客", "老客", "茶友"]
    assert lots_of(lin) == [
        (120, midnight(2025, 11, 3), midnight(2027, 1, 1), "open"),
        (80, midnight(2026, 1, 5), midnight(2027, 1, 5), "pending"),
    ]
    chen = Member.objects.get(phone="+8613900139000")
    assert lots_of(chen) == [(5, midnight(2025, 1, 1), NEVER, "open")]
    assert balances.balance(lin.pk, NOON).available == 120
    assert balances.balance(lin.pk, NOON).pending == 80
    assert audit.run().is_clean


def test_no_balance_of_the_past_shows_what_came_today(load: Load, hz: Store) -> None:
    load(f"{LIN},120,2025-11-03,2026-12-31,A1,")
    lin = Member.objects.get(external_number="C-1")

    before = as_of.balance_as_of(lin.pk, NOON - timedelta(seconds=1))
    assert before.available == 0
    assert as_of.totals_as_of(NOON - timedelta(days=30)).available == 0
    assert as_of.balance_as_of(lin.pk, NOON).available == 120


def test_an_entry_says_where_it_comes_from(load: Load, hz: Store) -> None:
    load(f"{LIN},120,2025-11-03,2026-12-31,A1,")

    assert explanations.render(Entry.objects.get()) == "旧系统转入 · 批次 A1 · 获得于 2025-11-03"


def test_the_same_file_again_changes_nothing(load: Load, hz: Store) -> None:
    lines = (f"{LIN},120,2025-11-03,2026-12-31,A1,", f"{CHEN},5,,,,", "C-9,,,,,,,,7,,,,")
    load(*lines)
    before = (Member.objects.count(), Entry.objects.count())

    run = load(*lines, now=NOON + timedelta(days=3))

    assert (Member.objects.count(), Entry.objects.count()) == before
    assert counts(run) == {
        "rows_done": 3,
        "rows_read": 3,
        "members_known": 3,
        "lots_known": 3,
        "points_known": 132,
    }


def test_a_corrected_file_books_only_what_had_been_refused(load: Load, hz: Store) -> None:
    first = load(f"{LIN},120,2025-11-03,2026-12-31,A1,", "C-1,,,,,,,,9.5,2025-12-01,2026-12-31,A2,")
    assert issues(first) == [(3, "积分", "9.5", "points_not_whole")]

    second = load(f"{LIN},120,2025-11-03,2026-12-31,A1,", "C-1,,,,,,,,9,2025-12-01,2026-12-31,A2,")

    assert (second.lots_new, second.points_new, second.lots_known) == (1, 9, 1)
    assert Account.objects.get().available == 129


def test_a_lot_that_was_changed_or_numbered_since_is_refused(load: Load) -> None:
    load("C-1,,,,,,,,100,2025-11-03,2026-12-31,A1,", "C-1,,,,,,,,50,2025-12-03,2026-12-31,,")

    run = load(
        "C-1,,,,,,,,120,2025-11-03,2026-12-31,A1,",
        "C-1,,,,,,,,50,2025-12-03,2026-12-31,B1,",
        "C-1,,,,,,,,60,2025-12-04,2026-12-31,B2,",
    )

    assert issues(run) == [
        (2, "积分", "120", "lot_changed"),
        (3, "批次号", "B1", "lot_numbered_since"),
    ]
    assert run.points_new == 60


def test_what_lapsed_elsewhere_is_counted_and_its_owner_is_welcome(load: Load) -> None:
    run = load(
        "C-1,,林小雨,,,,,,100,2024-01-01,2026-03-01,,",
        "C-2,,陈大明,,,,,,100,2024-01-01,2026-03-02,,",
    )

    assert (run.lots_lapsed, run.points_lapsed, run.lots_new) == (1, 100, 1)
    assert (run.members_new, run.rows_refused) == (2, 0)


def test_members_keep_what_they_have(load: Load, hz: Store) -> None:
    lin = registration.register(
        phone="13800138000", name="小雨", at=NOON - timedelta(days=9), source="web"
    )

    run = load(f"{LIN},120,2025-11-03,2026-12-31,A1,")

    assert (run.members_known, run.members_new) == (1, 0)
    lin.refresh_from_db()
    assert (lin.name, lin.external_number, lin.home_store) == ("小雨", "C-1", hz)
    assert (lin.source, lin.joined_at) == ("web", NOON - timedelta(days=9))
    assert lin.birthday == date(1990, 2, 28)


def test_who_clashes_with_whom_we_know_is_refused(load: Load) -> None:
    for phone, number in (("13800138000", "C-1"), ("13800138001", "C-2")):
        registration.register(phone=phone, external_number=number, at=NOON, source="web")
    ErasedPhone.objects.create(phone_key=codes.phone_key("+8613800138009"), erased_at=NOON)

    run = load(
        "C-1,13800138001,,,,,,,10,,,,",
        "C-2,13800138005,,,,,,,10,,,,",
        "C-7,13800138000,,,,,,,10,,,,",
        ",13800138009,,,,,,,10,,,,",
    )

    assert issues(run) == [
        (2, "手机号", "138****01", "phone_of_another"),
        (3, "手机号", "138****05", "phone_differs"),
        (4, "客户编号", "C***", "external_differs"),
        (5, "手机号", "138****09", "person_left"),
    ]
    assert (run.rows_refused, Entry.objects.count(), Member.objects.count()) == (4, 0, 2)


def test_rows_of_one_person_that_contradict_each_other_are_refused(load: Load) -> None:
    run = load(
        "C-1,13800138000,,,,,,,10,,2026-12-01,,",
        "C-2,13800138000,,,,,,,10,,2026-12-01,,",
        ",13800138000,,,,,,,10,,2026-12-02,,",
        "C-3,,林,,,,,,10,,2026-12-01,,",
        "C-3,,,,,,,,11,,2026-12-02,,",
        "C-3,,陈,,,,,,12,,2026-12-03,,",
        "C-4,,王,,,,,,12,,2026-12-03,,",
        "C-5,,,,,,,,12,2025-01-01,2026-12-03,,",
        "C-5,,,,,,,,13,2025-01-01,2026-12-03,,",
        "C-6,,,,,,,,12,,2026-12-03,L1,",
        "C-6,,,,,,,,12,,2026-12-04,L1,",
    )

    assert [(row, code) for row, _column, _value, code in issues(run)] == [
        *[(row, "phone_contradicts") for row in (2, 3, 4)],
        *[(5, "person_contradicts"), (6, "person_incomplete"), (7, "person_contradicts")],
        *[(row, "lot_without_number") for row in (9, 10)],
        *[(row, "lot_twice") for row in (11, 12)],
    ]
    assert [member.external_number for member in Member.objects.all()] == ["C-4"]


def test_a_person_is_one_by_number_phone_or_both(load: Load) -> None:
    full_width = "13800138000".translate({ord("0") + n: 0xFF10 + n for n in range(10)})

    run = load(
        ",13800138000,,,,,,,10,,2026-12-01,,",
        "C-1,,,,,,,,11,,2026-12-02,,",
        "C-1,0086 138-0013-8000,林小雨,,,,,,12,,2026-12-03,,",
        f",{full_width},,,,,,,13,,2026-12-04,,",
    )

    assert (run.members_new, run.lots_new, run.points_new) == (1, 4, 46)


def test_a_merged_member_is_not_given_their_lots_twice(load: Load) -> None:
    line = "C-1,,,,,,,,100,2025-11-03,2026-12-31,A1,"
    load(line)
    gone = Member.objects.get()
    kept = registration.register(phone="13800138000", at=NOON, source="web")
    merging.merge(kept_id=kept.pk, gone_id=gone.pk, actor="test", at=NOON)

    run = load(line, now=NOON + timedelta(days=1))

    assert (run.lots_known, run.lots_new) == (1, 0)
    assert balances.balance(kept.pk, NOON).available == 100


def test_nobody_gets_more_than_an_account_can_hold(load: Load) -> None:
    run = load(
        f"C-1,,,,,,,,{LIMIT},,2026-12-31,A1,",
        "C-1,,,,,,,,1,,2026-12-31,A2,",
        f"C-2,,,,,,,,{LIMIT + 1},,2026-12-31,A2,",
    )

    found = [(row, code) for row, _column, _value, code in issues(run)]
    assert found == [(3, "points_too_many"), (4, "points_too_many")]
    assert run.points_new == LIMIT


def test_a_frozen_account_gets_its_points_pending(load: Load) -> None:
    lin = registration.register(external_number="C-1", at=NOON, source="web")
    accounts.freeze(member_id=lin.pk, reason="?", reference="f", actor="test", at=NOON)

    load("C-1,,,,,,,,100,2025-11-03,2026-12-31,A1,")

    assert balances.balance(lin.pk, NOON).pending == 100


def test_joining_elsewhere_long_ago_is_not_rewarded_unless_they_are_new(load: Load) -> None:
    published(rule("join", "fixed", trigger="registration", points=50))

    load("C-1,,,,,,,,10,,2026-12-31,,")
    load("C-2,,,,,,,,10,,2026-12-31,,", are_new=True)

    found = {
        number: balances.balance(pk, NOON).available
        for number, pk in Member.objects.values_list("external_number", "pk")
    }
    assert found == {"C-1": 10, "C-2": 60}


MANY = [
    f"C-{n},{13800138000 + n},会员{n},,,,,,{n + 1},2025-01-01,2026-12-31,L{lot},"
    for lot in range(2)
    for n in range(9)
]


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "WINDOW_PERSONS", 2)


@pytest.mark.usefixtures("small_windows", "hz")
def test_a_dry_run_says_exactly_what_the_import_will_do(load: Load) -> None:
    registration.register(phone="13800138000", external_number="K-1", at=NOON, source="web")
    load("C-3,13800138003,,,,,,,4,2025-01-01,2026-12-31,L0,")
    lines = [
        *MANY,
        f"{LIN},120,2025-11-03,2026-12-31,A1,",
        # One member, named by the number in one window and by the phone in another.
        "K-1,,,,,,,,7,2025-05-05,2026-12-31,X1,",
        *[f"D-{n},,,,,,,,1,2025-01-01,2026-12-31,," for n in range(4)],
        ",13800138000,,,,,,,7,2025-05-05,2026-12-31,X1,",
        "C-8,,,,2027-01-01,,,,-5,2025-01-01,2024-12-31,L9,",
    ]
    before = (Member.objects.count(), Entry.objects.count(), Account.objects.count())

    rehearsed = load(*lines, is_dry_run=True)

    assert (Member.objects.count(), Entry.objects.count(), Account.objects.count()) == before
    performed = load(*lines)
    assert counts(rehearsed) == counts(performed)
    assert issues(rehearsed) == issues(performed)
    assert performed.rows_refused > 0
    assert audit.run().is_clean


class Killed(BaseException):
    """The machine goes off."""


def kill_after(windows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take, left = lots.take, [windows]

    def mortal(*args: Any, **kwargs: Any) -> lots.Outcome:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return take(*args, **kwargs)

    monkeypatch.setattr(lots, "take", mortal)


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("windows", range(5))
@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_killed_import_goes_on_to_the_same_end(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, windows: int, is_dry_run: bool
) -> None:
    path = write(*MANY, "C-99,1,,,,,,,1,,2026-12-31,,")
    run = runs.start(
        path=path,
        name=path.name,
        store=None,
        are_new=False,
        is_dry_run=is_dry_run,
        actor="test",
        now=NOON,
    )
    with monkeypatch.context() as patch:
        kill_after(windows, patch)
        with pytest.raises(Killed):
            runs.work(run=run, path=path, now=NOON)

    again = OpeningImport.objects.get()
    assert again.state == "posting"
    assert again.rows_done == windows * 4
    runs.work(run=again, path=path, now=NOON)

    assert counts(again) == {
        "rows_done": 18,
        "rows_read": 19,
        "rows_refused": 1,
        "members_new": 9,
        "lots_new": 18,
        "points_new": 90,
    }
    assert Lot.objects.count() == (0 if is_dry_run else 18)
    assert again.issues.count() == 1
    assert again.state == "done"


def test_two_workers_on_one_run_do_not_both_go_on(write: Callable[..., Path]) -> None:
    path = write(*MANY)
    run = runs.start(
        path=path,
        name=path.name,
        store=None,
        are_new=False,
        is_dry_run=False,
        actor="test",
        now=NOON,
    )
    late = OpeningImport.objects.get()
    runs.work(run=run, path=path, now=NOON)

    with pytest.raises(OpeningTakenOver):
        runs.work(run=late, path=path, now=NOON)
    assert Account.objects.filter(available__gt=0).count() == 9


def test_a_window_is_begun_anew_when_somebody_registers_meanwhile(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[bool] = []
    take = lots.take

    def meeting(*args: Any, **kwargs: Any) -> lots.Outcome:
        if not met:
            met.append(True)
            raise IntegrityError
        return take(*args, **kwargs)

    monkeypatch.setattr(lots, "take", meeting)

    assert load(*MANY).members_new == 9


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("姓名,积分,有效期至", "column_missing"),
        ("手机号,积分,有效旗至", "column_missing"),
        ("手机号,phone,积分,有效期至", "column_twice"),
    ],
)
def test_a_file_that_could_be_misread_is_refused_whole(load: Load, header: str, code: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        load("1,2,3", header=header)

    assert refusal.value.code == code
    assert OpeningImport.objects.get().state == "refused"


def test_columns_are_found_by_name_in_any_order_and_others_are_told(load: Load) -> None:
    run = load(
        "oops,100,2026-12-31,13800138000,Ada,f",
        header="Remark, POINTS ,Valid_Until,Mobile,Name,Gender",
    )

    assert run.unused_columns == ["Remark"]
    assert Member.objects.values_list("name", "gender").get() == ("Ada", "female")
    assert run.points_new == 100


@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_workbook_lands_like_a_table(tmp_path: Path, is_dry_run: bool) -> None:
    """With dates and numbers as a spreadsheet keeps them; a broken row is told, the rest lands."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["手机号", "姓名", "生日", "积分", "获得日期", "有效期至", "批次号"])
    spring, last = datetime(2026, 1, 5), datetime(2026, 12, 31)
    sheet.append([13800138000, "林小雨", date(2000, 2, 29), 120, spring, last, 7])
    sheet.append([13900139000, "周可", None, 12.5, spring, last, 8])
    path = tmp_path / "people.xlsx"
    book.save(path)
    run = runs.start(
        path=path,
        name=path.name,
        store=None,
        are_new=False,
        is_dry_run=is_dry_run,
        actor="test",
        now=NOON,
    )
    runs.work(run=run, path=path, now=NOON)

    assert (run.lots_new, run.points_new, run.rows_refused) == (1, 120, 1)
    ((row, column, _value, _code),) = issues(run)
    assert (row, column) == (3, "积分")
    if is_dry_run:
        assert not Member.objects.exists()
        return
    lin = Member.objects.get()
    assert (lin.phone, lin.birthday) == ("+8613800138000", date(2000, 2, 29))
    assert lots_of(lin) == [(120, midnight(2026, 1, 5), midnight(2027, 1, 1), "open")]
    assert audit.run().is_clean


@pytest.mark.parametrize("valid_until", ["2024-01-01", "2026-12-31"])
def test_memory_does_not_grow_with_the_file(write: Callable[..., Path], valid_until: str) -> None:
    """Neither with rows that are refused nor with rows that land.

    Some growth is texts that are kept for a while and garbage that waits to be collected; a row
    itself, kept in memory, would cost eight hundred bytes and more.
    """

    def peak(people: int) -> int:
        lines = [f"P-{people}-{n},,,,,,,,5,2025-01-01,{valid_until},," for n in range(people)]
        path = write(*lines)
        run = runs.start(
            path=path,
            name=path.name,
            store=None,
            are_new=False,
            is_dry_run=False,
            actor="test",
            now=NOON,
        )
        tracemalloc.start()
        runs.work(run=run, path=path, now=NOON)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    small, large = peak(1_000), peak(3_000)
    assert (large - small) / 2_000 < 400, (small, large)


def test_a_window_costs_the_same_statements_however_many_people(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Signs of life go by the clock.
    monkeypatch.setattr(runs, "_HEARTBEAT_SECONDS", 1e9)
    asked = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(sql, params, many, context)

    def statements(people: range) -> int:
        nonlocal asked
        asked = 0
        lines = [f"Q-{n},,N{n},,,,,t,5,2025-01-01,2026-12-31,," for n in people]
        with connection.execute_wrapper(count):
            load(*lines)
        return asked

    alone = statements(range(1))
    assert statements(range(1, 4)) <= alone
    assert statements(range(4, 30)) <= alone
