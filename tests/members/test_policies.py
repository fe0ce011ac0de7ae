import pytest
from hypothesis import given
from hypothesis import strategies as st

from members import policies


def full_width(text: str) -> str:
    """The digits as a Chinese keyboard types them."""
    return text.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "+8613800138000",
        "+86 138 0013 8000",
        "008613800138000",
        "86-138-0013-8000",
        " 138 0013 8000 ",
        full_width("13800138000"),
        full_width("+8613800138000"),
    ],
)
def test_one_number_in_many_spellings(text: str) -> None:
    assert policies.normalise_phone(text) == "+8613800138000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "12345",
        "1380013800",
        "138001380000",
        "02887654321",
        "4008001234",
        "13800138000 ext 5",
        "tel:13800138000",
        "1380013\x008000",
        "1380013\u202e8000",
        "\ud800",
        "1" * 5000,
        "+",
        "+999123456789",
    ],
)
def test_what_is_no_mobile_number(text: str) -> None:
    assert policies.normalise_phone(text) is None


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_none(text: str) -> None:
    phone = policies.normalise_phone(text)
    assert phone is None or policies.normalise_phone(phone) == phone


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("+8613800138000", "138****8000"), ("+85291234567", "+85****4567"), ("1234", "****")],
)
def test_mask_phone(phone: str, masked: str) -> None:
    assert policies.mask_phone(phone) == masked


payloads = st.integers(0, policies.MEMBER_NUMBER_PAYLOADS - 1)


@given(payloads)
def test_member_number_has_form_and_check_digit(payload: int) -> None:
    number = policies.member_number(payload)
    assert len(number) == 12
    assert number[0] in "23456789"
    assert policies.is_member_number(number)


@given(payloads, st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_found(payload: int, place: int, shift: int) -> None:
    digits = list(policies.member_number(payload))
    digits[place] = str((int(digits[place]) + shift) % 10)
    assert not policies.is_member_number("".join(digits))


@given(payloads, st.integers(0, 10))
def test_two_swapped_digits_are_found(payload: int, place: int) -> None:
    digits = list(policies.member_number(payload))
    if digits[place] == digits[place + 1]:
        return
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    assert not policies.is_member_number("".join(digits))


@pytest.mark.parametrize("payload", [-1, policies.MEMBER_NUMBER_PAYLOADS])
def test_member_number_refuses_other_payloads(payload: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        policies.member_number(payload)


def test_grouped_number() -> None:
    assert policies.grouped_number("842109375526") == "8421 0937 5526"
    assert policies.mask_number("842109375526") == "**** **** 5526"


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("bogus", "unknown"),
    ],
)
def test_network(ip: str, network: str) -> None:
    assert policies.network(ip) == network
