"""Help and feedback at every door: pages, API and the desk; who reaches what."""

import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from config import roles
from members.models import Member, Ticket, TicketMessage, TicketPhoto
from members.services import erasure, merging, ticket_desk, tickets
from members.services.tickets import Words
from tests import cast

pytestmark = pytest.mark.django_db
JSON = "application/json"
API = "/api/v1/me/tickets"


@pytest.fixture
def lin() -> Member:
    return cast.member()


@pytest.fixture
def chen() -> Member:
    return cast.member("13900139000", "周可")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def ask(member: Member, *, photos: int = 0) -> Ticket:
    return tickets.open_ticket(
        member_id=member.pk,
        kind="question",
        subject="积分没到账",
        words=Words("昨天的小票没有积分", [picture() for _number in range(photos)]),
        at=timezone.now(),
    ).ticket


def picture() -> bytes:
    target = BytesIO()
    Image.new("RGB", (60, 40), "green").save(target, format="JPEG")
    return target.getvalue()


def upload(content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", picture() if content is None else content, "image/jpeg")


def form(**changes: Any) -> dict[str, Any]:
    content = {"kind": "complaint", "subject": "排队太久", "text": "等了四十分钟", "key": "k1"}
    return {**content, **changes}


def test_a_new_ticket_with_photos_and_its_thread(lin: Member) -> None:
    browser = cast.browser_of(lin)
    assert browser.get("/me/tickets/new/").status_code == 200
    answer = browser.post("/me/tickets/new/", form(photos=[upload(), upload()]))
    assert answer.status_code == 302, answer.content.decode()
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/me/tickets/{ticket.number}/"
    again = browser.post("/me/tickets/new/", form(photos=[upload(), upload()]))
    assert again["Location"] == answer["Location"]
    assert (Ticket.objects.count(), TicketPhoto.objects.count()) == (1, 2)
    page = browser.get(answer["Location"]).content.decode()
    assert "等了四十分钟" in page
    assert page.count("<img") == 2
    photo = TicketPhoto.objects.first()
    assert photo is not None
    got = browser.get(f"/me/tickets/{ticket.number}/photos/{photo.pk}/")
    assert (got.status_code, got["Content-Type"]) == (200, "image/webp")
    assert "no-store" in got["Cache-Control"]
    browser.post(f"/me/tickets/{ticket.number}/", {"text": "补充"})
    browser.post(f"/me/tickets/{ticket.number}/close/")
    assert "重新打开" in browser.get(answer["Location"]).content.decode()
    browser.post(f"/me/tickets/{ticket.number}/reopen/")
    ticket.refresh_from_db()
    assert ticket.state == "open"
    assert "排队太久" in browser.get("/me/tickets/").content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"text": ""},
        {"text": "字" * 10_000},
        {"text": "a\u202eb"},
        {"subject": " "},
        {"kind": "dispute"},
        {"kind": "x" * 500},
        {"photos": [SimpleUploadedFile("a.jpg", b"<svg onload=1>")]},
        {"photos": [SimpleUploadedFile("a.jpg", b"")]},
        {"photos": [SimpleUploadedFile("a.jpg", b"x") for _ in range(7)]},
        {"store": "nowhere"},
        {"key": "k" * 500},
    ],
)
def test_a_bad_form_comes_back_with_a_reason(lin: Member, changes: dict[str, Any]) -> None:
    answer = cast.browser_of(lin).post("/me/tickets/new/", form(**changes))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert Ticket.objects.count() == 0


def test_nul_is_refused_everywhere(lin: Member) -> None:
    assert cast.browser_of(lin).post("/me/tickets/new/", form(text="a\x00b")).status_code == 422
    answer = cast.program_of(lin).post(API, form(text="a\x00b", key=""), JSON)
    assert answer.status_code == 400


@pytest.mark.parametrize("number", ["0", "abc", "9" * 400, "1234567890", "١٢٣٤٥٦٧٨٩٠"])
def test_there_is_no_such_ticket(lin: Member, number: str) -> None:
    browser, program = cast.browser_of(lin), cast.program_of(lin)
    for path in ("", "photos/1/", "photos/99999999999999999999/"):
        assert browser.get(f"/me/tickets/{number}/{path}").status_code == 404
    for path in ("close/", "reopen/", ""):
        assert browser.post(f"/me/tickets/{number}/{path}", {"text": "x"}).status_code == 404
    assert program.get(f"{API}/{number}").status_code == 404
    for path in ("messages", "close", "reopen"):
        assert program.post(f"{API}/{number}/{path}", {"text": "x"}, JSON).status_code == 404


