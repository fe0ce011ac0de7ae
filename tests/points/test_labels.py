"""Codes of entries in words."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from members.models import Member
from points.selectors import labels
from stores.models import Store
from stores.services import api_keys
from tests.points.conftest import NOON, make_member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("code", "chinese", "english"),
    [
        ("expiry", "到期清零", "expiry"),
        ("adjustment", "人工调整", "adjustment by hand"),
        ("api", "小票（门店上传）", "receipt, sent by the store"),
        ("something-new", "something-new", "something-new"),
    ],
)
def test_source_in_the_readers_language(code: str, chinese: str, english: str) -> None:
    assert labels.source(code) == chinese
    with translation.override("en"):
        assert labels.source(code) == english


def test_actors_by_name(lin: Member) -> None:
    wang = User.objects.create_user("wang", last_name="王", first_name="芳")
    ann = User.objects.create_user("ann", last_name="Lee", first_name="Ann")
    key = api_keys.issue(store=Store.objects.create(code="HZ1"), name="1 号机", now=NOON).key
    assert labels.actors(
        [
            "system",
            f"staff:{wang.pk}",
            "ann",
            f"key:{key.prefix}",
            f"member:{lin.pk}",
            "till:HZ01",
            "import_receipts",
        ]
    ) == {
        "system": "系统",
        f"staff:{wang.pk}": "王芳",
        "ann": "Ann Lee",
        f"key:{key.prefix}": "门店密钥“1 号机”",
        f"member:{lin.pk}": "会员 林小雨",
        "till:HZ01": "门店 HZ01 的收银机",
        "import_receipts": "命令行导入",
    }
    assert ann.pk != wang.pk


@pytest.mark.parametrize(
    "code",
    [
        "",
        "nobody",
        "staff:0",
        "staff:",
        "staff:³",
        "staff:" + "9" * 40,
        "member:x",
        "key:",
        "a:b:c",
    ],
)
def test_unknown_actor_is_shown_as_it_is(code: str) -> None:
    assert labels.actor(code) == code


@pytest.mark.parametrize("people", [1, 3])
def test_queries_do_not_grow_with_the_actors(people: int, django_assert_num_queries: Any) -> None:
    codes = [f"staff:{User.objects.create_user(f's{n}').pk}" for n in range(people)]
    codes += [f"member:{make_member(f'm{n}').pk}" for n in range(people)]
    with django_assert_num_queries(2):
        labels.actors(codes)
    with django_assert_num_queries(0):
        labels.actors(["system"])
