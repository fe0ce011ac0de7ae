"""Receipts and imports in the back office."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.models import Member
from points.models import LedgerSettings
from sales import tasks
from sales.models import ImportRun, Receipt
from sales.services import uploads
from stores.models import Store
from tests.sales.conftest import LIN, NOON, back, net, receipt, take, take_one
from tests.sales.test_imports import BAD_ROWS, GOOD

pytestmark = [pytest.mark.usefixtures("rule"), pytest.mark.django_db]
RECEIPTS = "/admin/sales/receipt/"
IMPORTS = "/admin/sales/importrun/"


@pytest.fixture(autouse=True)
def _noon(settings: LazySettings, tmp_path: Any) -> object:
    settings.MEDIA_ROOT = str(tmp_path)
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def boss(admin_client: Client) -> Client:
    return admin_client


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The imports that were handed to the worker."""
    runs: list[int] = []
    monkeypatch.setattr(
        tasks.run_import, "apply_async", lambda args, **_options: runs.append(args[0])
    )
    return runs


def form(store: Store, /, **fields: str) -> dict[str, Any]:
    return {
        "store": store.pk,
        "number": "S-1",
        "kind": "sale",
        "occurred_at": "2026-03-02 11:00",
        "member": LIN.value,
        "original_number": "",
        "lines-TOTAL_FORMS": "3",
        "lines-INITIAL_FORMS": "0",
        "lines-0-sku": "TEA",
        "lines-0-name": "龙井",
        "lines-0-quantity": "2",
        "lines-0-unit_price": "44.4",
    } | fields


def test_a_receipt_typed_by_hand_goes_through_the_same_door(
    boss: Client, store: Store, lin: Member
) -> None:
    answer = boss.post(f"{RECEIPTS}add/", form(store))

    row = Receipt.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{RECEIPTS}{row.pk}/change/")
    assert (row.points_earned, row.source, row.actor) == (88, "admin", "admin")
    assert net(lin) == 88
    assert LogEntry.objects.get().object_id == str(row.pk)

    boss.post(f"{RECEIPTS}add/", form(store))
    assert Receipt.objects.count() == 1


def test_the_time_typed_is_the_stores_own(boss: Client, store: Store, lin: Member) -> None:
    store.time_zone = "Europe/London"
    store.save()

    boss.post(f"{RECEIPTS}add/", form(store, occurred_at="2026-03-02 01:00"))

    assert Receipt.objects.get().occurred_at.isoformat() == "2026-03-02T01:00:00+00:00"


def test_what_a_sale_says_besides_is_typed_and_shown(
    boss: Client, store: Store, lin: Member
) -> None:
    store.time_zone = "Europe/London"
    store.save()
    said = {
        "business": "餐饮",
        "completed_at": "2026-03-09 18:00",
        "paid_by_coupon": "10",
        "paid_by_points": "0.5",
        "lines-0-category": "tea",
        "lines-1-sku": "POST",
        "lines-1-quantity": "1",
        "lines-1-unit_price": "8",
        "lines-1-kind": "freight",
    }

    answer = boss.post(
        f"{RECEIPTS}add/", form(store, occurred_at="2026-03-02 01:00", **said), follow=True
    )

    row = Receipt.objects.get()
    assert row.completed_at == datetime(2026, 3, 9, 18, tzinfo=UTC)
    assert (row.paid_by_coupon, row.paid_by_points) == (Decimal(10), Decimal("0.5"))
    assert list(row.lines.order_by("line_no").values_list("kind", "category")) == [
        ("goods", "tea"), ("freight", "")
    ]  # fmt: skip
    page = answer.content.decode()
    for text in ("餐饮", "¥10", "¥0.50", "tea", "运费"):
        assert text in page, text