def test_others_and_guests_reach_nothing(lin: Member, chen: Member) -> None:
    ticket = ask(lin, photos=1)
    photo = TicketPhoto.objects.get().pk
    browser, program = cast.browser_of(chen), cast.program_of(chen)
    page, api = f"/me/tickets/{ticket.number}/", f"{API}/{ticket.number}"
    for path in (page, f"{page}photos/{photo}/"):
        assert browser.get(path).status_code == 404
        assert Client().get(path).status_code == 302
    for path in (page, f"{page}close/", f"{page}reopen/"):
        assert browser.post(path, {"text": "x"}).status_code == 404
    for path in (api, f"{api}/photos/{photo}"):
        assert program.get(path).status_code == 404
        assert Client().get(path).status_code == 401
    for path in (f"{api}/messages", f"{api}/close", f"{api}/reopen"):
        assert program.post(path, {"text": "x"}, JSON).status_code == 404
    own = ask(chen)
    assert browser.get(f"/me/tickets/{own.number}/photos/{photo}/").status_code == 404
    assert TicketMessage.objects.filter(ticket=ticket).count() == 1


def test_by_api(lin: Member) -> None:
    client = cast.program_of(lin)
    content = {"kind": "suggestion", "subject": "夜宵", "text": "希望开到十二点"}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    made = client.post(API, content, JSON, headers=key)
    assert made.status_code == 201
    number = made.json()["number"]
    assert client.post(API, content, JSON, headers=key).status_code == 200
    other = client.post(API, {**content, "text": "别的"}, JSON, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "ticket_key_conflict")
    photo = client.post(f"{API}/{number}/messages", {"text": "图", "photos": [upload()]})
    assert photo.status_code == 201
    url = photo.json()["photos"][0]["url"]
    assert client.get(url)["Content-Type"] == "image/webp"
    thread = client.get(f"{API}/{number}").json()
    assert [one["text"] for one in thread["messages"]] == ["希望开到十二点", "图"]
    assert client.post(f"{API}/{number}/close").json()["state"] == "closed"
    refusal = client.post(f"{API}/{number}/messages", {"text": "x"}, JSON)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "ticket_closed")
    assert client.post(f"{API}/{number}/reopen").json()["state"] == "open"
    listed = client.get(API).json()
    assert [one["number"] for one in listed["results"]] == [number]
    assert (listed["next_cursor"], listed["usual_hours"]) == (None, None)


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"kind": "dispute"}, 422, "kind"),
        ({"kind": None}, 400, "kind"),
        ({"text": "字" * 10_000}, 422, "text"),
        ({"text": "字" * 30_000}, 400, "text"),
        ({"text": "a\u202eb"}, 422, "text"),
        ({"text": ["x"]}, 400, "text"),
        ({"subject": "两\n行"}, 422, "subject"),
        ({"store": "nowhere"}, 422, "store"),
        ({"photos": "x"}, 400, "photos"),
        ({"mood": "bad"}, 400, "mood"),
    ],
)
def test_a_bad_body_names_its_field(
    lin: Member, changes: dict[str, Any], status: int, field: str
) -> None:
    content = {"kind": "question", "subject": "问", "text": "问"}
    answer = cast.program_of(lin).post(API, {**content, **changes}, JSON)
    assert (answer.status_code, answer.json()["field"].partition("[")[0]) == (status, field)


def test_api_pages(lin: Member) -> None:
    for _number in range(5):
        ask(lin)
    client = cast.program_of(lin)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"page_size": "2", **({"cursor": cursor} if cursor else {})}
        page = client.get(API, query).json()
        seen += [one["number"] for one in page["results"]]
        cursor = page["next_cursor"]
    assert len(set(seen)) == 5
    assert client.get(API, {"cursor": "x"}).status_code == 400
    assert cast.browser_of(lin).get("/me/tickets/?before=x").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow(lin: Member, rows: int, django_assert_num_queries: Any) -> None:
    made = [ask(lin, photos=rows) for _number in range(rows)]
    staff = User.objects.create_superuser("kefu")
    for _number in range(rows):
        ticket_desk.answer(ticket_id=made[0].pk, staff=staff, text="好", at=timezone.now())
    browser, program = cast.browser_of(lin), cast.program_of(lin)
    with django_assert_num_queries(4):
        browser.get("/me/tickets/")
    with django_assert_num_queries(6):
        browser.get(f"/me/tickets/{made[0].number}/")
    with django_assert_num_queries(3):
        program.get(API)
    with django_assert_num_queries(4):
        program.get(f"{API}/{made[0].number}")


# --- the desk -------------------------------------------------------------------------------------


