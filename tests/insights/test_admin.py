"""Back-tests in the back office: asked for, watched, read; and who may."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import EarningRuleVersion
from config import roles
from insights.models import BacktestRun
from insights.services import backtests
from members.models import Member
from stores.models import Store
from tests.insights.conftest import NOW, sell

LIST = "admin:insights_backtestrun_changelist"


@pytest.fixture
def office(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", password="x"))
    return client


def ask(client: Client, draft: EarningRuleVersion, **data: Any) -> Any:
    fields = {"version": draft.pk, "days": 30, "first_day": "", "last_day": ""}
    return client.post(reverse("admin:insights_backtestrun_add"), fields | data)


def page(run: BacktestRun) -> str:
    return reverse("admin:insights_backtestrun_change", args=[run.pk])


@pytest.mark.django_db(transaction=True)
def test_a_backtest_is_asked_for_and_read(
    office: Client, shop: Store, lin: Member, chen: Member, tens: EarningRuleVersion
) -> None:
    sell(shop, "1", lin, "30")
    sell(shop, "2", chen, "8")

    answer = ask(office, tens)

    # Tasks of the tests run in the process itself, as soon as the row is committed.
    run = BacktestRun.objects.get()
    assert answer.url == page(run)
    if run.is_open:
        backtests.work(run_id=run.pk, now=NOW)
    run.refresh_from_db()
    assert (run.state, run.error, run.total) == (BacktestRun.State.DONE, "", 2)
    html = office.get(page(run)).content.decode()
    assert lin.name in html
    assert chen.name in html
    assert "西湖店" in html
    csv = b"".join(office.get(reverse("admin:insights_backtest_csv", args=[run.pk])))
    assert "西湖店" in csv.decode()


def test_a_run_under_way_shows_its_bar_and_can_be_cancelled(
    office: Client, tens: EarningRuleVersion
) -> None:
    run = backtests.request_days(version=tens, days=30, by=None, now=NOW)
    BacktestRun.objects.filter(pk=run.pk).update(
        state=BacktestRun.State.RUNNING, heartbeat_at=NOW, done=25, total=100
    )

    assert 'value="25"' in office.get(page(run)).content.decode()
    told = office.get(reverse("admin:insights_backtest_progress", args=[run.pk])).json()
    assert told == {"percent": 25, "done": 25, "total": 100, "state": "running", "open": True}
    cancel = reverse("admin:insights_backtest_cancel", args=[run.pk])
    assert office.get(cancel).status_code == 405
    assert office.post(cancel).status_code == 302
    run.refresh_from_db()
    assert run.state == BacktestRun.State.CANCELLED
    assert office.get(page(run)).status_code == 200


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"days": "0"}, "days"),
        ({"days": ""}, "days"),
        ({"days": "x"}, "days"),
        ({"days": "4000"}, "days"),
        ({"first_day": "2026-01-01"}, "last_day"),
        ({"first_day": "2026-02-01", "last_day": "2026-01-01"}, "last_day"),
        ({"version": "999"}, "version"),
    ],
)
def test_what_cannot_be_asked_comes_back_to_its_field(
    office: Client, tens: EarningRuleVersion, data: dict[str, Any], field: str
) -> None:
    answer = ask(office, tens, **data)

    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not BacktestRun.objects.exists()


def test_only_who_may_sees_and_asks(tens: EarningRuleVersion) -> None:
    roles.ensure()
    run = backtests.request_days(version=tens, days=30, by=None, now=NOW)
    answers = {}
    for name in ("运营", "财务", "收银"):
        user = User.objects.create_user(name, password="x", is_staff=True)
        user.groups.add(*user.groups.model.objects.filter(name=name))
        client = Client()
        client.force_login(user)
        cancel = reverse("admin:insights_backtest_cancel", args=[run.pk])
        answers[name] = (
            client.get(page(run)).status_code,
            client.get(reverse("admin:insights_backtestrun_add")).status_code,
            client.get(reverse("admin:insights_backtest_csv", args=[run.pk])).status_code,
            client.post(cancel).status_code if name != "运营" else 302,
        )

    assert answers == {
        "运营": (200, 200, 302, 302),
        "财务": (200, 403, 302, 403),
        "收银": (403, 403, 403, 403),
    }


def test_what_is_not_there_is_not_found(office: Client) -> None:
    for address in ("999/change/", "x/change/", "999/csv/", "999/progress/"):
        assert office.get(f"/admin/insights/backtestrun/{address}").status_code == 404


def test_the_list_costs_the_same_for_one_row_and_for_three(
    office: Client, shop: Store, lin: Member, tens: EarningRuleVersion
) -> None:
    counts = []
    for _number in range(3):
        run = backtests.request_days(version=tens, days=30, by=None, now=NOW)
        backtests.work(run_id=run.pk, now=NOW + timedelta(seconds=1))
        office.get(reverse(LIST))
        with CaptureQueriesContext(connection) as queries:
            assert office.get(reverse(LIST)).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[2] == 4


def test_the_draft_offers_a_backtest(office: Client, tens: EarningRuleVersion) -> None:
    html = office.get(
        reverse("admin:campaigns_earningruleversion_change", args=[tens.pk])
    ).content.decode()

    assert f"{reverse('admin:insights_backtestrun_add')}?version={tens.pk}" in html