@pytest.mark.parametrize(
    "fields",
    [
        {"completed_at": "2026-03-02 10:59"},
        {"completed_at": "soon"},
        {"paid_by_coupon": "88.81"},
        {"paid_by_points": "-1"},
        {"lines-0-kind": "service"},
        {"lines-0-category": "x" * 65},
        {"business": "x" * 33},
        {"number": ""},
        {"number": "a\x00b"},
        {"number": "x" * 65},
        {"kind": "gift"},
        {"occurred_at": "2099-01-01 00:00"},
        {"occurred_at": "never"},
        {"member": "nobody"},
        {"store": "999"},
        {"lines-0-quantity": "0"},
        {"lines-0-quantity": "NaN"},
        {"lines-0-unit_price": "-1"},
        {"lines-0-unit_price": "1e999"},
        {"lines-0-sku": ""},
        {"lines-TOTAL_FORMS": "x"},
        {"lines-TOTAL_FORMS": "99999999"},
        {"original_number": "S-0"},
    ],
)
def test_what_cannot_be_comes_back_to_the_form(
    boss: Client, store: Store, lin: Member, fields: dict[str, str]
) -> None:
    answer = boss.post(f"{RECEIPTS}add/", form(store, **fields))

    assert answer.status_code == 200
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    ("path", "make"),
    [(RECEIPTS, "receipts"), (IMPORTS, "imports"), ("/admin/sales/importissue/", "issues")],
)
def test_a_list_costs_the_same_for_one_row_and_for_three(
    boss: Client, store: Store, lin: Member, path: str, make: str
) -> None:
    def add(n: int) -> None:
        if make == "receipts":
            take_one(store, receipt(f"S{n}", "5"))
            return
        run = ImportRun.objects.create(
            store=store, file_name=f"{n}", sha256="", mapping="", started_at=NOON, heartbeat_at=NOON
        )
        run.issues.create(row=n, code="required")

    costs = []
    for rows in (1, 3):
        while Receipt.objects.count() + ImportRun.objects.count() < rows:
            add(Receipt.objects.count() + ImportRun.objects.count())
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(path).status_code == 200
        costs.append(len(queries))

    assert costs[0] == costs[1]
    # Session, user and the filters' choices beside the page itself.
    assert costs[0] <= 6


def test_receipts_are_found_by_number_and_by_member(
    boss: Client, store: Store, lin: Member, chen: Member
) -> None:
    take(store, receipt("S-1", "5"), receipt("S-2", "5", member=None))

    for text, found in (("S-2", 1), (LIN.value, 1), ("林小雨", 1), ("13800138001", 1), ("S", 0)):
        answer = boss.get(RECEIPTS, {"q": text})
        assert len(answer.context["cl"].result_list) == found, text


def test_a_receipts_page_shows_why_and_from_what(boss: Client, store: Store, lin: Member) -> None:
    sale = receipt("S-1", "50", "38.8")
    take(store, sale, back("R-1", "S-1", sale.lines[0]), back("R-2", "S-9", sale.lines[0]))

    for row in Receipt.objects.all():
        answer = boss.get(f"{RECEIPTS}{row.pk}/change/")
        assert answer.status_code == 200
        assert row.number in answer.content.decode()
    assert boss.post(f"{RECEIPTS}{row.pk}/change/", {"number": "other"}).status_code == 403
    assert boss.post(f"{RECEIPTS}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_staff_are_told_what_to_deduct_from_a_refund(
    boss: Client, store: Store, lin: Member
) -> None:
    LedgerSettings.objects.create(debt_policy="till")

    answer = boss.post(
        f"{RECEIPTS}add/", form(store, number="R-1", kind="return", member=LIN.value), follow=True
    )

    row = Receipt.objects.get()
    assert (row.shortfall, row.deduct) == (88, Decimal("0.88"))
    page = answer.content.decode()
    assert "请从退款中扣除 ¥0.88。" in page
    for text in ("未能扣回的积分", "退款应扣金额", "¥0.88"):
        assert text in page


# --- imports -------------------------------------------------------------------------------------


def upload(client: Client, store: Store, text: str | bytes = GOOD, /, **fields: Any) -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    data = {
        "store": store.pk,
        "file": SimpleUploadedFile("三月.csv", content),
        "mapping": "standard",
        "create_members": "on",
    } | fields
    return client.post(f"{IMPORTS}add/", data)


