import pytest

from members import selectors
from members.services import registration
from tests.members.conftest import NOON


@pytest.mark.django_db
def test_found_by_every_name_of_a_person() -> None:
    lin = registration.register(
        phone="13800138000", external_number="A-17", name="林小雨", at=NOON, source="admin"
    )
    registration.register(phone="13900139000", name="林小", at=NOON, source="admin")
    for text in (
        lin.number,
        lin.grouped_number,
        "138 0013 8000",
        "+8613800138000",
        "A-17",
        "林小雨",
        " 林小雨 ",
    ):
        assert list(selectors.found_by(text)) == [lin], text


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", " ", "林", "1380013", "000000000000", "%", "' OR 1=1"])
def test_found_by_nothing_less(text: str) -> None:
    registration.register(phone="13800138000", name="林小雨", at=NOON, source="admin")
    assert not selectors.found_by(text).exists()