def staff_with(*codenames: str) -> Client:
    user = User.objects.create_user("-".join(codenames) or "nobody", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_the_desk_answers_notes_assigns_closes(lin: Member) -> None:
    ticket = ask(lin, photos=1)
    roles.ensure()
    user = User.objects.create_user("kefu", is_staff=True)
    user.groups.add(Group.objects.get(name="客服"))
    desk = Client()
    desk.force_login(user)
    page = f"/admin/members/ticket/{ticket.pk}"
    listed = desk.get("/admin/members/ticket/").content.decode()
    assert "积分没到账" in listed
    assert "待答复" in listed
    assert "昨天的小票没有积分" in desk.get(f"{page}/change/").content.decode()
    photo = TicketPhoto.objects.get().pk
    got = desk.get(f"/admin/members/ticket/{ticket.pk}/photos/{photo}/")
    assert got["Content-Type"] == "image/webp"
    assert desk.post(f"{page}/close/", {}).status_code == 200  # not before an answer
    for act, content in (
        ("note", {"text": "查一下收银"}),
        ("assign", {"to": str(user.pk)}),
        ("answer", {"text": "已补上"}),
        ("close", {}),
        ("reopen", {}),
    ):
        assert desk.get(f"{page}/{act}/").status_code == 200, act
        assert desk.post(f"{page}/{act}/", content).status_code == 302, act
    assert [one.act for one in ticket.messages.order_by("pk")] == [
        "wrote",
        "noted",
        "assigned",
        "wrote",
        "closed",
        "reopened",
    ]
    assert LogEntry.objects.filter(object_id=str(ticket.pk)).count() == 5
    assert (
        "查一下收银"
        not in cast.browser_of(lin).get(f"/me/tickets/{ticket.number}/").content.decode()
    )
    for wrong in ("", "字" * 3000, "a\u202eb"):
        assert desk.post(f"{page}/answer/", {"text": wrong}).status_code == 200


def test_overdue_comes_first_and_lists_are_filtered(lin: Member) -> None:
    late, fresh = ask(lin), ask(lin)
    Ticket.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(hours=1))
    desk = staff_with("view_ticket")
    page = desk.get("/admin/members/ticket/").content.decode()
    assert page.index(f"/ticket/{late.pk}/") < page.index(f"/ticket/{fresh.pk}/")
    only = desk.get("/admin/members/ticket/?work=overdue").content.decode()
    assert f"/ticket/{late.pk}/" in only
    assert f"/ticket/{fresh.pk}/" not in only
    for query in ("work=mine", "work=free", f"q={late.number}", "q=林小雨", "state__exact=open"):
        assert desk.get(f"/admin/members/ticket/?{query}").status_code == 200


def test_who_may_look_may_not_answer_and_others_see_nothing(lin: Member) -> None:
    ticket = ask(lin, photos=1)
    photo = f"/admin/members/ticket/{ticket.pk}/photos/{TicketPhoto.objects.get().pk}/"
    page = f"/admin/members/ticket/{ticket.pk}"
    looker, stranger = staff_with("view_ticket"), staff_with("view_member")
    assert looker.get(photo).status_code == 200
    assert stranger.get(photo).status_code == 403
    assert stranger.get(f"{page}/change/").status_code == 403
    for act in ("answer", "note", "assign", "close", "reopen"):
        for client in (looker, stranger):
            assert client.post(f"{page}/{act}/", {"text": "x"}).status_code == 403
    assert Client().get(photo).status_code == 302
    assert ticket.messages.count() == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_the_desks_list_does_not_grow_in_queries(rows: int, django_assert_num_queries: Any) -> None:
    for number in range(rows):
        ask(cast.member(f"1380013800{number}"))
    desk = staff_with("view_ticket")
    desk.get("/admin/members/ticket/")
    with django_assert_num_queries(10):
        desk.get("/admin/members/ticket/")


# --- people come and go ---------------------------------------------------------------------------


def test_tickets_go_along_in_a_merge(lin: Member, chen: Member) -> None:
    ticket = ask(chen)
    merging.merge(kept_id=lin.pk, gone_id=chen.pk, actor="staff:1", at=timezone.now())
    assert cast.browser_of(lin).get(f"/me/tickets/{ticket.number}/").status_code == 200


def test_nothing_of_an_erased_member_stays(
    lin: Member, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    ticket = ask(lin, photos=2)
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(member_id=lin.pk, actor=f"member:{lin.pk}", at=timezone.now())
    ticket.refresh_from_db()
    assert (ticket.state, ticket.subject) == ("closed", "")
    assert ticket.messages.get().text == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
