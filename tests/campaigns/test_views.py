"""The rules page, its versions and differences: for anybody, in both languages, without writing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import RulebookEdition
from campaigns.policies.programs import RuleTerms
from campaigns.services import editions, rules
from points.services import settings
from tests.campaigns.conftest import NOON, draft, published

pytestmark = pytest.mark.django_db
MEMBER_DAY = RuleTerms(
    key="day",
    name="会员日",
    name_en="Member day",
    effect="multiplier",
    factor=Decimal(2),
    conditions=[{"kind": "weekday", "in": [4]}],
)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def read(client: Client, address: str, language: str = "zh-hans", status: int = 200) -> str:
    answer = client.get(address, headers={"accept-language": language})
    assert answer.status_code == status, address
    return str(answer.content.decode())


def coming(days: int = 9) -> None:
    version = draft(
        MEMBER_DAY,
        starts_at=NOON + timedelta(days=days),
        announcement="会员日来了 <b>!</b>",
        announcement_en="Here comes the member day",
    )
    rules.publish(version=version, by=None, now=NOON, reason="x", short_notice_reason="x")


def test_before_the_first_version_the_page_says_so(client: Client) -> None:
    assert "暂无生效的积分细则" in read(client, "/rules/")
    assert "暂无生效的积分细则" in read(client, "/rules/versions/")


def test_the_page_says_what_holds_since_when_and_where_it_stays(client: Client) -> None:
    published(MEMBER_DAY, points=10, block_yuan=100, method="block")

    page = read(client, "/rules/")
    assert "v1" in page
    assert "2025-05-10 12:00 起生效" in page
    assert "基础积分：每消费满 100 元得 10 分；下列规则另有规定的，按规则计分。" in page
    assert "例：消费 ¥250 → 20 分" in page
    assert "每周四，积分 × 2。" in page
    assert "例：消费 ¥250 → 共 40 分，其中按本规则 20 分" in page
    assert "http://testserver/rules/v1/" in page
    english = read(client, "/rules/", "en")
    assert "On Thursdays, points × 2." in english
    assert "Member day" in english


def test_the_preface_stands_on_top_as_plain_text(client: Client) -> None:
    published(preface="第一段 <script>alert(1)</script>\r\n\r\n第二段")

    page = read(client, "/rules/")
    assert "<p>第一段 &lt;script&gt;alert(1)&lt;/script&gt;</p><p>第二段</p>" in page
    assert page.index("第二段") < page.index("积分获取")


def test_what_comes_is_announced_with_its_day_and_its_changes(client: Client) -> None:
    published()
    coming()

    page = read(client, "/rules/")
    assert "2026-03-15 12:00 起：v2" in page
    assert "会员日来了 &lt;b&gt;!&lt;/b&gt;" in page
    assert "<ins>每周四，积分 × 2。</ins>" in page
    assert "Here comes the member day" in read(client, "/rules/", "en")
    assert "尚未生效" in read(client, "/rules/v2/")


def test_each_edition_keeps_its_address(client: Client) -> None:
    published()
    settings.set_worth(points_per_yuan=250, at=NOON)

    assert "250 分折合 1 元" in read(client, "/rules/")
    assert "100 分折合 1 元" in read(client, "/rules/v1/")
    assert "已失效" in read(client, "/rules/v1/")
    assert "250 分折合 1 元" in read(client, "/rules/v1.1/")
    changes = read(client, "/rules/v1.1/changes/")
    assert "<del>100 分折合 1 元。</del>" in changes
    assert "<ins>250 分折合 1 元。</ins>" in changes


def test_two_editions_can_be_compared(client: Client) -> None:
    published()
    coming()

    assert "这是第一版" in read(client, "/rules/v1/changes/")
    assert "<ins>每周四，积分 × 2。</ins>" in read(client, "/rules/v2/changes/")
    assert "<del>每周四，积分 × 2。</del>" in read(client, "/rules/v1/changes/?from=v2")
    assert "内容没有变化" in read(client, "/rules/v1/changes/?from=v1")


@pytest.mark.parametrize(
    "address",
    [
        "/rules/v9/",
        "/rules/v1.7/",
        "/rules/v0/",
        "/rules/v1.0/",
        "/rules/1/",
        "/rules/v99999999999999999999/",
        "/rules/v9/changes/",
        "/rules/v1/changes/?from=v9",
        "/rules/versions/?page=2",
        "/rules/versions/?page=x",
        "/rules/versions/?page=²",
        "/rules/versions/?page=0",
    ],
)
def test_what_there_is_not_is_404(client: Client, address: str) -> None:
    published()
    draft(name="secret")

    read(client, address, status=404)


def test_a_draft_is_nobodys_business(client: Client) -> None:
    version = draft(MEMBER_DAY)

    read(client, "/rules/v0/", status=404)
    read(client, "/rules/vNone/", status=404)
    assert "会员日" not in read(client, "/rules/")
    assert version.number is None


def test_the_versions_are_listed_in_pages(client: Client) -> None:
    published()
    for points_per_yuan in range(101, 123):
        settings.set_worth(points_per_yuan=points_per_yuan, at=NOON)

    first = read(client, "/rules/versions/")
    second = read(client, "/rules/versions/?page=2")
    assert "v1.22<" in first
    assert "现行" in first
    assert first.count('class="settings__row"') == 20
    assert second.count('class="settings__row"') == 3


def test_no_page_writes(client: Client) -> None:
    published()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("DROP TRIGGER campaigns_edition_stands_DELETE")
        cursor.execute("DELETE FROM campaigns_rulebookedition")

    # Made of the configuration as it is, where nothing has been kept yet.
    for address in ("/rules/", "/rules/v1/", "/rules/v1/changes/", "/rules/versions/"):
        read(client, address)
    assert not RulebookEdition.objects.exists()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        # The timetable, the version, its edition; the versions to come, and their editions.
        ("/rules/", 5),
        # The edition; whether it is the one in force.
        ("/rules/v1/", 4),
        ("/rules/v2/changes/", 2),
        # How many, and a page of them; which is in force.
        ("/rules/versions/", 5),
    ],
)
@pytest.mark.parametrize("rules_and_versions", [1, 3])
def test_the_pages_ask_as_often_for_many(
    client: Client, address: str, expected: int, rules_and_versions: int
) -> None:
    published(*(replace(MEMBER_DAY, key=f"r{n}") for n in range(rules_and_versions)))
    for n in range(rules_and_versions):
        coming(9 + n)
    read(client, address)  # a process compiles a version once

    with CaptureQueriesContext(connection) as seen:
        read(client, address)

    assert len(seen) == expected, [query["sql"] for query in seen]
    assert not editions.record(NOON)


def test_member_and_guest_find_the_page(client: Client) -> None:
    assert 'href="/rules/"' in read(client, "/")
