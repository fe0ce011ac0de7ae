from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from points.api import serializers
from points.models import Entry
from points.selectors.entries import SHOWN_MAX
from points.services import accounts, holds, ledger
from tests import cast

pytestmark = pytest.mark.django_db
AUTHENTICATION = 1


def test_balance() -> None:
    lin = cast.member()
    now = timezone.now()
    cast.earned(lin, 100, expires_at=now + timedelta(days=10))
    cast.earned(lin, 40, usable_at=now + timedelta(days=7))
    cast.spent(lin, 30)
    answer = cast.program_of(lin).get("/api/v1/me/points").json()
    assert answer["available"] == 70
    assert answer["pending"] == 40
    assert answer["expiring"] == 70
    assert answer["next_expiry"]["points"] == 70
    assert datetime.fromisoformat(answer["at"]).utcoffset() == timedelta(hours=8)
    assert set(answer) == set(serializers.PointsSerializer().fields)


def test_entry_explains_itself_in_the_callers_language() -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    now = timezone.now()
    accounts.freeze(member_id=lin.pk, reason="核查", reference="f", actor="staff:1", at=now)
    chinese = cast.program_of(lin).get("/api/v1/me/entries").json()["results"]
    english = cast.program_of(lin, **{"Accept-Language": "en"}).get("/api/v1/me/entries").json()
    assert chinese[0]["sentence"] == "原因：核查"
    assert english["results"][0]["sentence"] == "Reason: 核查"
    assert chinese[0]["explanation"] == {"reason": "核查"}
    assert (chinese[0]["source"], chinese[0]["source_label"]) == ("status", "账户状态变更")
    assert english["results"][0]["source_label"] == "status of the account"
    assert set(chinese[0]) == set(serializers.EntrySerializer().fields)


def test_entries_page_by_cursor() -> None:
    lin = cast.member()
    for points in range(1, 8):
        cast.earned(lin, points)
    client = cast.program_of(lin)
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"page_size": "3", **({"cursor": cursor} if cursor else {})}
        page = client.get("/api/v1/me/entries", query).json()
        seen += [row["points"] for row in page["results"]]
        cursor = page["next_cursor"]
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_entries_by_kind_and_period() -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    cast.spent(lin, 10)
    client = cast.program_of(lin)

    def kinds(**query: Any) -> list[str]:
        results = client.get("/api/v1/me/entries", query).json()["results"]
        return [row["kind"] for row in results]

    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    assert kinds(kind="spend") == ["spend"]
    assert kinds(kind=["spend", "earn"]) == ["spend", "earn"]
    assert kinds(**{"from": tomorrow}) == []
    assert kinds(to=tomorrow) == ["spend", "earn"]


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"cursor": "0"},
        {"cursor": "-1"},
        {"cursor": "9" * 30},
        {"cursor": "9" * 5000},
        {"cursor": "cD0yMDI2"},
        {"page_size": "0"},
        {"page_size": "101"},
        {"page_size": "1e309"},
        {"kind": "gift"},
        {"from": "yesterday"},
        {"to": "2026-13-01"},
    ],
)
def test_forged_query_is_refused_at_its_field(query: dict[str, str]) -> None:
    answer = cast.program_of(cast.member()).get("/api/v1/me/entries", query)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert answer.json()["field"] == next(iter(query))


def test_entry_with_the_lots_it_used() -> None:
    lin = cast.member()
    now = timezone.now()
    late = cast.earned(lin, 50, expires_at=now + timedelta(days=90))
    soon = cast.earned(lin, 50, expires_at=now + timedelta(days=9))
    spend = cast.spent(lin, 70)
    client = cast.program_of(lin)
    used = client.get(f"/api/v1/me/entries/{spend.entry_id}").json()
    assert [use["points"] for use in used["uses"]] == [50, 20]
    assert set(used) == set(serializers.EntryDetailSerializer().fields)
    granted = client.get(f"/api/v1/me/entries/{soon.entry_id}").json()
    assert [(lot["granted"], lot["remaining"]) for lot in granted["lots"]] == [(50, 0)]
    assert set(granted["lots"][0]) == set(serializers.LotSerializer().fields)
    assert set(used["uses"][0]) == set(serializers.LotUseSerializer().fields)
    lots = client.get("/api/v1/me/lots").json()["results"]
    assert [(lot["entry"], lot["remaining"]) for lot in lots] == [(late.entry_id, 30)]


