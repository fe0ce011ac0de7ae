"""Rewards, shelves and stock in the back office."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import Settings

from config import roles
from mall.models import MallSettings, Reward, RewardCategory, Shelf, StockMovement, VirtualCode
from mall.selectors import search as searching
from tests.mall import shelving

pytestmark = pytest.mark.django_db
REWARDS = "/admin/mall/reward/"
STOCK = "/admin/mall/variant/"


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def picture(size: tuple[int, int] = (1200, 900)) -> SimpleUploadedFile:
    target = BytesIO()
    Image.new("RGB", size, "teal").save(target, format="PNG")
    return SimpleUploadedFile("我的图.png", target.getvalue())


def form(**more: Any) -> dict[str, Any]:
    """What the page of a new reward sends."""
    content = {
        "kind": "physical",
        "code": "tote",
        "name": "帆布袋",
        "points": "600",
        "money": "0",
        "cost": "4.50",
        "market_value": "9.90",
        "position": "100",
        "spend_days": "365",
        "order_max": "10",
        "can_ship": "on",
        "freight": "0",
        "voucher_days": "30",
        "return_days": "7",
        "cancel_hours": "24",
        "low_stock": "10",
        "description": "第一段\n\n第二段<script>",
        "variants-TOTAL_FORMS": "1",
        "variants-INITIAL_FORMS": "0",
        "variants-0-sku": "BAG-1",
        "variants-0-extra_points": "0",
        "variants-0-extra_money": "0",
        "variants-0-is_counted": "on",
        "variants-0-is_on": "on",
        "variants-0-position": "100",
        "prices-TOTAL_FORMS": "0",
        "prices-INITIAL_FORMS": "0",
        "pictures-TOTAL_FORMS": "0",
        "pictures-INITIAL_FORMS": "0",
    }
    return content | more


def errors_of(answer: Any) -> dict[str, Any]:
    found = dict(answer.context["adminform"].form.errors)
    for one in answer.context["inline_admin_formsets"]:
        for errors in one.formset.errors:
            found |= errors
    return found


def test_a_reward_with_everything_is_made_on_one_page(admin_client: Client) -> None:
    answer = admin_client.post(
        f"{REWARDS}add/",
        form(
            **{
                "prices-TOTAL_FORMS": "1",
                "prices-0-segment": "vip",
                "prices-0-points": "500",
                "prices-0-money": "0",
                "pictures-TOTAL_FORMS": "1",
                "pictures-0-file": picture(),
                "pictures-0-words": "米白色的帆布袋",
                "pictures-0-position": "1",
            }
        ),
    )
    assert answer.status_code == 302, errors_of(answer)
    reward = Reward.objects.get(code="tote")
    assert (reward.state, reward.created_at.date()) == ("draft", timezone.now().date())
    assert reward.description == "<p>第一段</p><p>第二段</p>"
    assert [price.points for price in reward.prices.all()] == [500]
    shown = reward.pictures.get()
    assert (shown.width, shown.height, shown.words) == (960, 720, "米白色的帆布袋")
    name = shown.path.removeprefix("rewards/")
    for width in (320, 640, 960):
        sent = admin_client.get(f"/mall/pictures/{name}-{width}.webp")
        assert "immutable" in sent["Cache-Control"]
        with Image.open(BytesIO(sent.content)) as made:
            assert (made.format, made.size[0]) == ("WEBP", width)
    assert admin_client.get(f"/mall/pictures/{name}-100.webp").status_code == 404
    page = admin_client.get(f"{REWARDS}{reward.pk}/change/").content.decode()
    assert f"{name}-320.webp" in page
    found = searching.matching(Reward.objects.all(), searching.question("帆布"))
    assert found.get() == reward
    assert LogEntry.objects.filter(object_id=str(reward.pk)).count() == 1


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"points": "0"}, {"points"}),
        ({"points": str(2**63)}, {"points"}),
        ({"points": "1e309"}, {"points"}),
        ({"money": "-1"}, {"money"}),
        ({"money": "1e309"}, {"money"}),
        ({"code": "Böse Code"}, {"code"}),
        ({"name": ""}, {"name"}),
        ({"is_by_invitation": "on"}, {"segment"}),
        ({"segment": "nobody"}, {"segment"}),
        ({"variants-0-sku": ""}, {"sku"}),
        ({"description": "字" * 20_001}, {"description"}),
        (
            {
                "starts_at_0": "2026-01-02",
                "starts_at_1": "00:00",
                "ends_at_0": "2026-01-01",
                "ends_at_1": "00:00",
            },
            {"ends_at"},
        ),
        (
            {
                "prices-TOTAL_FORMS": "1",
                "prices-0-segment": "vip",
                "prices-0-points": "601",
                "prices-0-money": "0",
            },
            {"points"},
        ),
        (
            {"prices-TOTAL_FORMS": "1", "prices-0-points": "5", "prices-0-money": "0"},
            {"__all__"},
        ),
        (
            {
                "pictures-TOTAL_FORMS": "1",
                "pictures-0-file": SimpleUploadedFile("x.svg", b"<svg onload=alert(1)>"),
                "pictures-0-position": "1",
            },
            {"file"},
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    admin_client: Client, changes: dict[str, Any], wrong: set[str]
) -> None:
    answer = admin_client.post(f"{REWARDS}add/", form(**changes))
    assert answer.status_code == 200
    assert set(errors_of(answer)) == wrong
    assert not Reward.objects.exists()


def test_only_what_is_complete_comes_on_the_shelf(admin_client: Client) -> None:
    reward = shelving.reward(state="draft", listed_at=None, stock=-1, can_ship=False)
    address = f"{REWARDS}{reward.pk}/put-on/"
    answer = admin_client.post(address)
    assert answer.status_code == 200
    reward.refresh_from_db()
    assert reward.state == "draft"
    shelving.variant(reward)
    Reward.objects.filter(pk=reward.pk).update(can_pick_up=True)
    assert admin_client.post(address).status_code == 302
    reward.refresh_from_db()
    assert (reward.state, reward.listed_at is None) == ("on", False)
    assert admin_client.post(f"{REWARDS}{reward.pk}/take-down/").status_code == 302
    reward.refresh_from_db()
    assert reward.state == "off"
    assert LogEntry.objects.filter(object_id=str(reward.pk)).count() == 2


def test_a_price_that_gives_away_too_much_is_told(admin_client: Client) -> None:
    reward = shelving.reward(points=300, cost=Decimal("4.50"), state="draft")
    for path in (f"{REWARDS}{reward.pk}/change/", f"{REWARDS}{reward.pk}/put-on/"):
        assert "150.0" in admin_client.get(path).content.decode()
    assert "150.0 %" in admin_client.get(f"{REWARDS}?margin=over").content.decode()
    Reward.objects.filter(pk=reward.pk).update(points=450)
    assert "帆布袋" not in admin_client.get(f"{REWARDS}?margin=over").content.decode()
    MallSettings.objects.create(pk=1, target_margin=Decimal(50))
    assert "帆布袋" in admin_client.get(f"{REWARDS}?margin=over").content.decode()


def test_lists_ask_as_much_for_three_as_for_one(admin_client: Client) -> None:
    tea = RewardCategory.objects.create(code="tea", name="茶")
    low = Shelf.objects.create(code="low", name="入门")

    def queries(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert admin_client.get(address).status_code == 200
        return len(caught)

    shelving.reward(category=tea, shelf=low)
    before = [queries(address) for address in (REWARDS, STOCK, f"{REWARDS}?stock=low")]
    for _ in range(2):
        shelving.reward(category=tea, shelf=low)
    assert [queries(a) for a in (REWARDS, STOCK, f"{REWARDS}?stock=low")] == before


def test_lists_say_stock_and_share_of_cost(admin_client: Client) -> None:
    shelving.reward(stock=4321, points=1000, cost=Decimal(5))
    assert "4,321" in admin_client.get(STOCK).content.decode()
    page = admin_client.get(REWARDS).content.decode()
    assert "4,321" in page
    assert "50.0 %" in page


def test_low_stock_is_found(admin_client: Client) -> None:
    for name, stock in (("多多", 11), ("少少", 10), ("没有", 0), ("不计", None)):
        shelving.reward(name, stock=stock)
    for address in (REWARDS, STOCK):
        low = admin_client.get(f"{address}?stock=low").content.decode()
        assert [name in low for name in ("多多", "少少", "没有", "不计")] == [
            *(False, True, True, False),
        ]
        none = admin_client.get(f"{address}?stock=none").content.decode()
        assert [name in none for name in ("少少", "没有")] == [False, True]


def test_pieces_come_in_and_are_written_off(admin_client: Client) -> None:
    variant = shelving.reward(stock=5).variants.get()
    address = f"{STOCK}{variant.pk}"
    assert admin_client.post(f"{address}/restock/", {"quantity": 7}).status_code == 302
    assert admin_client.post(f"{address}/write-off/", {"quantity": 2}).status_code == 200
    content = {"quantity": 13, "note": "受潮"}
    assert admin_client.post(f"{address}/write-off/", content).status_code == 200
    content["quantity"] = 2
    assert admin_client.post(f"{address}/write-off/", content).status_code == 302
    for wrong in ("0", "-1", str(2**63), "1e309", "x", ""):
        assert admin_client.post(f"{address}/restock/", {"quantity": wrong}).status_code == 200
    variant.refresh_from_db()
    assert (variant.remaining, variant.written_off, variant.stocked) == (10, 2, 12)
    moves = StockMovement.objects.order_by("pk").values_list("kind", "remaining_after", "note")
    assert list(moves) == [("restock", 12, ""), ("write_off", 10, "受潮")]
    history = admin_client.get(f"/admin/mall/stockmovement/?q={variant.sku}").content.decode()
    assert "受潮" in history


def workbook(*values: str) -> bytes:
    import openpyxl

    book, target = openpyxl.Workbook(), BytesIO()
    for value in values:
        book.active.append([value])  # type: ignore[union-attr]  # a new book has a sheet
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("codes.csv", b"AAA-1\nBBB-2\n\nAAA-1\n"),
        ("codes.txt", "\ufeffAAA-1\r\nBBB-2\r\n".encode()),
        ("codes.xlsx", workbook("AAA-1", "BBB-2")),
    ],
)
def test_codes_are_brought_in_by_file(admin_client: Client, name: str, content: bytes) -> None:
    variant = shelving.reward(kind="virtual", stock=0).variants.get()
    sent = {"name": "一批", "file": SimpleUploadedFile(name, content)}
    answer = admin_client.post(f"{STOCK}{variant.pk}/codes/", sent)
    assert answer.status_code == 302, answer.context["form"].errors
    again = {"name": "二批", "codes": "AAA-1\nCCC-3"}
    assert admin_client.post(f"{STOCK}{variant.pk}/codes/", again).status_code == 302
    variant.refresh_from_db()
    assert (variant.remaining, VirtualCode.objects.count()) == (3, 3)
    assert b"AAA-1" not in bytes(VirtualCode.objects.earliest("pk").secret)
    assert "AAA-1" not in str(LogEntry.objects.values())


def test_codes_that_cannot_be_are_refused(admin_client: Client) -> None:
    variant = shelving.reward(kind="virtual", stock=0).variants.get()
    goods = shelving.reward().variants.get()
    for pk, content in (
        (variant.pk, {"name": "x"}),
        (variant.pk, {"name": "x", "codes": "  \n "}),
        (variant.pk, {"name": "x", "codes": "x" * 501}),
        (variant.pk, {"name": "x", "file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04broken")}),
        (goods.pk, {"name": "x", "codes": "AAA"}),
    ):
        assert admin_client.post(f"{STOCK}{pk}/codes/", content).status_code == 200
    assert not VirtualCode.objects.exists()


def test_shelves_and_categories(admin_client: Client) -> None:
    content = {"code": "gold", "name": "金卡专享", "position": "2", "is_on": "on"}
    assert admin_client.post("/admin/mall/shelf/add/", content).status_code == 302
    assert admin_client.post("/admin/mall/rewardcategory/add/", content).status_code == 302
    category = RewardCategory.objects.get()
    reward = shelving.reward(category=category)
    content["name"] = "精选"
    address = f"/admin/mall/rewardcategory/{category.pk}/change/"
    assert admin_client.post(address, content).status_code == 302
    found = searching.matching(Reward.objects.all(), searching.question("精选"))
    assert found.get() == reward
    assert admin_client.get("/admin/mall/mallsettings/").status_code == 302


def test_roles(client: Client) -> None:
    """Operations change the catalogue, managers its stock, support looks; the till neither."""
    roles.ensure()
    reward = shelving.reward()
    change = f"{REWARDS}{reward.pk}/change/"
    seen = {}
    for role in ("运营", "店长", "客服", "收银"):
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        seen[role] = (
            client.get(change).status_code,
            client.post(f"{REWARDS}{reward.pk}/take-down/").status_code,
            client.get(f"{STOCK}{reward.variants.get().pk}/restock/").status_code,
        )
    assert seen == {
        "运营": (200, 302, 200),
        "店长": (200, 403, 200),
        "客服": (200, 403, 403),
        "收银": (403, 403, 403),
    }


def test_the_proposal_is_told_in_steps(admin_client: Client) -> None:
    reward = shelving.reward(
        stock=90,
        cost=Decimal(12),
        market_value=Decimal(20),
        popularity=10,
        listed_at=timezone.now() - timedelta(days=60),
    )
    page = admin_client.get(f"{REWARDS}{reward.pk}/change/").content.decode()
    assert "1,600" in page


def test_a_page_has_what_its_kind_has(admin_client: Client) -> None:
    names = ("can_ship", "partner_unit", "coupon_template", "cancel_hours", "variants-0-place")
    seen = {}
    for kind in ("physical", "partner", "coupon", "experience"):
        reward = shelving.reward(kind=kind)
        page = admin_client.get(f"{REWARDS}{reward.pk}/change/").content.decode()
        seen[kind] = [name for name in names if f'name="{name}' in page]
    assert seen == {
        "physical": ["can_ship"],
        "partner": ["partner_unit"],
        "coupon": ["coupon_template"],
        "experience": ["cancel_hours", "variants-0-place"],
    }


def test_a_change_keeps_what_the_page_does_not_show(admin_client: Client) -> None:
    admin_client.post(f"{REWARDS}add/", form(partner="云岭航空"))
    reward = Reward.objects.get()
    variant = reward.variants.get()
    content = form(name="新布袋") | {
        "variants-INITIAL_FORMS": "1",
        "variants-0-id": str(variant.pk),
        "variants-0-reward": str(reward.pk),
    }
    answer = admin_client.post(f"{REWARDS}{reward.pk}/change/", content)
    assert answer.status_code == 302, errors_of(answer)
    reward.refresh_from_db()
    assert (reward.name, reward.partner, reward.can_ship) == ("新布袋", "云岭航空", True)
    assert reward.variants.count() == 1
