"""Cells of a file: every usual spelling is understood, everything else told with its reason."""

from datetime import date

import pytest

from points.services.openings.columns import FIELDS, found, template
from points.services.openings.rows import OpeningRow, Reader, RowFaultsError, shown

TODAY = date(2026, 11, 22)
READER = Reader(
    {field: place for place, field in enumerate(FIELDS)},
    template("en"),
    today=TODAY,
    stores=frozenset({"HZ1"}),
)


def read(**cells: str) -> OpeningRow:
    return READER.row([({"external": "C-1"} | cells).get(field, "") for field in FIELDS])


def faults(**cells: str) -> list[tuple[str, str]]:
    with pytest.raises(RowFaultsError) as error:
        read(**cells)
    return [(fault.code, fault.field) for fault in error.value.faults]


@pytest.mark.parametrize(
    "text",
    [
        *("13800138000", "+8613800138000", "008613800138000", "0086 138 0013 8000"),
        *("138-0013-8000", " 13800138000 ", "+86 138 0013 8000"),
        "13800138000".translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    ],
)
def test_a_phone_in_every_spelling_is_one(text: str) -> None:
    assert read(phone=text).phone == "+8613800138000"


@pytest.mark.parametrize("text", ["1380013800", "23800138000", "10086", "abc", "1\x00", "9" * 9999])
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    assert faults(phone=text) == [("phone_invalid", "phone")]


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-22", "2026/11/22", "2026.11.22", "20261122", "2026年11月22日"),
        *("2026-11-22 00:00:00", "2026-11-22T00:00:00", " 2026/11/22 "),
        "20261122".translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    ],
)
def test_a_date_in_every_spelling_is_one(text: str) -> None:
    assert read(joined=text).joined == "2026-11-22"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[(text, "not_a_date") for text in ("22.11.2026", "46348", "soon", "2026-11/22")],
        *[(text, "not_a_date") for text in ("2026-11-22 13:00", "1" * 10_000, "2026\x001122")],
        *[(text, "no_such_day") for text in ("2025-02-29", "20260230", "2026-13-01")],
        ("2026-11-23", "date_in_future"),
        ("1899-12-31", "date_too_old"),
    ],
)
def test_what_is_no_day_of_the_past_is_refused(text: str, code: str) -> None:
    assert faults(joined=text) == [(code, "joined")]


def test_birthdays_are_days_of_people_alive() -> None:
    assert read(birthday="2024-02-29").birthday == "2024-02-29"
    assert faults(birthday="2023-02-29") == [("no_such_day", "birthday")]
    assert faults(birthday="2026-11-23") == [("birthday_impossible", "birthday")]
    assert faults(birthday="1901-01-01") == [("birthday_impossible", "birthday")]


@pytest.mark.parametrize(
    ("text", "points"),
    [("0", 0), ("7", 7), ("1,200", 1200), ("100.00", 100), (str(10**15), 10**15)],
)
def test_points_are_whole_numbers(text: str, points: int) -> None:
    assert read(points=text).points == points


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[(text, "points_not_whole") for text in ("9.5", "1e3", "12 3", "NaN", "十", "1\x00")],
        *[(text, "points_negative") for text in ("-1", "−5", "-0.5", "(3)")],
        *[(text, "points_too_many") for text in (str(10**15 + 1), "9" * 20)],
        ("9" * 10_000, "points_not_whole"),
    ],
)
def test_other_points_are_refused(text: str, code: str) -> None:
    assert faults(points=text) == [(code, "points")]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"external": ""}, [("nobody_named", "")]),
        ({"external": "x" * 65}, [("external_invalid", "external")]),
        ({"external": "a\x00b"}, [("external_invalid", "external")]),
        ({"name": "林" * 10_000}, [("name_unfit", "name")]),
        ({"name": "a\ud800b"}, [("name_unfit", "name")]),
        ({"name": "a\u202eb"}, [("name_unfit", "name")]),
        ({"gender": "?"}, [("gender_unknown", "gender")]),
        ({"store": "XX"}, [("store_unknown", "store")]),
        ({"tags": "a" * 33}, [("tag_invalid", "tags")]),
        ({"tags": ";".join(str(n) for n in range(21))}, [("tag_invalid", "tags")]),
        ({"points": "1", "lot": "a\x00"}, [("lot_invalid", "lot")]),
        ({"lot": "L1"}, [("required", "points")]),
        ({"valid": "2026-12-31"}, [("required", "points")]),
        (
            {"points": "1", "earned": "2026-01-02", "valid": "2026-01-01"},
            [("valid_before_earned", "valid")],
        ),
        (
            {"points": "1", "credited": "2026-12-02", "valid": "2026-12-01"},
            [("credited_after_valid", "credited")],
        ),
        (
            {"points": "1", "earned": "2026-11-02", "credited": "2026-11-01"},
            [("credited_before_earned", "credited")],
        ),
        (
            {"points": "-1", "phone": "1", "birthday": "x"},
            [("phone_invalid", "phone"), ("not_a_date", "birthday"), ("points_negative", "points")],
        ),
    ],
)
def test_a_row_tells_all_that_is_wrong(cells: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert faults(**cells) == found


def test_an_emoji_and_arabic_are_names() -> None:
    assert read(name="林👩\u200d👧").name == "林👩\u200d👧"
    assert read(name="محمد").name == "محمد"


def test_year_9999_means_for_ever() -> None:
    assert read(points="1", valid="9999-12-31").valid == ""


def test_a_row_may_be_short_but_not_long() -> None:
    assert READER.row(["C-1"]).external == "C-1"
    with pytest.raises(RowFaultsError) as error:
        READER.row(["C-1", *[""] * 12, "x"])
    assert error.value.faults[0].code == "wrong_cell_count"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("phone", "13800138000", "138****00"),
        ("name", "林小雨", "林***"),
        ("external", "C-1", "C***"),
        ("points", "13800138000", "138****00"),
        ("birthday", "2030-01-01", "2030-01-01"),
        ("points", "-5", "-5"),
        ("points", "x" * 99, "x" * 40 + "…"),
        ("tags", "a\x00\ud800", "a��"),
        ("gender", "+86 138 0013 8000", "+86****00"),
        ("phone", "+8613800138000", "138****00"),
        ("name", "林" * 99, "林***"),
    ],
)
def test_a_refused_value_names_nobody(field: str, value: str, told: str) -> None:
    assert shown(field, value) == told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_template_is_understood(language: str) -> None:
    places, unused = found(template(language))

    assert list(places) == list(FIELDS)
    assert unused == []
