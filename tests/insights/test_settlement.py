"""What stores owe each other for a month's points."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from insights.policies import settlement as policy
from insights.policies.settlement import Moved
from insights.selectors import settlement
from mall.models import Redemption
from mall.services import handover
from members.models import Member
from points.models import LedgerSettings
from points.services import holds, ledger, transfers
from stores.models import Store
from tests.cast import member
from tests.mall import redeeming

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MARCH = date(2026, 3, 1)


@pytest.fixture
def lake() -> Store:
    return Store.objects.create(code="HZ1", name="西湖店")


@pytest.fixture
def bund() -> Store:
    return Store.objects.create(code="SH1", name="=外滩店", ownership="franchise")


@pytest.fixture
def lin() -> Member:
    return member()


def earn(lin: Member, points: int, store: Store | None, at: datetime = NOON) -> None:
    ledger.earn(
        member_id=lin.pk,
        points=points,
        reference=f"e{store and store.pk}:{at}",
        source="api",
        actor="t",
        at=at,
        expires_at=at + timedelta(days=365),
        store_id=None if store is None else store.pk,
    )


def spend(
    lin: Member, points: int, store: Store, reference: str = "s", at: datetime = NOON
) -> None:
    ledger.spend(
        member_id=lin.pk,
        points=points,
        reference=reference,
        source="mall",
        actor="t",
        at=at,
        store_id=store.pk,
    )


def rows(month: date = MARCH) -> list[tuple[str, str, int, int, Decimal]]:
    found = settlement.of_month(month)
    return [
        (row.issuer[:3], row.redeemer[:3], row.due.used, row.due.given_back, row.due.yuan)
        for row in found.rows
    ]


def test_the_issuer_pays_who_took_the_points(lake: Store, bund: Store, lin: Member) -> None:
    earn(lin, 1_000, lake)
    earn(lin, 500, bund, NOON + timedelta(minutes=1))
    spend(lin, 1_200, bund, at=NOON + timedelta(hours=1))

    found = settlement.of_month(MARCH)

    assert rows() == [("西湖店", "=外滩", 1_000, 0, Decimal(10))]
    assert [(row.issuer[:3], row.due.points) for row in found.own] == [("=外滩", 200)]
    assert [(one.store[:3], one.kind, one.party.net) for one in found.totals] == [
        ("西湖店", "直营", Decimal(-10)),
        ("=外滩", "加盟", Decimal(10)),
    ]
    assert rows(date(2026, 4, 1)) == []


def test_returns_are_taken_off_in_their_own_month(lake: Store, bund: Store, lin: Member) -> None:
    earn(lin, 1_000, lake)
    spend(lin, 1_000, bund)
    april = NOON + timedelta(days=31)
    for at, points in ((NOON, 100), (april, 300)):
        ledger.restore(
            member_id=lin.pk,
            spend_reference="s",
            reference=f"r{points}",
            actor="t",
            at=at,
            points=points,
        )

    assert rows() == [("西湖店", "=外滩", 1_000, 100, Decimal(9))]
    assert rows(date(2026, 4, 1)) == [("西湖店", "=外滩", 0, 300, Decimal(-3))]
    nets = [one.party.net for one in settlement.of_month(date(2026, 4, 1)).totals]
    assert nets == [3, -3]


def test_held_points_count_when_they_are_used(lake: Store, bund: Store, lin: Member) -> None:
    earn(lin, 1_000, lake)
    for name in ("h1", "h2"):
        holds.hold(
            member_id=lin.pk,
            points=400,
            reference=name,
            source="checkout",
            actor="t",
            at=NOON,
            until=NOON + timedelta(days=60),
            store_id=bund.pk,
        )
    assert rows() == []
    april = NOON + timedelta(days=31)
    order: dict[str, Any] = {"member_id": lin.pk, "actor": "t", "at": april}
    holds.capture(hold_reference="h1", reference="c", **order)
    holds.release(hold_reference="h2", reference="r", **order)

    assert rows() == []
    assert rows(date(2026, 4, 1)) == [("西湖店", "=外滩", 400, 0, Decimal(4))]
    ledger.restore(spend_reference="h1", reference="back", **order)
    assert rows(date(2026, 4, 1)) == [("西湖店", "=外滩", 400, 400, Decimal(0))]


def test_points_without_a_store_are_head_offices_and_gifts_stay_their_issuers(
    lake: Store, bund: Store, lin: Member
) -> None:
    friend = member("13800138002", "陈大明")
    earn(lin, 100, lake)
    transfers.transfer(
        from_member_id=lin.pk,
        to_member_id=friend.pk,
        points=100,
        reference="gift",
        actor="t",
        at=NOON,
    )
    earn(friend, 50, None, NOON + timedelta(minutes=1))
    spend(friend, 150, bund, at=NOON + timedelta(hours=1))

    assert rows() == [
        ("总部", "=外滩", 50, 0, Decimal("0.50")),
        ("西湖店", "=外滩", 100, 0, Decimal(1)),
    ]


def test_the_month_is_shanghais(lake: Store, bund: Store, lin: Member) -> None:
    earn(lin, 100, lake, NOON - timedelta(days=9))
    spend(lin, 10, bund, "a", datetime(2026, 2, 28, 15, 59, tzinfo=UTC))
    spend(lin, 20, bund, "b", datetime(2026, 2, 28, 16, 0, tzinfo=UTC))

    assert [row[2] for row in rows(date(2026, 2, 1))] == [10]
    assert [row[2] for row in rows()] == [20]


def test_each_pair_is_rounded_and_all_nets_are_nothing() -> None:
    moved = [Moved(1, 2, 20, 0), Moved(2, 1, 50, 0), Moved(None, 2, 10, 5), Moved(2, 2, 9, 0)]

    found = policy.dues(moved, points_per_yuan=30)
    parties = policy.parties(found)

    assert [one.yuan for one in found[:3]] == [Decimal("0.67"), Decimal("1.67"), Decimal("0.17")]
    assert [one.store for one in parties] == [None, 1, 2]
    assert sum(one.net for one in parties) == 0


def _staff(*rights: str) -> Client:
    user = User.objects.create_user("finance", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def test_the_page_and_the_file(lake: Store, bund: Store, lin: Member) -> None:
    LedgerSettings.objects.create(points_per_yuan=50)
    earn(lin, 1_000, lake)
    spend(lin, 1_000, bund)
    client = _staff("view_storesettlement")

    page = client.get("/admin/insights/storesettlement/?month=2026-03").content.decode()
    file = client.get("/admin/insights/storesettlement/csv/?month=2026-03")
    text = b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]  # a stream

    assert "¥20.00" in page
    assert "settlement-2026-03.csv" in file["Content-Disposition"]
    lines = text.lstrip("\ufeff").splitlines()
    assert lines[1] == "2026-03,西湖店 (HZ1),own,'=外滩店 (SH1),franchise,1000,0,1000,20.00"
    assert lines[-2:] == [
        "西湖店 (HZ1),own,0,20.00,-20.00",
        "'=外滩店 (SH1),franchise,20.00,0,20.00",
    ]
    for address in ("", "csv/"):
        assert client.get(f"/admin/insights/storesettlement/{address}?month=x").status_code == 404


def test_nobody_sees_it_without_the_right() -> None:
    client = _staff("view_store")
    for address in ("", "csv/"):
        assert client.get(f"/admin/insights/storesettlement/{address}").status_code == 403


@pytest.mark.parametrize("pairs", [1, 3])
def test_its_queries_are_as_many_for_one_pair_as_for_three(
    lake: Store, lin: Member, pairs: int
) -> None:
    earn(lin, 1_000, lake)
    for n in range(pairs):
        store = Store.objects.create(code=f"S{n}", name=f"S{n}")
        spend(lin, 10, store, f"s{n}")

    with CaptureQueriesContext(connection) as seen:
        assert len(settlement.of_month(MARCH).rows) == pairs

    assert len(seen) == 6


def test_a_voucher_counts_where_it_was_used(lake: Store, bund: Store, lin: Member) -> None:
    earn(lin, 1_000, lake)
    service = redeeming.reward(kind="service", can_pick_up=False, left=None, points=300)
    order = redeeming.placed(lin, service, at=NOON + timedelta(hours=1))
    assert [row[:4] for row in rows()] == [("西湖店", "总部", 300, 0)]
    april = NOON + timedelta(days=31)
    Redemption.objects.filter(pk=order.pk).update(use_by=april + timedelta(days=1))
    code = handover.code_of(order, at=april)
    assert code is not None
    digits = code.digits
    handover.hand_over(code=digits, store_id=bund.pk, scanner="s", actor="s", at=april)
    assert rows() == [("西湖店", "总部", 300, 0, Decimal("3.00"))]
    assert rows(date(2026, 4, 1)) == [
        ("西湖店", "总部", 0, 300, Decimal("-3.00")),
        ("西湖店", "=外滩", 300, 0, Decimal("3.00")),
    ]