def test_a_file_handed_in_is_queued_and_worked_off(
    boss: Client, store: Store, queued: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = upload(boss, store)

    run = ImportRun.objects.get()
    assert (answer.status_code, run.state, queued) == (302, "queued", [run.pk])
    assert (run.file_name, run.actor) == ("三月.csv", "admin")

    tasks.run_import(run.pk)
    tasks.run_import(run.pk)

    run.refresh_from_db()
    assert (run.state, run.receipts_new, run.points_earned) == ("done", 4, 362)
    assert boss.get(f"{IMPORTS}{run.pk}/change/").status_code == 200


def test_the_refused_rows_can_be_downloaded(boss: Client, store: Store, queued: list[int]) -> None:
    upload(boss, store, BAD_ROWS)
    run = ImportRun.objects.get()
    tasks.run_import(run.pk)

    answer = boss.get(f"{IMPORTS}{run.pk}/report/")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert len(list(csv.reader(io.StringIO(text)))) == 15
    assert "attachment" in answer["Content-Disposition"]
    assert Client().get(f"{IMPORTS}{run.pk}/report/").status_code == 302


def test_a_file_that_is_none_ends_as_refused(boss: Client, store: Store, queued: list[int]) -> None:
    upload(boss, store, b"\xd0\xcf\x11\xe0 an old workbook")
    run = ImportRun.objects.get()

    tasks.run_import(run.pk)

    run.refresh_from_db()
    assert (run.state, run.refusal != "") == ("refused", True)


@pytest.mark.parametrize(
    "fields",
    [
        {"file": ""},
        {"store": ""},
        {"mapping": "../../etc/passwd"},
        {"mapping_file": SimpleUploadedFile("m.toml", b"columns = 7")},
        {"mapping_file": SimpleUploadedFile("m.toml", b"\xff\xfe")},
    ],
)
def test_an_upload_that_cannot_be_comes_back_to_the_form(
    boss: Client, store: Store, queued: list[int], fields: dict[str, Any]
) -> None:
    assert upload(boss, store, **fields).status_code == 200
    assert not ImportRun.objects.exists()


def test_an_import_whose_worker_is_gone_is_taken_up_again(
    boss: Client, store: Store, queued: list[int]
) -> None:
    upload(boss, store)
    run = ImportRun.objects.get()

    tasks.resume_imports()
    run.refresh_from_db()
    assert run.state == "queued"

    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        assert uploads.stale(now=NOON + timedelta(minutes=5)) == [run.pk]
        tasks.resume_imports()

    run.refresh_from_db()
    assert run.state == "done"


def test_who_may_not_add_may_not(client: Client, store: Store, queued: list[int]) -> None:
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(viewer)

    assert client.get(IMPORTS).status_code == 200
    assert client.get("/admin/sales/importissue/").status_code == 200
    viewer.user_permissions.clear()
    assert client.get("/admin/sales/importissue/").status_code == 403
    assert upload(client, store).status_code == 403
    assert client.post(f"{RECEIPTS}add/", form(store)).status_code == 403


def test_waiting_returns_are_settled_by_the_task(store: Store, lin: Member) -> None:
    sale = receipt("S-1", "50")
    take(store, sale, back("R-1", "S-9", sale.lines[0]))
    Receipt.objects.filter(number="R-1").update(original_number="S-1")

    tasks.settle_waiting_returns()

    assert net(lin) == 0


def test_staff_settle_a_return_that_does_not_fit(boss: Client, store: Store, lin: Member) -> None:
    sale = receipt("S-1", "50")
    take(store, back("R-1", "S-9", sale.lines[0]), sale)
    page = f"{RECEIPTS}{Receipt.objects.get(number='R-1').pk}/settle/"

    assert boss.get(page).status_code == 200
    assert net(lin) == 50
    assert boss.post(page).status_code == 302
    assert net(lin) == 0
    assert boss.post(page).status_code == 403
    assert LogEntry.objects.count() == 1
