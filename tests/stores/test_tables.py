"""Reading files that nobody vouches for."""

import contextlib
import csv
import gzip
import io
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.exceptions import FileRefused
from stores.services import tables
from stores.services.tables import Row, Table


def read(path: Path, **options: str) -> tuple[list[str], list[Row]]:
    table = Table(path=path, name=path.name, **options)
    try:
        return table.header, list(table)
    finally:
        table.close()


def cells(path: Path, **options: str) -> list[list[str]]:
    return [list(row.cells) for row in read(path, **options)[1]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "receipts.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_usual_encodings_are_recognised(tmp_path: Path, encoding: str, is_packed: bool) -> None:
    path = tmp_path / ("r.csv.gz" if is_packed else "r.csv")
    content = "单号,品名\r\n1,龙井茶\r\n".encode(encoding)
    path.write_bytes(gzip.compress(content) if is_packed else content)

    assert read(path) == (["单号", "品名"], [Row(2, ["1", "龙井茶"])])


def test_a_file_may_be_packed_without_saying_so(file: Path) -> None:
    file.write_bytes(gzip.compress(b"a,b\n1,2\n"))

    assert cells(file) == [["1", "2"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_taken_from_the_header(file: Path, delimiter: str) -> None:
    file.write_text(f"a{delimiter}b\n1{delimiter}2\n")

    assert cells(file) == [["1", "2"]]


def test_quotes_delimiters_and_line_ends_in_cells(file: Path) -> None:
    file.write_text('a,b\n"x, y","say ""hi"""\n"two\nlines",2\n5" pipe,3\nlast,4')

    assert [(row.number, list(row.cells)) for row in read(file)[1]] == [
        (2, ["x, y", 'say "hi"']),
        (3, ["two\nlines", "2"]),
        (5, ['5" pipe', "3"]),
        (6, ["last", "4"]),
    ]


def test_an_open_quote_costs_its_own_row_only(file: Path) -> None:
    rows = "".join(f"{n},ok\n" for n in range(100))
    file.write_text(f'a,b\n7,"never closed\n{rows}')

    found = read(file)[1]

    assert (found[0].number, found[0].fault, found[0].cells[0]) == (2, "unclosed_quote", "7")
    assert [row.cells[0] for row in found[1:]] == [str(n) for n in range(100)]


def test_a_huge_cell_is_read_and_a_monstrous_line_is_skipped(file: Path) -> None:
    huge, monstrous = "x" * 10_000_000, "y" * (tables.MAX_LINE + 5)
    file.write_text(f"a,b\n1,{huge}\n2,{monstrous}\n3,ok\n")

    found = read(file)[1]

    assert len(found[0].cells[1]) == 10_000_000
    assert (found[1].number, found[1].fault, found[1].cells[0]) == (3, "line_too_long", "2")
    assert found[2] == Row(4, ["3", "ok"])


def test_bytes_of_another_encoding_cost_their_own_row_only(file: Path) -> None:
    file.write_bytes("a,b\n1,好\n".encode() + b"2,\xff\xfe\n3,ok\n")

    found = read(file, encoding="utf-8")[1]

    assert [(row.cells[0], row.fault) for row in found] == [
        ("1", ""),
        ("2", "unreadable_text"),
        ("3", ""),
    ]


def workbook(path: Path, *rows: list[object]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(path)


def test_a_workbook_gives_what_the_sheet_shows(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    workbook(
        path,
        ["number", "at", "price", "count", "is"],
        ["A1", datetime(2026, 3, 2, 12, 30), 2.55, 3, True],
        [None, None, None, None, None],
        ["A2", "2026-03-02", 0.1 + 0.2, 4.0, None],
    )

    assert read(path)[1] == [
        Row(2, ["A1", "2026-03-02 12:30:00", "2.55", "3", "1"]),
        Row(4, ["A2", "2026-03-02", "0.3", "4"]),
    ]


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)


BAD = {
    "empty.csv": (b"", "file_empty"),
    "blank.csv": (b"\n\n\n", "file_empty"),
    "plain.csv.gz": (b"a,b\n1,2\n", "not_gzip"),
    "cut.csv.gz": (gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)[:-20], "file_damaged"),
    "broken.csv.gz": (gzip.compress(b"a,b\n1,2\n")[:-6] + b"wrong!", "file_damaged"),
    "plain.xlsx": (b"a,b\n1,2\n", "not_xlsx"),
    "cut.xlsx": (b"PK\x03\x04 and then nothing", "file_damaged"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_excel"),
    "wide.csv": ("a,b\n1,2\n".encode("utf-16"), "utf16"),
    "packed.xlsx.gz": (gzip.compress(b"PK\x03\x04......"), "gzipped_xlsx"),
    "header.csv": (b'a,"b\n', "unclosed_quote"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_none_is_refused_as_a_whole(tmp_path: Path, name: str) -> None:
    content, code = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(FileRefused) as refused:
        read(path)

    assert refused.value.code == code
    assert str(refused.value)


def test_a_workbook_made_to_burst_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    bomb(path)

    with pytest.raises(FileRefused) as refused:
        read(path)

    assert refused.value.code == "archive_bomb"


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")

    with pytest.raises(FileRefused) as refused:
        read(path)

    assert refused.value.code == "file_damaged"


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.lists(
            st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\0\x1a")),
            min_size=2,
            max_size=2,
        ).filter(lambda row: any(cell.strip() for cell in row)),
        max_size=8,
    )
)
def test_what_the_csv_module_writes_is_read_back(
    rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("csv") / "r.csv"
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["a", "b"], *rows])
    path.write_bytes(buffer.getvalue().encode())

    assert cells(path, encoding="utf-8", delimiter=",") == rows


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=400))
def test_no_bytes_at_all_raise_anything_but_a_refusal(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("r.csv", "r.csv.gz", "r.xlsx"):
        path = folder / name
        path.write_bytes(content)
        with contextlib.suppress(FileRefused):
            read(path)
