"""The ledger's arithmetic, by property and by the worked cases of docs/algorithms/ledger.md."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points import policies

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@given(
    lots=st.lists(st.integers(0, 50), max_size=20),
    need=st.integers(0, 400),
)
def test_take_covers_the_need_in_order_or_says_what_is_short(lots: list[int], need: int) -> None:
    slices, short = policies.take(enumerate(lots), need)
    assert sum(part.points for part in slices) + short == need
    assert short == max(0, need - sum(lots))
    for part in slices[:-1]:
        assert part.points == lots[part.lot]  # a later lot is touched only when this one is empty
    assert [part.lot for part in slices] == sorted({part.lot for part in slices})


def test_take_reads_no_further_than_it_must() -> None:
    read: list[int] = []

    def offered() -> object:
        for lot in range(1000):
            read.append(lot)
            yield lot, 10

    policies.take(offered(), 25)  # type: ignore[arg-type]
    assert read == [0, 1, 2]


@given(
    uses=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    parts=st.lists(st.integers(1, 60), max_size=12),
)
def test_put_back_in_parts_ends_where_one_piece_ends(uses: list[int], parts: list[int]) -> None:
    later = NOON + timedelta(days=1)
    left = list(uses)
    given_back = 0
    for wanted in parts:
        part = min(wanted, sum(left))
        undone, excess = policies.put_back(
            [(n, n, rest, later) for n, rest in enumerate(left)], part, NOON
        )
        assert excess == 0
        for undo in undone:
            left[undo.use] -= undo.points
        given_back += part
    at_once, _ = policies.put_back(
        [(n, n, rest, later) for n, rest in enumerate(uses)], given_back, NOON
    )
    expected = list(uses)
    for undo in at_once:
        expected[undo.use] -= undo.points
    assert left == expected


def test_put_back_says_which_lots_have_lapsed() -> None:
    undone, excess = policies.put_back(
        [(1, 10, 5, NOON), (2, 20, 5, NOON + timedelta(seconds=1))], 8, NOON
    )
    assert [(undo.use, undo.points, undo.is_alive) for undo in undone] == [
        (2, 5, True),
        (1, 3, False),
    ]
    assert excess == 0


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2010, 12, 9), 12, date(2011, 12, 9)),
        (date(2026, 1, 31), 1, date(2026, 3, 1)),
        (date(2024, 1, 31), 1, date(2024, 3, 1)),
        (date(2026, 1, 28), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 3, 1)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 3, 1)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
    ],
)
def test_add_months_keeps_the_day_or_goes_to_the_next_first(
    day: date, months: int, expected: date
) -> None:
    assert policies.add_months(day, months) == expected


def test_rolling_expiry_is_local_midnight() -> None:
    earned = datetime(2010, 12, 8, 16, 30, tzinfo=UTC)  # half past midnight on the 9th, Shanghai
    expiry = policies.rolling_expiry(earned, months=12, zone=SHANGHAI)
    assert expiry.astimezone(SHANGHAI) == datetime(2011, 12, 9, tzinfo=SHANGHAI)


@given(
    st.datetimes(
        min_value=datetime(1900, 1, 1),
        max_value=datetime(9998, 1, 1),
        timezones=st.just(UTC),
    )
)
def test_microseconds_are_exact(instant: datetime) -> None:
    whole = policies.microseconds(instant)
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=whole) == instant


def test_fingerprint_tells_contents_apart() -> None:
    assert policies.fingerprint("earn", 1, None) != policies.fingerprint("earn", 1, 0)
    assert policies.fingerprint("earn", 11) != policies.fingerprint("earn", 1, 1)
    assert len(policies.fingerprint("x")) == 32


@pytest.mark.parametrize(
    ("points", "rate", "yuan"),
    [(20, 100, "0.20"), (1, 200, "0.01"), (1, 201, "0.00"), (7, 3, "2.33"), (10**15, 1, "1e15")],
)
def test_points_are_worth_money_rounded_half_up(points: int, rate: int, yuan: str) -> None:
    assert policies.in_yuan(points, rate) == Decimal(yuan)
    assert policies.in_yuan(points, rate).as_tuple().exponent == -2
