"""「有疑问」: one tap, everything that belongs to the entry, and a correction or a reason (F82)."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone, translation

from members.exceptions import TicketClosed, TicketTextInvalid
from members.models import Member, Ticket, TicketSettings
from members.selectors import tickets as thread_of
from members.selectors.carried import parts_of
from members.services import merging, tickets
from points import selectors
from points.exceptions import CorrectionWaiting, DisputeUnknown, EntryUnknown, SecondPersonRequired
from points.models import Adjustment, DisputeCorrection, Entry
from points.selectors import audit
from points.selectors import disputes as dispute_selectors
from points.services import accounts, adjustments, disputes
from sales.models import Receipt
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
from sales.services import intake
from stores.models import Store
from tests import cast
from tests.points.conftest import NOON
from tests.racing import succeeded, together
from tests.sales.conftest import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def lin() -> Member:
    return cast.member()


@pytest.fixture
def desk() -> User:
    return User.objects.create_superuser("kefu", password="x")


def entry_of(member: Member) -> Entry:
    entry = selectors.entries(member.pk).first()
    assert entry is not None
    return entry


def open_dispute(member: Member, **changes: Any) -> tickets.Opened:
    content: dict[str, Any] = {"member_id": member.pk, "at": timezone.now(), **changes}
    content.setdefault("entry_id", 0)
    content["entry_id"] = content["entry_id"] or entry_of(member).pk
    return disputes.open_dispute(**content)


def correct(ticket: Ticket, staff: User, points: int = 40, **changes: Any) -> DisputeCorrection:
    content: dict[str, Any] = {
        "ticket_id": ticket.pk,
        "points": points,
        "text": "已补发，抱歉",
        "key": uuid.uuid4().hex,
        "staff": staff,
        "at": timezone.now(),
    }
    return disputes.correct(**(content | changes))


def buy(member: Member) -> None:
    """A purchase of two lines under published rules."""
    publish()
    store = Store.objects.create(code="HZ01", name="西湖店")
    lines = [
        LineInput("C1", "拿铁", Decimal(2), Decimal(18)),
        LineInput("B1", "可颂", Decimal(1), Decimal("12.5")),
    ]
    receipt = ReceiptInput(
        number="A:1",
        kind="sale",
        occurred_at=NOON,
        lines=lines,
        member=MemberRef("phone", str(member.phone)),
    )
    intake.record(
        store=store, receipts=[receipt], source=Receipt.Source.API, actor="till", now=NOON
    )


def test_it_carries_entry_receipt_and_rules_in_both_languages(lin: Member) -> None:
    buy(lin)
    ticket = open_dispute(lin).ticket
    with translation.override("en"):
        english = {part.title: part.rows for part in parts_of(ticket)}
    with translation.override("zh-hans"):
        chinese = [part.title for part in parts_of(ticket)]
    assert next(iter(english)) == "The entry"
    assert ["拿铁 × 2", "¥36"] in english["Receipt A:1"]
    assert ["Total", "¥48.50"] in english["Receipt A:1"]
    assert any(title.startswith("Rules v1") for title in english)
    assert "小票 A:1" in chinese
    assert ticket.carried["explanation"]["type"] == "earned"
    assert ticket.store is not None
    assert ticket.store.code == "HZ01"


def test_what_it_carries_stays_when_things_change(lin: Member) -> None:
    buy(lin)
    ticket = open_dispute(lin).ticket
    before = parts_of(ticket)
    Store.objects.update(name="改名店")
    ticket.refresh_from_db()
    assert parts_of(ticket) == before


def test_a_second_tap_leads_to_the_open_one(lin: Member) -> None:
    cast.earned(lin, 100)
    first, again = open_dispute(lin), open_dispute(lin, text="还有")
    assert (first.is_new, again.is_new, again.ticket) == (True, False, first.ticket)
    assert first.ticket.messages.get().text
    other = cast.member("13900139000", "周可")
    with pytest.raises(EntryUnknown):
        open_dispute(other, entry_id=entry_of(lin).pk)


def test_a_frozen_member_and_one_in_debt_may_ask(lin: Member) -> None:
    cast.earned(lin, 100)
    accounts.freeze(
        member_id=lin.pk, reason="核查", reference="f", actor="staff:1", at=timezone.now()
    )
    assert open_dispute(lin).is_new


def test_a_small_correction_answers_at_once(lin: Member, desk: User) -> None:
    cast.earned(lin, 100)
    disputed = entry_of(lin)
    ticket = open_dispute(lin).ticket
    made = correct(ticket, desk)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.due_at) == ("answered", None)
    entry = entry_of(lin)
    assert (entry.kind, entry.amount) == ("adjust", 40)
    answer = thread_of.thread(ticket, is_staff=False)[-1]
    assert (answer.text, answer.carried) == ("已补发，抱歉", {"entry": entry.pk, "points": 40})
    assert made.adjustment.entry_id == entry.pk
    assert dispute_selectors.answered_by(entry) == ticket
    found = dispute_selectors.of_entry(disputed)
    assert found is not None
    assert (found.ticket, found.correction_ids) == (ticket, [entry.pk])
    assert audit.run().is_clean


def test_above_the_threshold_it_waits_for_another_person(lin: Member, desk: User) -> None:
    cast.earned(lin, 100)
    ticket = open_dispute(lin).ticket
    made = correct(ticket, desk, 50_000)
    ticket.refresh_from_db()
    assert (ticket.state, made.adjustment.state) == ("open", "waiting")
    assert len(thread_of.thread(ticket, is_staff=False)) == 1
    with pytest.raises(CorrectionWaiting):
        correct(ticket, desk, 10)
    with pytest.raises(SecondPersonRequired):
        adjustments.approve(adjustment_id=made.adjustment_id, decided_by=desk, at=timezone.now())
    second = User.objects.create_superuser("dianzhang", password="x")
    adjustments.approve(adjustment_id=made.adjustment_id, decided_by=second, at=timezone.now())
    ticket.refresh_from_db()
    assert ticket.state == "answered"
    assert thread_of.thread(ticket, is_staff=False)[-1].carried["points"] == 50_000


def test_a_rejected_correction_leaves_the_ticket_waiting(lin: Member, desk: User) -> None:
    cast.earned(lin, 100)
    ticket = open_dispute(lin).ticket
    made = correct(ticket, desk, 50_000)
    second = User.objects.create_superuser("dianzhang", password="x")
    adjustments.reject(adjustment_id=made.adjustment_id, decided_by=second, at=timezone.now())
    ticket.refresh_from_db()
    assert ticket.state == "open"
    assert len(thread_of.thread(ticket, is_staff=False)) == 1
    correct(ticket, desk, 10)
    assert Adjustment.objects.filter(state="posted").count() == 1


def test_the_same_form_twice_books_once_and_a_wrong_one_nothing(lin: Member, desk: User) -> None:
    cast.earned(lin, 100)
    ticket = open_dispute(lin).ticket
    with pytest.raises(TicketTextInvalid):
        correct(ticket, desk, text=" ")
    assert correct(ticket, desk, key="k") == correct(ticket, desk, key="k")
    assert selectors.balance(lin.pk, timezone.now()).available == 140
    tickets.close(member_id=lin.pk, number=ticket.number, at=timezone.now())
    with pytest.raises(TicketClosed):
        correct(ticket, desk)
    asked = tickets.open_ticket(
        member_id=lin.pk,
        kind="question",
        subject="问",
        words=tickets.Words("问"),
        at=timezone.now(),
    ).ticket
    with pytest.raises(DisputeUnknown):
        correct(asked, desk)
    assert Adjustment.objects.count() == 1


def test_a_merged_members_dispute_goes_along(lin: Member, desk: User) -> None:
    gone = cast.member("13900139000", "林雨")
    cast.earned(gone, 100)
    ticket = open_dispute(gone).ticket
    merging.merge(kept_id=lin.pk, gone_id=gone.pk, actor="staff:1", at=timezone.now())
    ticket.refresh_from_db()
    assert ticket.member == lin
    assert dispute_selectors.own_entry_id(ticket) is None
    assert cast.browser_of(lin).get(f"/me/tickets/{ticket.number}/").status_code == 200
    correct(ticket, desk)
    assert selectors.balance(lin.pk, timezone.now()).available == 140


def test_on_the_entrys_page(lin: Member, desk: User) -> None:
    cast.earned(lin, 100)
    entry = entry_of(lin)
    browser = cast.browser_of(lin)
    page = f"/points/entries/{entry.pk}/"
    assert "有疑问" in browser.get(page).content.decode()
    answer = browser.post(f"{page}dispute/", {"text": "少了"})
    ticket = Ticket.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/me/tickets/{ticket.number}/")
    assert "已申诉 · 处理中" in browser.get(page).content.decode()
    correct(ticket, desk)
    assert "已申诉 · 已答复" in browser.get(page).content.decode()
    corrected = entry_of(lin)
    shown = browser.get(f"/points/entries/{corrected.pk}/").content.decode()
    assert f"/me/tickets/{ticket.number}/" in shown
    thread = browser.get(f"/me/tickets/{ticket.number}/").content.decode()
    assert f"/points/entries/{corrected.pk}/" in thread


def test_doors_refuse_others_entries_and_too_many(lin: Member) -> None:
    cast.earned(lin, 100)
    entry = entry_of(lin)
    other = cast.member("13900139000", "周可")
    path, api = f"/points/entries/{entry.pk}/dispute/", f"/api/v1/me/entries/{entry.pk}/dispute"
    assert cast.browser_of(other).post(path).status_code == 404
    assert cast.program_of(other).post(api, {}, "application/json").status_code == 404
    assert Client().post(path).status_code == 302
    assert Client().post(api).status_code == 401
    for wild in (0, 10**19, 2**63):
        assert cast.browser_of(lin).post(f"/points/entries/{wild}/dispute/").status_code == 404
        answer = cast.program_of(lin).post(
            f"/api/v1/me/entries/{wild}/dispute", {}, "application/json"
        )
        assert answer.status_code == 404
    TicketSettings.objects.create(open_max=1)
    tickets.open_ticket(
        member_id=lin.pk,
        kind="question",
        subject="问",
        words=tickets.Words("问"),
        at=timezone.now(),
    )
    full = cast.browser_of(lin).post(path)
    assert full.status_code == 422
    assert "未完成" in full.content.decode()
    assert cast.browser_of(lin).post(path, {"text": "a\u202eb"}).status_code == 422


def test_by_api(lin: Member, desk: User) -> None:
    cast.earned(lin, 100)
    entry = entry_of(lin)
    client = cast.program_of(lin)
    path = f"/api/v1/me/entries/{entry.pk}/dispute"
    answer = client.post(path, {"text": "少了 40"}, "application/json")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["kind"], body["about"], body["about_id"]) == ("dispute", "entry", str(entry.pk))
    assert body["carried"][0]["title"] == "该笔流水"
    assert client.post(path, {}, "application/json").status_code == 200
    correct(Ticket.objects.get(), desk)
    thread = client.get(f"/api/v1/me/tickets/{body['number']}").json()
    assert thread["messages"][-1]["entry"] == entry_of(lin).pk
    assert client.post(path, {"x": 1}, "application/json").status_code == 400


@pytest.fixture
def looker() -> Client:
    """Staff who may look at tickets and do nothing about them."""
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_ticket"))
    client = Client()
    client.force_login(user)
    return client


def test_the_desk_sees_all_and_corrects(lin: Member, desk: User, client: Client) -> None:
    buy(lin)
    ticket = open_dispute(lin).ticket
    client.force_login(desk)
    page = client.get(f"/admin/members/ticket/{ticket.pk}/change/").content.decode()
    for text in ("拿铁 × 2", "¥48.50", "重新计算", "以更正答复"):
        assert text in page
    path = f"/admin/points/disputecorrection/{ticket.pk}/correct/"
    assert client.get(path).status_code == 200
    wrong = client.post(path, {"points": "0", "text": "好", "key": str(uuid.uuid4())})
    assert wrong.status_code == 200
    content = {"points": "7", "text": "补 7 分", "key": str(uuid.uuid4())}
    assert client.post(path, content).status_code == 302
    assert client.post(path, content).status_code == 302
    assert [one.points for one in Adjustment.objects.all()] == [7]
    page = client.get(f"/admin/members/ticket/{ticket.pk}/change/").content.decode()
    assert "更正 +7" in page


def test_who_only_looks_cannot_correct(lin: Member, looker: Client) -> None:
    cast.earned(lin, 100)
    ticket = open_dispute(lin).ticket
    page = looker.get(f"/admin/members/ticket/{ticket.pk}/change/")
    assert page.status_code == 200
    assert "以更正答复" not in page.content.decode()
    path = f"/admin/points/disputecorrection/{ticket.pk}/correct/"
    assert looker.get(path).status_code == 403
    assert looker.post(path, {"points": "7", "text": "补"}).status_code == 403
    assert Adjustment.objects.count() == 0


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_burst_of_taps_and_of_corrections() -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    entry = entry_of(lin)
    opened = together(24, lambda _number: open_dispute(lin, entry_id=entry.pk))
    assert len(succeeded(opened)) == 24
    assert sum(one.is_new for one in succeeded(opened)) == 1
    ticket = Ticket.objects.get()
    staff = [User.objects.create_superuser(f"s{number}") for number in range(4)]
    answers = together(24, lambda number: correct(ticket, staff[number % 4], 50_000))
    assert len(succeeded(answers)) == 1
    assert Adjustment.objects.count() == 1
    second = User.objects.create_superuser("second")
    waiting = Adjustment.objects.get()
    decided = together(
        8,
        lambda _number: adjustments.approve(
            adjustment_id=waiting.pk, decided_by=second, at=timezone.now()
        ),
    )
    assert len(succeeded(decided)) == 1
    assert selectors.balance(lin.pk, timezone.now()).available == 50_100
    assert len(thread_of.thread(ticket, is_staff=False)) == 2
