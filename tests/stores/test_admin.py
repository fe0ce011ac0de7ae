"""Stores, keys and job runs in the back office."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stores.models import ApiKey, Article, Category, JobRun, Store
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


@pytest.mark.parametrize(
    "path", ["stores/store", "stores/apikey", "stores/jobrun", "stores/category", "stores/article"]
)
def test_a_list_costs_the_same_for_one_row_and_for_three(
    admin_client: Client, store: Store, path: str
) -> None:
    def add(n: int) -> None:
        own = Store.objects.create(code=f"N{n}", name="店")
        api_keys.issue(store=own, name="till", now=NOW)
        with jobs.recorded(name="x", now=NOW):
            pass
        category = Category.objects.create(code=f"C{n}", name="茶", parent=Category.objects.first())
        Article.objects.create(sku=f"A{n}", name="茶", category=category, labels=["new"])

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


def test_a_stores_line_of_business_is_suggested(admin_client: Client, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(business="茶室")
    page = admin_client.get("/admin/stores/store/add/").content.decode()
    assert '<option value="茶室">' in page
    assert '<option value="餐饮">' in page


def test_categories_are_checked_like_the_apis(admin_client: Client) -> None:
    pages = "/admin/stores/category/"
    for data in ({"code": " food ", "name": "食品"}, {"code": "x", "name": "x"}):
        assert admin_client.post(f"{pages}add/", data).status_code == 302
    food, other = Category.objects.get(code="food"), Category.objects.get(code="x")
    other.parent = food
    other.save()

    answer = admin_client.post(f"{pages}{food.pk}/change/", {"name": "食品", "parent": other.pk})

    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert dict(errors) == {"parent": ["品类不能放在它自己之下。"]}
    data = {"code": "changed", "name": "吃的", "parent": ""}
    assert admin_client.post(f"{pages}{food.pk}/change/", data).status_code == 302
    food.refresh_from_db()
    assert (food.code, food.name) == ("food", "吃的")
    assert admin_client.post(f"{pages}{food.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "labels"),
    [
        ({}, []),
        (
            {"labels": ["special", "new"], "more_labels": "自有， Own"},
            ["new", "own", "special", "自有"],
        ),
        ({"more_labels": "x" * 33}, None),
        ({"labels": ["none such"]}, None),
        ({"name": ""}, None),
        ({"sku": "a\tb"}, None),
    ],
)
def test_an_article_is_entered_by_hand(
    admin_client: Client, fields: dict[str, Any], labels: list[str] | None
) -> None:
    data = {"sku": "T1", "name": "铁观音", "category": "", "brand": ""} | fields

    answer = admin_client.post("/admin/stores/article/add/", data)

    assert answer.status_code == (200 if labels is None else 302)
    assert [one.labels for one in Article.objects.all()] == ([] if labels is None else [labels])


def test_articles_are_found_by_number_category_and_label(admin_client: Client) -> None:
    food = Category.objects.create(code="food", name="食品")
    tea = Category.objects.create(code="tea", name="茶", parent=food)
    one = Article.objects.create(sku="T1", name="铁观音", category=tea, labels=["new"])
    Article.objects.create(sku="C1", name="茶杯")
    pages = "/admin/stores/article/"
    for query in ({"q": "T1"}, {"category": "food"}, {"label": "new"}):
        answer = admin_client.get(pages, query)
        assert [row.pk for row in answer.context["cl"].result_list] == [one.pk], query
    page = f"{pages}{one.pk}/change/"
    assert admin_client.get(page).status_code == 200
    data = {"name": "铁观音", "category": "", "labels": [], "more_labels": ""}
    assert admin_client.post(page, data).status_code == 302
    one.refresh_from_db()
    assert (one.sku, one.category, one.labels) == ("T1", None, [])
