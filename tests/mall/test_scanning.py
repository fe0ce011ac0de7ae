"""Staff's page at the counter: type the code, look, hand over; once, and in the right store."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from config import roles
from mall.models import Redemption
from mall.services import handover
from tests.mall import redeeming

pytestmark = pytest.mark.django_db(transaction=True)
SCAN = "/admin/mall/redemption/scan/"


@pytest.fixture
def counter(client: Client) -> Client:
    """A cashier's browser."""
    roles.ensure()
    user = User.objects.create_user("till", is_staff=True)
    user.groups.add(Group.objects.get(name="收银"))
    client.force_login(user)
    return client


def code_of(order: Redemption) -> str:
    shown = handover.code_of(order, at=timezone.now())
    assert shown is not None
    return shown.digits


def test_look_then_hand_over_once(counter: Client) -> None:
    order = redeeming.placed(redeeming.rich(), redeeming.reward())
    sent = {"store": redeeming.shop().pk, "code": f" {code_of(order)} "}
    looked = counter.post(SCAN, sent)
    assert looked.context["found"].number == order.number
    order.refresh_from_db()
    assert order.state == "placed"
    done = counter.post(SCAN, sent | {"confirmed": "1"})
    assert done.context["done"].number == order.number
    order.refresh_from_db()
    assert (order.state, order.handed_over_in_id) == ("completed", redeeming.shop().pk)
    assert LogEntry.objects.filter(object_id=str(order.pk)).count() == 1
    again = counter.post(SCAN, sent | {"confirmed": "1"})
    assert again.context["form"].errors
    assert again.context["done"] is None


def test_the_wrong_store_is_told_the_right_one(counter: Client) -> None:
    order = redeeming.placed(redeeming.rich(), redeeming.reward())
    other = redeeming.shop("S2")
    answer = counter.post(SCAN, {"store": other.pk, "code": code_of(order), "confirmed": "1"})
    assert redeeming.shop().name in answer.content.decode()
    order.refresh_from_db()
    assert order.state == "placed"


@pytest.mark.parametrize("code", ["", "1", "x" * 65, "0" * 24, "\x00", "９" * 24])  # noqa: RUF001
def test_what_is_no_code_is_said(counter: Client, code: str) -> None:
    answer = counter.post(SCAN, {"store": redeeming.shop().pk, "code": code})
    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_the_store_is_kept_for_the_next_one(counter: Client) -> None:
    shop = redeeming.shop()
    counter.post(SCAN, {"store": shop.pk, "code": "1"})
    assert counter.get(SCAN).context["form"]["store"].value() == shop.pk


def test_who_may_not_is_refused(client: Client) -> None:
    client.force_login(User.objects.create_user("x", is_staff=True))
    assert client.get(SCAN).status_code == 403