def test_entry_of_many_lots_is_cut_and_counted() -> None:
    lin = cast.member()
    for _n in range(SHOWN_MAX + 3):
        cast.earned(lin, 1)
    spend = cast.spent(lin, SHOWN_MAX + 3)
    used = cast.program_of(lin).get(f"/api/v1/me/entries/{spend.entry_id}").json()
    assert (len(used["uses"]), used["uses_total"]) == (SHOWN_MAX, SHOWN_MAX + 3)
    assert (used["lots"], used["lots_total"]) == ([], 0)


def test_lots_page_in_the_order_of_use() -> None:
    lin = cast.member()
    now = timezone.now()
    for days in (30, 10, 20):
        cast.earned(lin, days, expires_at=now + timedelta(days=days))
    cast.earned(lin, 1, expires_at=None)
    client = cast.program_of(lin)
    first = client.get("/api/v1/me/lots", {"page_size": 3}).json()
    second = client.get("/api/v1/me/lots", {"page_size": 3, "cursor": first["next_cursor"]}).json()
    assert [lot["remaining"] for lot in first["results"]] == [10, 20, 30]
    assert [lot["expires_at"] for lot in second["results"]] == [None]
    assert second["next_cursor"] is None


def test_other_peoples_entries_do_not_exist() -> None:
    lin, chen = cast.member(), cast.member("13900139000", "陈大明")
    entry = cast.earned(lin, 100)
    client = cast.program_of(chen)
    assert client.get(f"/api/v1/me/entries/{entry.entry_id}").status_code == 404
    assert client.get("/api/v1/me/entries/99999999999999999999").status_code == 404
    assert client.get("/api/v1/me/entries").json()["results"] == []


@pytest.mark.parametrize("entries", [1, 3, 20])
def test_balance_and_entries_are_two_queries(entries: int, django_assert_num_queries: Any) -> None:
    lin = cast.member()
    for _n in range(entries):
        cast.earned(lin, 10)
    client = cast.program_of(lin)
    with django_assert_num_queries(AUTHENTICATION + 1):
        assert client.get("/api/v1/me/points").json()["available"] == 10 * entries
    with django_assert_num_queries(AUTHENTICATION + 1):
        assert len(client.get("/api/v1/me/entries").json()["results"]) == entries


@pytest.mark.parametrize("lots", [1, 3])
def test_lots_are_one_query_and_an_entry_three(lots: int, django_assert_num_queries: Any) -> None:
    lin = cast.member()
    for _n in range(lots):
        cast.earned(lin, 10)
    spend = cast.spent(lin, 10 * lots - 1)
    client = cast.program_of(lin)
    with django_assert_num_queries(AUTHENTICATION + 1):
        client.get("/api/v1/me/lots")
    with django_assert_num_queries(AUTHENTICATION + 3):
        assert len(client.get(f"/api/v1/me/entries/{spend.entry_id}").json()["uses"]) == lots


def test_every_kind_can_be_shown() -> None:
    """Whatever happens to points, the API has a form for it."""
    lin = cast.member()
    now = timezone.now()
    cast.earned(lin, 500)
    common: dict[str, Any] = {"member_id": lin.pk, "actor": "test", "at": now}
    holds.hold(**common, points=50, reference="h1", source="pos", until=now + timedelta(hours=1))
    holds.capture(**common, hold_reference="h1", reference="c1")
    cast.spent(lin, 100, reference="s1")
    ledger.restore(**common, spend_reference="s1", reference="r1", points=40)
    rows = cast.program_of(lin).get("/api/v1/me/entries").json()["results"]
    assert [row["kind"] for row in rows] == ["restore", "spend", "capture", "hold", "earn"]
    assert [row["relates_to"] for row in rows][2] == rows[3]["id"]
    assert Entry.objects.count() == 5
