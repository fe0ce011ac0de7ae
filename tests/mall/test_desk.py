"""The fulfilment desk in the back office."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from config import roles
from mall.models import Redemption, RedemptionReturn, Refund
from mall.services import progress, returns
from mall.services.slips import slips
from members.models import AccessLog
from points.selectors import balance
from tests import cast
from tests.mall import redeeming

pytestmark = pytest.mark.django_db

LIST = "/admin/mall/redemption/"
STATE = Redemption.State


@pytest.fixture
def orders() -> Any:
    """Three parcels of one member."""
    person = redeeming.rich()
    reward = redeeming.reward(can_ship=True, can_pick_up=False)
    home = redeeming.address(person)
    return [redeeming.placed(person, reward, address_id=home.pk) for _nth in range(3)]


def page_of(order: Any) -> Any:
    return f"{LIST}{order.pk}/change/"


def staff(role: Any) -> Any:
    roles.ensure()
    user = User.objects.create_user(f"u-{role}", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def act(client: Any, name: Any, orders: Any) -> Any:
    data = {"action": name, "_selected_action": [order.pk for order in orders]}
    return client.post(LIST, data)


def test_confirm_many(admin_client: Any, orders: Any) -> None:
    progress.confirm(redemption_id=orders[0].pk, actor="staff:9", at=timezone.now())
    progress.cancel(redemption_id=orders[1].pk, actor="staff:9", at=timezone.now(), note="x")
    answer = admin_client.post(
        LIST,
        {"action": "confirm_selected", "_selected_action": [order.pk for order in orders]},
        follow=True,
    )
    assert [order.state for order in Redemption.objects.order_by("pk")] == [
        "confirmed",
        "cancelled",
        "confirmed",
    ]
    assert orders[1].number in answer.content.decode()
    assert LogEntry.objects.count() == 2


def test_a_file_of_the_carrier_with_a_report_for_each_row(admin_client: Any, orders: Any) -> None:
    first, second, third = orders
    content = (
        "兑换单号,快递公司,运单号\n"
        f"{first.number},顺丰,SF001\n"
        f"'{second.number},中通,ZT002\n"
        "9999999999999999,顺丰,SF003\n"
        f"{third.number},,SF004\n"
        "=1+1,顺丰,SF005\n"
        "\n"
    ).encode("gb18030")
    file = SimpleUploadedFile("carrier.csv", content)
    page = admin_client.post(f"{LIST}ship-file/", {"file": file})
    text = page.content.decode()
    assert page.status_code == 200
    states = list(Redemption.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["shipped", "shipped", "placed"]
    assert [row.refusal and row.refusal.code for row in page.context["results"]] == [
        None,
        None,
        "redemption_unknown",
        "carrier_needed",
        "redemption_unknown",
    ]
    assert [row.row for row in page.context["results"]] == [2, 3, 4, 5, 6]
    assert "SF001" in text
    again = admin_client.post(
        f"{LIST}ship-file/", {"file": SimpleUploadedFile("carrier.csv", content)}
    )
    assert [row.was_shipped for row in again.context["results"]] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert first.steps.count() == 3


@pytest.mark.parametrize(
    "content",
    [b"", b"a,b\n1,2\n", b"\x00\x01\x02", "兑换单号,快递公司\n1,2\n".encode(), b"PK\x03\x04zip"],
)
def test_files_that_are_none(admin_client: Any, orders: Any, content: Any) -> None:
    page = admin_client.post(
        f"{LIST}ship-file/", {"file": SimpleUploadedFile("carrier.csv", content)}
    )
    assert page.status_code == 200
    assert page.context["form"].errors
    assert not Redemption.objects.filter(state="shipped").exists()


def test_the_command_ships_and_reports(tmp_path: Any, orders: Any) -> None:
    file, report = tmp_path / "carrier.csv", tmp_path / "report.csv"
    good = f"order number,carrier,tracking number\n{orders[0].number},SF,1\n"
    file.write_text(good, "utf-8")
    out = io.StringIO()
    call_command("ship_redemptions", file, "--report", report, stdout=out)
    assert "1 shipped, 0 refused" in out.getvalue()
    file.write_text(good + "1,SF,2\n", "utf-8")
    with pytest.raises(CommandError):
        call_command("ship_redemptions", file, "--report", report, stdout=out, stderr=out)
    assert "redemption_unknown" in report.read_text("utf-8")


def test_the_warehouse_gets_whole_addresses_and_it_is_noted(admin_client: Any, orders: Any) -> None:
    Redemption.objects.filter(pk=orders[0].pk).update(recipient='=HYPERLINK("x")')
    answer = act(admin_client, "export_selected", orders)
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    assert "文三路 1 号" in text
    assert "'=HYPERLINK" in text
    assert text.count("\r\n") == 4
    assert AccessLog.objects.filter(what="export").count() == 1


def test_packing_slips(admin_client: Any, orders: Any) -> None:
    answer = act(admin_client, "print_selected", orders)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.count(b"/Type /Page\n") == 3
    long = orders[0]
    long.address = "很长的地址" * 40
    assert slips([long]).startswith(b"%PDF-")


def test_only_what_can_be_done_is_offered(admin_client: Any, orders: Any) -> None:
    order = orders[0]
    page = admin_client.get(page_of(order)).content.decode()
    for name in ("confirm", "ship", "cancel"):
        assert f"/{order.pk}/{name}/" in page
    assert f"/{order.pk}/complete/" not in page
    shipped = admin_client.post(
        f"{LIST}{order.pk}/ship/", {"carrier": "顺丰", "tracking_number": "SF1"}
    )
    assert shipped.status_code == 302
    page = admin_client.get(page_of(order)).content.decode()
    assert f"/{order.pk}/complete/" in page
    assert f"/{order.pk}/cancel/" not in page
    assert "SF1" in page


def test_cancelling_needs_a_reason(admin_client: Any, orders: Any) -> None:
    order = orders[0]
    empty = admin_client.post(f"{LIST}{order.pk}/cancel/", {"note": ""})
    assert empty.status_code == 200
    admin_client.post(f"{LIST}{order.pk}/cancel/", {"note": "会员来电"})
    order.refresh_from_db()
    assert order.state == STATE.CANCELLED
    assert order.steps.last().note == "会员来电"
    assert balance(order.member_id, timezone.now()).available == 800


def test_stuck_orders_surface_by_themselves(admin_client: Any, orders: Any) -> None:
    assert admin_client.get(LIST).context["stuck"] == 0
    late = timezone.now() - timedelta(hours=25)
    Redemption.objects.filter(pk=orders[1].pk).update(state_at=late)
    page = admin_client.get(LIST)
    assert page.context["stuck"] == 1
    queue = admin_client.get(f"{LIST}?queue=stuck")
    assert [row.pk for row in queue.context["cl"].result_list] == [orders[1].pk]


@pytest.mark.parametrize(
    "queue", ["to_confirm", "to_ship", "to_collect", "partner", "to_receive", "stuck", "nonsense"]
)
def test_queues(admin_client: Any, orders: Any, queue: Any) -> None:
    page = admin_client.get(f"{LIST}?queue={queue}", follow=True)
    assert page.status_code == 200
    if queue == "to_confirm":
        found = [row.pk for row in page.context["cl"].result_list]
        assert found == [order.pk for order in orders]


def test_orders_are_found_by_number_and_by_member(admin_client: Any, orders: Any) -> None:
    order = orders[1]
    spaced = " ".join(order.number[start : start + 4] for start in range(0, 16, 4))
    page = admin_client.get(LIST, {"q": spaced})
    assert [row.pk for row in page.context["cl"].result_list] == [order.pk]
    page = admin_client.get(LIST, {"q": "13800138000"})
    assert len(page.context["cl"].result_list) == 3


def test_what_roles_may_do(orders: Any) -> None:
    order = orders[0]
    cashier, support = staff("收银"), staff("客服")
    page = cashier.get(page_of(order)).content.decode()
    assert "+8613800138000" not in page
    assert "138****8000" in page
    assert cashier.post(f"{LIST}{order.pk}/cancel/", {"note": "x"}).status_code == 403
    assert cashier.get(f"{LIST}ship-file/").status_code == 403
    assert support.get(f"{LIST}{order.pk}/ship/").status_code == 403
    assert support.post(f"{LIST}{order.pk}/cancel/", {"note": "x"}).status_code == 302
    assert Client().get(LIST).status_code == 302


def test_goods_that_come_back(admin_client: Any, orders: Any) -> None:
    order = orders[0]
    now = timezone.now()
    progress.ship(redemption_id=order.pk, carrier="a", tracking_number="b", actor="s", at=now)
    asked = returns.ask(
        redemption_id=order.pk, member_id=order.member_id, quantity=1, reason="damaged",
        words="外壳破裂", at=now,
    )  # fmt: skip
    base = f"/admin/mall/redemptionreturn/{asked.pk}"
    assert "外壳破裂" in admin_client.get(f"{base}/change/").content.decode()
    declined = admin_client.post(
        f"/admin/mall/redemptionreturn/{asked.pk}/decide/", {"is_approved": "no", "answer": ""}
    )
    assert declined.status_code == 200
    admin_client.post(f"/admin/mall/redemptionreturn/{asked.pk}/decide/", {"is_approved": "yes"})
    admin_client.post(f"/admin/mall/redemptionreturn/{asked.pk}/receive/", {"is_sellable": "on"})
    asked.refresh_from_db()
    assert (asked.state, asked.points) == (RedemptionReturn.State.RECEIVED, 100)
    assert admin_client.get("/admin/mall/redemptionreturn/").status_code == 200


def test_a_refund_that_failed_is_tried_again(admin_client: Any) -> None:
    person = cast.member("13700137000")
    cast.earned(person, 500)
    order = redeeming.placed(person, redeeming.reward(money=9))
    refund = Refund.objects.create(
        payment=order.payment, out_refund_no="x-1", amount=900, reason="x", state="failed",
        attempts=12, created_at=timezone.now(), next_at=timezone.now(),
    )  # fmt: skip
    assert admin_client.get("/admin/mall/payment/").status_code == 200
    answer = admin_client.post(
        "/admin/mall/refund/", {"action": "try_again", "_selected_action": [refund.pk]}
    )
    assert answer.status_code == 302
    refund.refresh_from_db()
    assert (refund.state, refund.attempts) == ("due", 0)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_as_many_queries_whatever_it_shows(
    admin_client: Any, orders: Any, rows: Any, django_assert_max_num_queries: Any
) -> None:
    Redemption.objects.exclude(pk__in=[order.pk for order in orders[:rows]]).update(state="shipped")
    admin_client.get(f"{LIST}?state__exact=placed")
    with django_assert_max_num_queries(16):
        page = admin_client.get(f"{LIST}?state__exact=placed")
    assert len(page.context["cl"].result_list) == rows


def test_staff_redeem_for_a_member_who_calls(admin_client: Any) -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    page = f"{LIST}redeem-for/"
    form = admin_client.get(page).context["form"]
    sent = {
        "member": "13800138000",
        "article": reward.variants.get().sku,
        "quantity": "2",
        "store": redeeming.shop().pk,
        "key": form["key"].value(),
    }
    for _twice in range(2):
        assert admin_client.post(page, sent).status_code == 302
    order = Redemption.objects.get()
    assert (order.member, order.quantity, order.delivery) == (person, 2, "pick_up")
    assert order.caller.startswith("staff:")
    assert balance(person.pk, timezone.now()).available == 800
    for wrong in ({"member": "nobody"}, {"article": "none"}, {"store": ""}, {"quantity": "0"}):
        refused = admin_client.post(page, sent | {"key": "other"} | wrong)
        assert refused.status_code == 200
        assert refused.context["form"].errors
    assert Redemption.objects.count() == 1
    assert staff("收银").get(page).status_code == 403
