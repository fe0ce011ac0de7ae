"""Stores, keys and job runs in the back office."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stores.models import ApiKey, JobRun, Store
from stores.services import api_keys, jobs

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
KEYS = "/admin/stores/apikey/"


@pytest.fixture
def store() -> Store:
    return Store.objects.create(code="HZ1", name="西湖店")


def test_a_new_key_is_shown_in_one_answer_and_nowhere_else(
    admin_client: Client, store: Store
) -> None:
    answer = admin_client.post(f"{KEYS}add/", {"store": store.pk, "name": "till 1"})

    secret = answer.context["secret"]
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert secret in answer.content.decode()
    found = api_keys.find(secret=secret, now=timezone.now())
    assert found == ApiKey.objects.get()
    assert secret not in str(LogEntry.objects.values())
    assert not answer.cookies.get("messages")
    for page in (KEYS, f"{KEYS}{found.pk}/change/"):
        assert secret not in admin_client.get(page).content.decode()


def test_a_key_is_withdrawn_and_never_moved_or_deleted(admin_client: Client, store: Store) -> None:
    key = api_keys.issue(store=store, name="till 1", now=NOW).key
    other = Store.objects.create(code="HZ2", name="湖滨店")

    admin_client.post(f"{KEYS}{key.pk}/change/", {"store": other.pk, "name": "till 9"})

    key.refresh_from_db()
    assert (key.is_active, key.store, key.name) == (False, store, "till 9")
    assert admin_client.post(f"{KEYS}{key.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({}, []),
        ({"time_zone": "Mars/Olympus"}, ["time_zone"]),
        ({"code": ""}, ["code"]),
        ({"code": "HZ1"}, ["code"]),
    ],
)
def test_a_store_is_checked(
    admin_client: Client, store: Store, fields: dict[str, Any], errors: list[str]
) -> None:
    data = {
        "code": "HZ2", "name": "湖滨店", "ownership": "own", "time_zone": "Asia/Shanghai",
        "is_active": "on",
    } | fields  # fmt: skip

    answer = admin_client.post("/admin/stores/store/add/", data)

    assert Store.objects.count() == (1 if errors else 2)
    if errors:
        assert list(answer.context["adminform"].form.errors) == errors


@pytest.mark.parametrize("path", ["stores/store", "stores/apikey", "stores/jobrun"])
def test_a_list_costs_the_same_for_one_row_and_for_three(
    admin_client: Client, store: Store, path: str
) -> None:
    def add(n: int) -> None:
        own = Store.objects.create(code=f"N{n}", name="店")
        api_keys.issue(store=own, name="till", now=NOW)
        with jobs.recorded(name="x", now=NOW):
            pass

    costs = []
    for rows in (1, 3):
        while JobRun.objects.count() < rows:
            add(JobRun.objects.count())
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(f"/admin/{path}/").status_code == 200
        costs.append(len(queries))

    assert costs[0] == costs[1]
    assert costs[0] <= 7


def test_job_runs_are_read_only(admin_client: Client) -> None:
    with jobs.recorded(name="x", now=NOW) as run:
        run.result = {"points": 7}
    page = f"/admin/stores/jobrun/{run.row.pk}/change/"

    assert admin_client.get(page).status_code == 200
    assert admin_client.post(page, {"name": "y"}).status_code == 403


def test_jobs_are_named_by_what_they_do(admin_client: Client) -> None:
    for name in ("points.expire_lots", "points.gone"):
        JobRun.objects.create(name=name, started_at=NOW, heartbeat_at=NOW)
    page = admin_client.get("/admin/stores/jobrun/").content.decode()
    assert page.count("到期积分清零入账") >= 2  # its row, and the filter's choice
    assert "points.gone" in page
    answer = admin_client.get("/admin/stores/jobrun/", {"name": "points.expire_lots"})
    rows = list(answer.context["cl"].result_list)
    assert [row.name for row in rows] == ["points.expire_lots"]
    page = admin_client.get(f"/admin/stores/jobrun/{rows[0].pk}/change/").content.decode()
    assert "到期积分清零入账" in page
    assert "points.expire_lots" not in page
