"""Goods over the API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from stores.models import Article, Category, Store
from stores.services import api_keys

pytestmark = pytest.mark.django_db
Call = Callable[..., Any]


@pytest.fixture
def secret() -> str:
    store = Store.objects.create(code="HZ1", name="西湖店")
    return api_keys.issue(store=store, name="erp", now=timezone.now()).secret


@pytest.fixture
def send(client: Client, secret: str) -> Call:
    def _send(path: str, body: object, *, key: str = secret) -> Any:
        return client.post(
            f"/api/v1/{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"x-api-key": key, "accept-language": "en"},
        )

    return _send


@pytest.fixture
def read(client: Client, secret: str) -> Call:
    def _read(**query: Any) -> Any:
        headers = {"x-api-key": secret, "accept-language": "en"}
        return client.get("/api/v1/articles", query, headers=headers)

    return _read


def test_categories_are_put_row_by_row(send: Call) -> None:
    answer = send(
        "categories/batch",
        {"categories": [
            {"code": "tea", "name": "茶", "parent": "food"},
            {"code": "food", "name": "食品"},
            {"code": "x", "name": "x", "parent": "gone"},
            {"name": "nameless"},
            {"code": "y" * 65, "name": "y"},
        ]},
    )  # fmt: skip

    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {"status": 201, "key": "tea", "state": "new"},
        {"status": 201, "key": "food", "state": "new"},
        {
            "status": 422,
            "key": "x",
            "state": "refused",
            "error": {
                "code": "category_unknown",
                "message": "There is no category gone.",
                "field": "parent",
            },
        },
        *answer.json()["results"][3:],
    ]
    faults = [
        (one["status"], one["error"]["code"], one["error"]["field"])
        for one in answer.json()["results"][3:]
    ]
    assert faults == [(400, "invalid", "code"), (400, "invalid", "code")]
    assert Category.objects.get(code="tea").parent == Category.objects.get(code="food")


def test_articles_are_put_and_listed(send: Call, read: Call) -> None:
    send("categories/batch", {"categories": [
        {"code": "food", "name": "食品"}, {"code": "tea", "name": "茶", "parent": "food"},
    ]})  # fmt: skip
    rows = [
        {"sku": "T1", "name": "铁观音", "category": "tea", "brand": "安溪", "labels": ["New"]},
        {"sku": "B1", "name": "面包", "category": "food"},
        {"sku": "C1", "name": "茶杯"},
        {"sku": "D1", "name": "d", "labels": ["a,b"]},
        {"sku": "E1", "name": "e", "labels": "new"},
        {"sku": "F1", "name": "f", "labels": [{}]},
    ]
    results = send("articles/batch", {"articles": rows}).json()["results"]
    assert [one["status"] for one in results] == [201, 201, 201, 422, 400, 400]
    assert [one["error"]["field"] for one in results[3:]] == ["labels", "labels", "labels[0]"]
    again = send("articles/batch", {"articles": rows[:3]}).json()["results"]
    assert [(one["status"], one["state"]) for one in again] == [(200, "same")] * 3

    assert read().json() == {
        "count": 3,
        "next": None,
        "previous": None,
        "results": [
            {"sku": "B1", "name": "面包", "category": "food", "brand": "", "labels": []},
            {"sku": "C1", "name": "茶杯", "category": None, "brand": "", "labels": []},
            {"sku": "T1", "name": "铁观音", "category": "tea", "brand": "安溪", "labels": ["new"]},
        ],
    }
    for query, skus in (
        ({"sku": "T1"}, ["T1"]),
        ({"category": "food"}, ["B1", "T1"]),
        ({"category": "tea"}, ["T1"]),
        ({"label": "NEW"}, ["T1"]),
        ({"category": "food", "label": "special"}, []),
        ({"page_size": 1, "page": 2}, ["C1"]),
    ):
        assert [one["sku"] for one in read(**query).json()["results"]] == skus, query


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ({"category": "gone"}, 422, "category_unknown", "category"),
        ({"category": "x" * 65}, 400, "invalid", "category"),
        ({"page": 7}, 404, "not_found", None),
    ],
)
def test_a_wrong_question_is_refused(
    read: Call, query: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    answer = read(**query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().get("field") == field


@pytest.mark.parametrize(
    "body",
    [{}, [], {"articles": []}, {"articles": [7]}, {"articles": {}},
     {"articles": [{"sku": "A", "name": "a"}] * 501}],
)  # fmt: skip
def test_a_batch_has_limits(send: Call, body: object) -> None:
    assert send("articles/batch", body).status_code == 400
    assert Article.objects.count() == 0


def test_a_missing_or_wrong_key_is_turned_away(send: Call, client: Client) -> None:
    for path in ("articles/batch", "categories/batch"):
        assert send(path, {}, key="wrong").status_code == 401
    assert client.get("/api/v1/articles").status_code == 401


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_row_and_for_three(
    read: Call, rows: int, django_assert_num_queries: Any
) -> None:
    food = Category.objects.create(code="food", name="食品")
    for n in range(rows):
        Article.objects.create(sku=f"A{n}", name="a", category=food, labels=["new"])
    read()  # notes the use of the key
    with django_assert_num_queries(4):  # key, tree, count, rows
        assert read(category="food", label="new").json()["count"] == rows
