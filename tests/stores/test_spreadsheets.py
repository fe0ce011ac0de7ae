"""Files that people open in a spreadsheet."""

import csv
from decimal import Decimal
from io import StringIO

import pytest

from stores.policies import spreadsheets


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_is_a_formula(start: str) -> None:
    assert spreadsheets.inert(f"{start}1+1") == f"'{start}1+1"


def test_numbers_and_other_texts_stay() -> None:
    line = spreadsheets.line(["茶", -5, Decimal("-1.50"), "", None, "a=b", 'say "hi", twice'])
    (row,) = csv.reader(StringIO(line))
    assert row == ["茶", "-5", "-1.50", "", "", "a=b", 'say "hi", twice']


def test_a_file_begins_with_the_mark_of_utf_8() -> None:
    assert "".join(spreadsheets.lines([["a"], ["=b"]])) == "\ufeffa\r\n'=b\r\n"
