"""Tickets: asked within limits that hold in any burst, answered in time, forgotten with people."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.storage import default_storage
from PIL import Image

from members import exceptions, signals
from members.models import Member, Ticket, TicketMessage, TicketPhoto, TicketSettings
from members.selectors import tickets as selectors
from members.services import ticket_desk, tickets
from members.services.tickets import Subject, Words
from stores.exceptions import PictureInvalid
from tests import cast
from tests.members.conftest import NOON
from tests.racing import refused, succeeded, together

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def lin() -> Member:
    return cast.member()


@pytest.fixture
def desk() -> User:
    return User.objects.create_superuser("kefu", password="x")


def ask(member: Member, text: str = "积分没到账", *, at: datetime = NOON, **changes: Any) -> Ticket:
    return opened(member, text, at=at, **changes).ticket


def opened(
    member: Member, text: str = "积分没到账", *, at: datetime = NOON, key: str = "", **changes: Any
) -> tickets.Opened:
    photos = changes.pop("photos", ())
    content: dict[str, Any] = {
        "member_id": member.pk,
        "kind": "question",
        "subject": "昨天的小票",
        "words": Words(text, photos, key),
        "at": at,
    }
    return tickets.open_ticket(**(content | changes))


def dispute(member: Member, reference: str = "7", *, at: datetime = NOON) -> tickets.Opened:
    subject = Subject("thing", reference, lambda: {"said": {}}, "某物")
    return tickets.open_dispute(member_id=member.pk, subject=subject, words=Words("不对"), at=at)


def picture() -> bytes:
    target = BytesIO()
    Image.new("RGB", (60, 40), "red").save(target, format="PNG")
    return target.getvalue()


def reply(member: Member, ticket: Ticket, text: str = "补充", *, at: datetime = NOON) -> Any:
    return tickets.reply(member_id=member.pk, number=ticket.number, words=Words(text), at=at)


def answer(ticket: Ticket, staff: User, *, at: datetime = NOON + HOUR) -> TicketMessage:
    return ticket_desk.answer(ticket_id=ticket.pk, staff=staff, text="已处理", at=at)


def test_a_ticket_from_asking_to_closing_and_back(lin: Member, desk: User) -> None:
    ticket = ask(lin)
    assert (ticket.state, ticket.due_at) == ("open", NOON + 24 * HOUR)
    assert len(ticket.number) == 10
    answer(ticket, desk)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.due_at, ticket.first_answered_at) == (
        "answered",
        None,
        NOON + HOUR,
    )
    reply(lin, ticket, at=NOON + 2 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.due_at) == ("open", NOON + 26 * HOUR)
    with pytest.raises(exceptions.TicketUnanswered):
        ticket_desk.close(ticket_id=ticket.pk, staff=desk, at=NOON)
    answer(ticket, desk, at=NOON + 3 * HOUR)
    closed = tickets.close(member_id=lin.pk, number=ticket.number, at=NOON + 4 * HOUR)
    assert (closed.state, closed.closed_at) == ("closed", NOON + 4 * HOUR)
    tickets.close(member_id=lin.pk, number=ticket.number, at=NOON + 5 * HOUR)
    with pytest.raises(exceptions.TicketClosed):
        reply(lin, ticket)
    with pytest.raises(exceptions.TicketClosed):
        answer(ticket, desk)
    tickets.reopen(member_id=lin.pk, number=ticket.number, at=NOON + 6 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.closed_at, ticket.first_answered_at) == (
        "open",
        None,
        NOON + HOUR,
    )
    acts = [(one.act, one.side) for one in selectors.thread(ticket, is_staff=False)]
    assert acts == [
        ("wrote", "member"),
        ("wrote", "staff"),
        ("wrote", "member"),
        ("wrote", "staff"),
        ("closed", "member"),
        ("reopened", "member"),
    ]


def test_notes_and_hands_stay_among_staff(lin: Member, desk: User) -> None:
    ticket = ask(lin)
    ticket_desk.note(ticket_id=ticket.pk, staff=desk, text="查小票", at=NOON)
    ticket_desk.assign(ticket_id=ticket.pk, staff=desk, to=desk, at=NOON)
    assert len(selectors.thread(ticket, is_staff=False)) == 1
    assert [one.act for one in selectors.thread(ticket, is_staff=True)] == [
        "wrote",
        "noted",
        "assigned",
    ]
    stranger = User.objects.create_user("cashier", is_staff=True)
    with pytest.raises(exceptions.TicketAssigneeInvalid):
        ticket_desk.assign(ticket_id=ticket.pk, staff=desk, to=stranger, at=NOON)
    stranger.user_permissions.add(Permission.objects.get(codename="answer_ticket"))
    able = User.objects.get(pk=stranger.pk)
    ticket = ticket_desk.assign(ticket_id=ticket.pk, staff=desk, to=able, at=NOON)
    assert ticket.assigned_to == able
    ticket = ticket_desk.assign(ticket_id=ticket.pk, staff=desk, to=None, at=NOON)
    assert ticket.assigned_to is None


def test_signals_tell_of_opening_and_answering(lin: Member, desk: User) -> None:
    heard: list[tuple[str, int]] = []

    def on_opened(ticket: Ticket, **_rest: Any) -> None:
        heard.append(("opened", ticket.pk))

    def on_answered(ticket: Ticket, message: TicketMessage, **_rest: Any) -> None:
        heard.append((message.text, ticket.pk))

    signals.ticket_opened.connect(on_opened)
    signals.ticket_answered.connect(on_answered)
    try:
        ticket = ask(lin)
        ticket_desk.note(ticket_id=ticket.pk, staff=desk, text="内部", at=NOON)
        answer(ticket, desk)
    finally:
        signals.ticket_opened.disconnect(on_opened)
        signals.ticket_answered.disconnect(on_answered)
    assert heard == [("opened", ticket.pk), ("已处理", ticket.pk)]


@pytest.mark.parametrize(
    "text", ["", "  \n ", "字" * 2001, "字" * 10_000, "a\x00b", "a\u202eb", "\ud800", "a\x1bb"]
)
def test_text_that_is_refused_names_its_field(lin: Member, text: str) -> None:
    with pytest.raises(exceptions.TicketTextInvalid) as raised:
        ask(lin, text)
    assert raised.value.field == "text"
    with pytest.raises(exceptions.TicketTextInvalid) as raised:
        ask(lin, subject=text)
    assert raised.value.field == "subject"
    assert Ticket.objects.count() == 0


def test_text_that_is_welcome(lin: Member) -> None:
    ticket = ask(lin, "  第一行\r\n第二行 👨‍👩‍👧 مرحبا ")
    assert ticket.messages.get().text == "第一行\n第二行 👨‍👩‍👧 مرحبا"
    with pytest.raises(exceptions.TicketTextInvalid):
        ask(lin, subject="两\n行")


def test_unknown_kinds_and_disputes_of_nothing(lin: Member) -> None:
    for kind in ("dispute", "rant", ""):
        with pytest.raises(exceptions.TicketKindUnknown):
            ask(lin, kind=kind)


def test_limits_count_tickets_and_messages(lin: Member) -> None:
    TicketSettings.objects.create(open_max=2, messages_per_hour=3)
    first = ask(lin)
    ask(lin)
    with pytest.raises(exceptions.TicketsFull):
        ask(lin)
    reply(lin, first)
    with pytest.raises(exceptions.TicketMessagesTooMany):
        reply(lin, first)
    assert reply(lin, first, at=NOON + HOUR)
    tickets.close(member_id=lin.pk, number=first.number, at=NOON + HOUR)
    ask(lin, at=NOON + 3 * HOUR)
    with pytest.raises(exceptions.TicketsFull):
        tickets.reopen(member_id=lin.pk, number=first.number, at=NOON + 3 * HOUR)


def test_a_ticket_does_not_grow_for_ever(lin: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "MESSAGES_MAX", 2)
    ticket = ask(lin)
    reply(lin, ticket)
    with pytest.raises(exceptions.TicketFull):
        reply(lin, ticket)


def test_the_same_request_is_one_ticket(lin: Member) -> None:
    first = opened(lin, key="k1", photos=[picture()])
    again = opened(lin, key="k1", photos=[picture()])
    assert (again.ticket, again.is_new) == (first.ticket, False)
    assert TicketPhoto.objects.count() == 1
    with pytest.raises(exceptions.TicketKeyConflict):
        opened(lin, "别的话", key="k1")
    words = Words("补充", key="k2")
    send: dict[str, Any] = {
        "member_id": lin.pk,
        "number": first.ticket.number,
        "words": words,
        "at": NOON,
    }
    assert tickets.reply(**send) == tickets.reply(**send)


def test_photos_are_made_anew_and_refused_ones_leave_nothing(
    lin: Member, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    ticket = ask(lin, photos=[picture(), picture()])
    paths = list(TicketPhoto.objects.values_list("path", flat=True))
    assert len(set(paths)) == 2
    with default_storage.open(paths[0]) as file:
        assert file.read(4) == b"RIFF"
    with pytest.raises(exceptions.TicketPhotosTooMany):
        ask(lin, photos=[picture()] * 7)
    with pytest.raises(PictureInvalid):
        ask(lin, photos=[picture(), b"%PDF-1.4"])
    TicketSettings.objects.create(open_max=1)
    with pytest.raises(exceptions.TicketsFull):
        ask(lin, photos=[picture()])
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == 2
    assert ticket.messages.count() == 1


def test_one_unclosed_dispute_of_a_thing(lin: Member, desk: User) -> None:
    first = dispute(lin)
    assert dispute(lin) == tickets.Opened(first.ticket, is_new=False)
    tickets.close(member_id=lin.pk, number=first.ticket.number, at=NOON)
    second = dispute(lin)
    assert second.is_new
    with pytest.raises(exceptions.TicketSubjectOpen):
        tickets.reopen(member_id=lin.pk, number=first.ticket.number, at=NOON)
    with pytest.raises(exceptions.TicketSubjectOpen):
        ticket_desk.reopen(ticket_id=first.ticket.pk, staff=desk, at=NOON)


def test_nobody_reaches_anothers_ticket(lin: Member) -> None:
    ticket = ask(lin)
    other = cast.member("13900139000", "周可")
    for act in (
        lambda: reply(other, ticket),
        lambda: tickets.close(member_id=other.pk, number=ticket.number, at=NOON),
        lambda: tickets.reopen(member_id=other.pk, number=ticket.number, at=NOON),
    ):
        with pytest.raises(exceptions.TicketUnknown):
            act()


def test_time_to_answer_is_measured(lin: Member, desk: User) -> None:
    TicketSettings.objects.create(open_max=50, messages_per_hour=50)
    assert selectors.usual_hours(NOON) is None
    made = [ask(lin) for _number in range(6)]
    for place, ticket in enumerate(made[:5], start=1):
        answer(ticket, desk, at=NOON + place * HOUR - timedelta(minutes=10))
    now = NOON + 25 * HOUR
    figures = selectors.figures(now)
    assert (figures.open, figures.overdue, figures.answered) == (1, 1, 5)
    assert figures.median_hours == 2.8
    assert selectors.usual_hours(now) == 4
    later = now + timedelta(days=31)
    assert selectors.usual_hours(later) is None
    assert selectors.figures(later).median_hours is None


def test_an_erased_members_words_and_photos_are_gone(
    lin: Member, desk: User, settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    ticket = ask(lin, photos=[picture()])
    answer(ticket, desk)
    with django_capture_on_commit_callbacks(execute=True):
        tickets.forget(member_ids=[lin.pk], at=NOON + HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.subject, ticket.carried) == ("closed", "", {})
    assert {one.text for one in ticket.messages.all()} == {""}
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_limits_are_exact_in_a_burst() -> None:
    TicketSettings.objects.create(open_max=3, messages_per_hour=100)
    lin = cast.member()
    answers = together(24, lambda number: ask(lin, f"第 {number} 个"))
    assert len(succeeded(answers)) == 3
    assert {type(error) for error in refused(answers)} == {exceptions.TicketsFull}
    TicketSettings.objects.update(messages_per_hour=8)
    ticket = Ticket.objects.order_by("pk")[0]
    more = together(24, lambda number: reply(lin, ticket, f"{number}"))
    assert len(succeeded(more)) == 5
    assert {type(error) for error in refused(more)} == {exceptions.TicketMessagesTooMany}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_burst_of_taps_is_one_dispute() -> None:
    lin = cast.member()
    answers = together(24, lambda _number: dispute(lin))
    assert len(succeeded(answers)) == 24
    assert sum(one.is_new for one in succeeded(answers)) == 1
    assert Ticket.objects.count() == 1
