"""Acts in the back office: recorded once, reversed, and only by whom it may be."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Event
from config import roles
from members.models import Member
from points.selectors import balances
from stores.models import Store
from tests.campaigns.conftest import published
from tests.campaigns.making import rule

ADD = "admin:campaigns_event_add"


@pytest.fixture
def review(db: None) -> None:
    published(
        rule("review", "fixed", trigger="review", points=20),
        rule("fair", "per_item", trigger="event", code="fair", points=3),
    )


def told(client: Client, person: Member, **values: Any) -> Any:
    page = client.get(reverse(ADD)).content.decode()
    key = page.split('name="key" value="')[1].split('"')[0]
    now = timezone.localtime()
    data = {
        "member": person.number,
        "trigger": "review",
        "code": "",
        "quantity": "1",
        "store": "",
        "occurred_at_0": f"{now:%Y-%m-%d}",
        "occurred_at_1": "00:00:00",
        "key": key,
    }
    return client.post(reverse(ADD), data | values)


def available(member: Member) -> int:
    return balances.balance(member.pk, at=timezone.now()).available


def test_an_act_is_recorded_once_however_often_it_is_sent(
    admin_client: Client, review: None, lin: Member, store: Store
) -> None:
    key = "0f8fad5b-d9cb-469f-a165-70867728950e"

    for _twice in range(2):
        assert told(admin_client, lin, key=key, store=store.pk).status_code == 302

    event = Event.objects.get()
    assert (event.points, event.store, event.actor) == (20, store, "admin")
    assert available(lin) == 20
    assert LogEntry.objects.filter(object_id=str(event.pk)).count() == 2


def test_an_event_needs_its_code(admin_client: Client, review: None, lin: Member) -> None:
    refused = told(admin_client, lin, trigger="event")
    told(admin_client, lin, trigger="event", code="fair", quantity="4")

    assert "code" in refused.context["form"].errors
    assert Event.objects.get().points == 12


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"member": "nobody"}, "member"),
        ({"trigger": "purchase"}, "trigger"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "x"}, "quantity"),
        ({"occurred_at_0": "2999-01-01"}, "occurred_at"),
        ({"occurred_at_0": "soon"}, "occurred_at"),
        ({"store": "999"}, "store"),
    ],
)
def test_what_cannot_be_comes_back_to_its_field(
    admin_client: Client, review: None, lin: Member, values: dict[str, str], field: str
) -> None:
    answer = told(admin_client, lin, **values)

    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Event.objects.exists()


def test_an_act_is_reversed_with_a_reason(admin_client: Client, review: None, lin: Member) -> None:
    told(admin_client, lin)
    event = Event.objects.get()
    address = reverse("admin:campaigns_event_reverse", args=[event.pk])

    assert "reason" in admin_client.post(address, {"reason": ""}).context["form"].errors
    assert admin_client.post(address, {"reason": "removed"}).status_code == 302

    event.refresh_from_db()
    assert (event.state, event.reversed_reason) == ("reversed", "removed")
    assert available(lin) == 0
    page = admin_client.get(reverse("admin:campaigns_event_change", args=[event.pk]))
    assert "removed" in page.content.decode()


def test_only_who_may_records_and_reverses(review: None, lin: Member, admin_client: Client) -> None:
    told(admin_client, lin)
    roles.ensure()
    gone = reverse("admin:campaigns_event_reverse", args=[Event.objects.get().pk])
    answers = {}
    for name in ("客服", "店长", "财务", "收银"):
        user = User.objects.create_user(name, password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=name))
        client = Client()
        client.force_login(user)
        answers[name] = (client.get(reverse(ADD)).status_code, client.get(gone).status_code)

    assert answers == {
        "客服": (200, 200),
        "店长": (200, 403),
        "财务": (403, 403),
        "收银": (403, 403),
    }
