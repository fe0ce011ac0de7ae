"""Clearings in the back office: two people, from the order to the printed report."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from members.models import Member
from points.models import ClearingPlan, ClearingSettings, Entry
from points.selectors import balance
from points.services import ledger
from points.services.clearing import plans, working
from tests.points.clearing.conftest import ordered, rehearsed
from tests.points.conftest import make_member

pytestmark = pytest.mark.django_db
RIGHTS = ("add", "change", "approve", "run", "undo", "view")


def somebody(name: str, *rights: str) -> Client:
    user = User.objects.create_user(name, password="x", is_staff=True)
    wanted = [f"{right}_clearingplan" for right in rights]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def old_points(lin: Member) -> Member:
    ledger.earn(
        member_id=lin.pk,
        points=300,
        reference="old",
        source="purchase",
        actor="t",
        at=timezone.now() - timedelta(days=800),
        expires_at=None,
    )
    return lin


def work() -> None:
    for plan in plans.open_plans(now=timezone.now()):
        working.work(plan_id=plan, now=timezone.now())


def press(client: Client, plan: ClearingPlan, act: str, **data: str) -> str:
    """Open the page of a button, press it, and return what the plan's page says then."""
    url = reverse(f"admin:points_clearing_{act}", args=[plan.pk])
    assert client.get(url).status_code == 200
    answer = client.post(url, data, follow=True)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_from_the_order_to_the_report_and_back(old_points: Member) -> None:
    ClearingSettings.objects.create(required_days="", remind_days="")
    orders, approves = somebody("运营", *RIGHTS), somebody("财务", *RIGHTS)
    yesterday = timezone.localdate() - timedelta(days=1)
    url = reverse("admin:points_clearingplan_add")
    for policy, _label in ClearingPlan.Policy.choices:
        assert orders.get(url, {"policy": policy}).status_code == 200
    last = (timezone.localdate() - timedelta(days=400)).isoformat()
    orders.post(
        f"{url}?policy=fixed",
        {"name": "旧积分", "first": "", "last": last, "last_day": yesterday.isoformat()},
    )
    plan = ClearingPlan.objects.get()
    assert (plan.state, plan.policy, str(plan.earned_last_day)) == ("draft", "fixed", last)
    press(orders, plan, "rehearse")
    work()
    page = orders.get(reverse("admin:points_clearingplan_change", args=[plan.pk])).content.decode()
    assert "300" in page
    assert reverse("admin:points_clearing_approve", args=[plan.pk]) not in page
    lines = b"".join(orders.get(reverse("admin:points_clearing_losers", args=[plan.pk])))
    assert f"{old_points.number},林小雨,1,300,3.00,0,0".encode() in lines
    refused = orders.post(reverse("admin:points_clearing_approve", args=[plan.pk]))
    assert refused.status_code == 200
    plan.refresh_from_db()
    assert plan.state == "rehearsed"
    press(approves, plan, "approve")
    press(approves, plan, "start")
    work()
    assert balance(old_points.pk, timezone.now()).available == 0
    plan.refresh_from_db()
    assert plan.state == "done"
    press(approves, plan, "undo", reason="年份错了")
    work()
    assert balance(old_points.pk, timezone.now()).available == 300
    plan.refresh_from_db()
    assert (plan.state, plan.undo_reason) == ("undone", "年份错了")
    assert Entry.objects.get(kind="restore").actor == plan.undone_by


@pytest.mark.parametrize(
    ("act", "right"),
    [
        ("edit", "change"),
        ("rehearse", "change"),
        ("approve", "approve"),
        ("start", "run"),
        ("stop", "run"),
        ("withdraw", "change"),
        ("undo", "undo"),
        ("extend", "undo"),
    ],
)
def test_each_button_needs_its_right(lin: Member, act: str, right: str) -> None:
    plan = rehearsed(ordered())
    url = reverse(f"admin:points_clearing_{act}", args=[plan.pk])
    looks = somebody("看", "view")
    assert looks.get(url).status_code == 403
    assert looks.post(url).status_code == 403
    assert somebody("做", "view", right).get(url).status_code == 200
    assert somebody("无").get(url).status_code == 403


def test_what_the_state_forbids_is_said(lin: Member) -> None:
    plan = ordered()
    client = somebody("运营", *RIGHTS)
    page = client.post(reverse("admin:points_clearing_stop", args=[plan.pk])).content.decode()
    assert "草稿" in page
    plan.refresh_from_db()
    assert plan.state == "draft"


@pytest.mark.parametrize("members", [1, 3])
def test_the_page_asks_a_fixed_number_of_queries(
    members: int, django_assert_num_queries: object
) -> None:
    ClearingSettings.objects.create(required_days="", remind_days="")
    for number in range(members):
        ledger.earn(
            member_id=make_member().pk,
            points=10,
            reference=f"old{number}",
            source="purchase",
            actor="t",
            at=timezone.now() - timedelta(days=800),
            expires_at=None,
        )
    plan = rehearsed(
        ordered(
            last_day=timezone.localdate() - timedelta(days=1),
            earned_last_day=timezone.localdate() - timedelta(days=300),
        )
    )
    plans.approve(plan_id=plan.pk, actor="staff:2", at=plan.rehearsed_at)  # type: ignore[arg-type]
    working.work(plan_id=plan.pk, now=timezone.now())
    client = somebody("看", "view")
    url = reverse("admin:points_clearingplan_change", args=[plan.pk])
    client.get(url)
    with django_assert_num_queries(15):  # type: ignore[operator]
        client.get(url)


@pytest.mark.parametrize(
    ("remind", "required", "field"),
    [
        ("60, x", "30", "remind_days"),
        ("60, 30", "30, 7", "required_days"),
        ("0", "", "remind_days"),
    ],
)
def test_days_that_make_no_sense_are_refused(
    admin_client: Client, remind: str, required: str, field: str
) -> None:
    url = reverse("admin:points_clearingsettings_change", args=[1])
    ClearingSettings.objects.create()
    data = {
        "remind_days": remind,
        "required_days": required,
        "least_points": "1",
        "late_days": "3",
        "nightly": "all",
        "undo_days": "30",
        "rehearsal_days": "7",
    }
    answer = admin_client.post(url, data)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert ClearingSettings.objects.get().remind_days == "60, 30, 7, 1"


def test_the_account_shows_its_calendar_and_a_balance_of_the_past(
    admin_client: Client, old_points: Member
) -> None:
    from points.models import Account

    account = Account.objects.get(member=old_points)
    url = reverse("admin:points_account_expiring", args=[account.pk])
    assert admin_client.get(url).status_code == 200
    asked = {"at_0": "2020-01-01", "at_1": "00:00", "clock": "occurred_at"}
    assert admin_client.get(url, asked).context["as_of"].available == 0
    now = timezone.localtime()
    asked |= {"at_0": f"{now:%Y-%m-%d}", "at_1": "00:00"}
    assert admin_client.get(url, asked).context["as_of"].available == 300
    asked["at_0"] = "2999-01-01"
    assert admin_client.get(url, asked).context["as_of"] is None
