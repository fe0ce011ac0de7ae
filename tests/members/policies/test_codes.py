"""The member code: right for half a minute, worth nothing as a photograph."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members import policies
from members.policies import codes

KEY = b"k" * 32
AT = datetime(2026, 3, 2, 4, 0, 10, tzinfo=UTC)  # ten seconds into a window
NUMBER = policies.member_number(123_456_789)


def test_code_is_digits_of_an_even_count() -> None:
    code = codes.member_code(NUMBER, key=KEY, at=AT)
    assert (len(code), code.isdigit(), code[:12]) == (20, True, NUMBER)


@pytest.mark.parametrize(
    ("seconds", "counts"),
    [(0, True), (19, True), (20, True), (49, True), (50, False), (3600, False), (-40, True)],
)
def test_code_ages(seconds: int, counts: bool) -> None:
    """Shown 10 s into a window it counts to the end of the next one: 50 s."""
    code = codes.member_code(NUMBER, key=KEY, at=AT)
    found = codes.number_in(code, key=KEY, at=AT + timedelta(seconds=seconds))
    assert found == (NUMBER if counts else None)


def test_another_house_s_code_does_not_count() -> None:
    code = codes.member_code(NUMBER, key=b"x" * 32, at=AT)
    assert codes.number_in(code, key=KEY, at=AT) is None


@given(st.text(max_size=24))
def test_anything_else_is_nobody(text: str) -> None:
    assert codes.number_in(text, key=KEY, at=AT) is None


@given(st.integers(0, 99_999_999))
def test_a_guess_hits_only_the_proofs_of_three_windows(guess: int) -> None:
    right = {
        codes.member_code(NUMBER, key=KEY, at=AT + timedelta(seconds=shift))[12:]
        for shift in (-30, 0, 30)
    }
    proof = f"{guess:08d}"
    found = codes.number_in(NUMBER + proof, key=KEY, at=AT)
    assert (found is not None) == (proof in right)


def test_seconds_left() -> None:
    assert codes.seconds_left(AT) == 20
    assert codes.seconds_left(AT + timedelta(seconds=20)) == 30
