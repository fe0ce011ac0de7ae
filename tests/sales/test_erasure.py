"""After an account is closed no direct identifier remains anywhere, and the books still hold."""

import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection
from PIL import Image
from pytest_django.fixtures import Settings

from campaigns.models import EarningRuleVersion, Event
from campaigns.policies.events import EventInput
from campaigns.services import events
from members import exceptions, selectors, signals
from members.models import (
    AccessLog,
    Address,
    Consent,
    DeviceSession,
    ErasedPhone,
    Member,
    MemberTag,
    Relation,
    Tag,
    WechatIdentity,
)
from members.selectors import look_up
from members.services import (
    addresses,
    codes,
    consents,
    erasure,
    merging,
    passwords,
    profile,
    relations,
    sessions,
    sign_in,
)
from notifications.models import Message
from points.exceptions import AccountFrozen, AccountHasHolds, PersonNamed
from points.models import Adjustment, Entry, Gift, GiftSettings
from points.selectors import audit, balances
from points.services import accounts, adjustments, gifts, holds, ledger, maturity
from sales.models import ImportIssue, ImportRun, Receipt
from sales.policies.receipts import MemberRef
from stores.models import Store
from tests import cast
from tests.racing import together
from tests.sales.conftest import LIN, NOON, back, net, receipt, take_one

pytestmark = pytest.mark.django_db
STAFF = "staff:1"
LIN_PHONE = "+8613800138001"
PHONE, OTHER_PHONE, PARCEL_PHONE = "+8613812345678", "+8613987654321", "+8613711223344"
NAME, OTHER_NAME = "欧阳静怡", "欧阳小怡"
EXTERNAL, OTHER_EXTERNAL = "CRM-770142", "CRM-880251"
OPENID, UNIONID = "oOpen-6789ab-xyz", "uUnion-4567cd-xyz"
ESCAPED = json.dumps([{"changed": {"name": "x", "object": NAME, "fields": ["name"]}}])
WIDE = "13812345678".translate({ord("0") + n: 0xFF10 + n for n in range(10)})
WANTED = (
    WIDE,
    *("13812345678", "138 1234 5678", "138-1234-5678", "13987654321", "13711223344"),
    *("139 8765 4321", "137 1122 3344", NAME, OTHER_NAME, EXTERNAL, OTHER_EXTERNAL),
    *(OPENID, UNIONID, "翠苑街道"),
)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def erase(member: Member, *, at: Any = NOON, **options: Any) -> None:
    erasure.erase(member_id=member.pk, actor=STAFF, at=at, **options)


def balance(member: Member) -> balances.Balance:
    return balances.balance(member.pk, NOON)


def dump() -> Iterator[str]:
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT * FROM {quoted}")
            for row in cursor.fetchall():
                yield f"{table}: " + " | ".join(_readable(value) for value in row)


def _readable(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def found(media: Path) -> list[str]:
    """Everything that still names the person: rows of the database and files."""
    wanted = [*WANTED, *(text.encode("unicode_escape").decode() for text in WANTED)]
    hits = [line for line in dump() if any(text in line for text in wanted)]
    for path in media.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            hits += [f"{path}" for text in WANTED if text.encode() in content]
            hits += [f"{path}" for text in WANTED if text.replace("-", "") in path.name]
    return hits


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(target, "PNG")
    return target.getvalue()


def write_log(user: User, row: Any, words: str) -> None:
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=CHANGE,
        change_message=words,
    )


@pytest.fixture
def person(store: Store, rule: EarningRuleVersion, lin: Member) -> Member:
    """Somebody with everything that the product can know about a person."""
    person = cast.member(PHONE, NAME)
    Member.objects.filter(pk=person.pk).update(external_number=EXTERNAL, source_code="海报七号")
    person.refresh_from_db()
    profile.edit(
        member_id=person.pk,
        changes=profile.Changes(gender="female", birthday=date(1990, 5, 17)),
        at=NOON,
    )
    profile.set_avatar(member_id=person.pk, content=picture())
    profile.invitation_code(person)
    home = addresses.Content(NAME, PARCEL_PHONE, "330106", "翠苑街道 1 号")
    addresses.add(member_id=person.pk, content=home, at=NOON)
    for purpose in ("terms", "marketing"):
        consents.give(member_id=person.pk, purpose=purpose, at=NOON)
    MemberTag.objects.create(member=person, tag=Tag.objects.create(name="熟客"))
    WechatIdentity.objects.create(
        member=person, app_id="wx1", openid=OPENID, unionid=UNIONID, bound_at=NOON
    )
    sessions.open_session(member=person, kind="api", user_agent=f"{NAME} 的手机", at=NOON)
    _purchases(store, person)
    _talk(person, lin)
    _staff(store, person)
    second = cast.member(OTHER_PHONE, OTHER_NAME)
    Member.objects.filter(pk=second.pk).update(external_number=OTHER_EXTERNAL)
    cast.earned(second, 30, at=NOON)
    merging.merge(kept_id=person.pk, gone_id=second.pk, actor=STAFF, at=NOON)
    person.refresh_from_db()
    return person


def _purchases(store: Store, person: Member) -> None:
    take_one(store, receipt("A1", "100.00", member=MemberRef("phone", "138 1234 5678")))
    take_one(store, receipt("A2", "50.00", member=MemberRef("external", EXTERNAL)))
    act = EventInput(
        external_id="E1",
        trigger="review",
        member_id=person.pk,
        occurred_at=NOON,
        attributes={"by": NAME},
    )
    events.record(source="shop", event=act, actor="t", now=NOON)
    run = ImportRun.objects.create(
        store=store,
        file=ContentFile(f"{PHONE},{NAME}".encode(), name="receipts.csv"),
        file_name="receipts.csv",
        sha256="x",
        mapping="",
        actor="t",
        state="done",
        started_at=NOON,
        heartbeat_at=NOON,
        finished_at=NOON,
    )
    for value in ("138 1234 5678", WIDE, EXTERNAL, "0086 13812345678"):
        ImportIssue.objects.create(
            run=run, row=1, number="X", code="unknown_member", params={"member": value}
        )


def _talk(person: Member, lin: Member) -> None:
    token = relations.invite(member_id=lin.pk, kind="friend", at=NOON - timedelta(days=30)).token
    relations.accept(member_id=person.pk, token=token, at=NOON - timedelta(days=30))
    GiftSettings.objects.create(is_on=True)
    gifts.give(
        giver_id=person.pk,
        receiver_id=lin.pk,
        points=20,
        words=f"{NAME}送你",
        key="g1",
        actor="t",
        at=NOON,
    )
    codes.request_code(phone=PHONE, ip="10.0.0.1", language="zh-hans", at=NOON)
    Message.objects.create(
        channel="sms",
        to=PHONE,
        template="points",
        language="zh-hans",
        context={"name": NAME},
        body=f"{NAME}，您的积分到账了",
        state="sent",
        due_at=NOON,
        created_at=NOON,
    )


def _staff(store: Store, person: Member) -> None:
    user = User.objects.create_user("wang")
    write_log(user, person, f"电话由 {PHONE} 更正")
    write_log(user, store, f"{NAME} 在此店投诉，138 1234 5678")
    write_log(user, person, ESCAPED)
    adjustments.request(
        key="a1",
        member_id=person.pk,
        points=5,
        reason="goodwill",
        note=f"{NAME} 的咖啡洒了",
        requested_by=user,
        at=NOON,
    )


def test_no_identifier_is_left_in_a_dump(
    person: Member, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    assert len(found(media)) > 15, "or the search would find nothing anyway"
    assert len(list(media.rglob("*.*"))) == 2, "a picture and an uploaded file"
    with django_capture_on_commit_callbacks(execute=True):
        erase(person)
    assert found(media) == []
    assert list(media.rglob("*.*")) == []
    person.refresh_from_db()
    assert (person.name, person.phone, person.external_number) == ("", None, None)
    assert (person.birthday, person.gender, person.invitation_code) == (None, "", None)
    assert str(person) == person.number


def test_the_books_hold_and_stand_for_nobody(person: Member, lin: Member) -> None:
    before = Entry.objects.count()
    soon = NOON + timedelta(days=3)
    cast.earned(person, 70, at=NOON, usable_at=soon, expires_at=NOON + timedelta(days=90))
    erase(person)
    assert audit.run().breaches == {}
    assert balance(person).available == 0
    assert (balance(person).pending, balance(person).debt, net(person)) == (0, 0, 0)
    assert Entry.objects.count() == before + 3, "earned, then the usable and the pending points"
    entries = Entry.objects.filter(source="erasure")
    assert [(entry.kind, entry.actor) for entry in entries] == [("clawback", STAFF)] * 2
    assert net(lin) == 20, "a gift that was given stays given"
    maturity.release_pending(now=soon)
    assert net(person) == 0
    assert audit.run().breaches == {}


def test_a_debt_is_written_off(lin: Member) -> None:
    ledger.claw_back(
        member_id=lin.pk, points=35, reference="c", source="return", actor="t", at=NOON
    )
    assert balance(lin).debt == 35
    erase(lin)
    assert (balance(lin).debt, balance(lin).available) == (0, 0)
    assert audit.run().breaches == {}


def test_what_had_lapsed_stays_lapsed(lin: Member) -> None:
    cast.earned(lin, 40, at=NOON - timedelta(days=9), expires_at=NOON - timedelta(days=1))
    cast.earned(lin, 5, at=NOON)
    erase(lin)
    assert (balance(lin).expired_total, balance(lin).clawed_total) == (40, 5)
    assert audit.run().breaches == {}


def test_what_remains_of_a_person(person: Member, lin: Member) -> None:
    (session,) = DeviceSession.objects.filter(member=person)
    erase(person)
    for model in (Address, DeviceSession, MemberTag, WechatIdentity):
        assert not model._default_manager.filter(member=person).exists()
    assert session.pk
    consent = Consent.objects.filter(member=person)
    assert consent.count() == 2, "that they agreed, and until when"
    assert not consent.standing().exists()
    assert not Relation.objects.standing().exists()
    assert Gift.objects.get().words == ""
    assert Adjustment.objects.get().note == "—"
    assert Event.objects.get(source="shop").attributes == {}
    assert Receipt.objects.filter(member=person).count() == 2
    assert ErasedPhone.objects.count() == 2
    note = AccessLog.objects.get(what="erasure")
    assert (note.member_id, note.actor, note.times) == (person.pk, STAFF, 1)
    gone = Member.objects.get(merged_into=person)
    assert (gone.phone, gone.name, gone.external_number) == (None, "", None)
    assert gone.erased_at == NOON


def test_no_name_leads_to_who_has_left(person: Member) -> None:
    number = person.number
    erase(person)
    for kind, value in (
        ("phone", "13812345678"),
        ("phone", "13987654321"),
        ("external", EXTERNAL),
        ("number", number),
    ):
        assert look_up.look_up(kind, value, at=NOON) is None
        assert selectors.member_id(kind, value) is None
    for text in ("13812345678", NAME, EXTERNAL, OTHER_NAME):
        assert not selectors.found_by(text).exists()
    assert sign_in.owner_of(PHONE) is None


def test_tokens_die_and_passwords_open_nothing(lin: Member) -> None:
    tokens = {
        kind: sessions.open_session(member=lin, kind=kind, user_agent="x", at=NOON)
        for kind in ("web", "api")
    }
    erase(lin)
    for kind, credentials in tokens.items():
        assert sessions.find(token=credentials.access_token, kind=kind, at=NOON) is None
    with pytest.raises(exceptions.RefreshRefused):
        sessions.refresh(token=tokens["api"].refresh_token, at=NOON)
    late = sessions.open_session(member=lin, kind="web", user_agent="x", at=NOON)
    assert sessions.find(token=late.access_token, kind="web", at=NOON) is None
    with pytest.raises(exceptions.PasswordWrong):
        passwords.sign_in(
            phone=LIN_PHONE, password="x", ip="10.0.0.1", kind="web", user_agent="x", at=NOON
        )


def test_an_account_is_closed_once(person: Member) -> None:
    erase(person)
    entries = Entry.objects.count()
    erase(person, at=NOON + timedelta(days=1))
    person.refresh_from_db()
    assert (person.erased_at, Entry.objects.count()) == (NOON, entries)
    assert AccessLog.objects.get(what="erasure").times == 1


def test_a_row_that_was_merged_is_closed_with_who_is_left(lin: Member, chen: Member) -> None:
    merging.merge(kept_id=lin.pk, gone_id=chen.pk, actor=STAFF, at=NOON)
    with pytest.raises(exceptions.MemberClosed):
        erase(chen)
    erase(lin)
    with pytest.raises(exceptions.MemberClosed):
        merging.merge(kept_id=lin.pk, gone_id=cast.member().pk, actor=STAFF, at=NOON)


@pytest.mark.parametrize("named", ["phone", "number", "nobody"])
def test_a_return_after_the_account_was_closed(
    store: Store, rule: EarningRuleVersion, lin: Member, named: str
) -> None:
    """It lands, takes nothing that is not there, and makes no debt of nobody."""
    sale = receipt("A1", "100.00", "60.00")
    take_one(store, sale)
    erase(lin)
    ref = {"phone": MemberRef("phone", LIN_PHONE), "number": LIN, "nobody": None}[named]
    first = back("A1-R", "A1", sale.lines[0], member=ref)
    returned = take_one(store, first, create_members=True)
    assert returned.refusal is None
    assert take_one(store, first).is_replay
    assert balance(lin).debt == 0
    row = Receipt.objects.get(number="A1-R")
    assert (row.member_id, row.shortfall, row.deduct) == (lin.pk, 100, None)
    assert audit.run().breaches == {}


def test_the_number_may_register_anew_but_gets_no_second_welcome(
    lin: Member,
) -> None:
    from campaigns.models import EarningRule
    from campaigns.services import rules

    version = EarningRuleVersion.objects.create(name="R", starts_at=NOON - timedelta(days=700))
    EarningRule.objects.create(
        version=version,
        position=1,
        key="join",
        name="注册",
        trigger="registration",
        effect="fixed",
        points=50,
    )
    rules.publish(
        version=version,
        by=None,
        now=NOON - timedelta(days=600),
        reason="test",
        short_notice_reason="test",
    )
    erase(lin)
    again, is_new = sign_in.find_or_register(phone=LIN_PHONE, source="web", at=NOON)
    assert is_new
    assert again.pk != lin.pk
    other, _is_new = sign_in.find_or_register(phone=PHONE, source="web", at=NOON)
    assert (net(again), net(other)) == (0, 50)


def test_what_stands_in_the_way(lin: Member) -> None:
    cast.earned(lin, 50, at=NOON)
    holds.hold(
        member_id=lin.pk,
        points=10,
        reference="h",
        source="checkout",
        actor="t",
        at=NOON,
        until=NOON + timedelta(minutes=30),
    )
    for is_forced in (False, True):
        with pytest.raises(AccountHasHolds):
            erase(lin, is_forced=is_forced)
    holds.release(member_id=lin.pk, hold_reference="h", reference="r", actor="t", at=NOON)
    accounts.freeze(member_id=lin.pk, reason="查", reference="f", actor="s", at=NOON)
    with pytest.raises(AccountFrozen):
        erase(lin)
    lin.refresh_from_db()
    assert lin.erased_at is None
    erase(lin, is_forced=True)
    assert net(lin) == 0
    assert audit.run().breaches == {}


@pytest.mark.django_db(transaction=True)
def test_a_member_closes_it_with_a_fresh_code(lin: Member) -> None:
    code: list[str] = []

    def listen(**kwargs: Any) -> None:
        code.append(str(kwargs["code"]))

    signals.sign_in_code_issued.connect(listen, weak=False)
    try:
        codes.request_code(phone=LIN_PHONE, ip="10.0.0.1", language="zh-hans", at=NOON)
    finally:
        signals.sign_in_code_issued.disconnect(listen)
    lin.refresh_from_db()
    with pytest.raises(exceptions.CodeWrong):
        erasure.erase_own(member=lin, code="000000x", at=NOON)
    accounts.freeze(member_id=lin.pk, reason="查", reference="f", actor="s", at=NOON)
    with pytest.raises(AccountFrozen):
        erasure.erase_own(member=lin, code=code[0], at=NOON)
    accounts.unfreeze(member_id=lin.pk, reason="清", reference="u", actor="s", at=NOON)
    erasure.erase_own(member=lin, code=code[0], at=NOON)
    lin.refresh_from_db()
    assert lin.erased_at == NOON
    assert AccessLog.objects.get(what="erasure").actor == "member"


def test_what_was_on_its_way_is_forgotten_within_the_hour(lin: Member) -> None:
    erase(lin)
    cast.earned(lin, 30, at=NOON)
    Member.objects.filter(pk=lin.pk).update(name="林小雨")
    assert erasure.are_recent(now=NOON + timedelta(minutes=10))
    erasure.tidy(now=NOON + timedelta(minutes=10))
    lin.refresh_from_db()
    assert (net(lin), lin.name, lin.erased_at) == (0, "", NOON)
    assert not erasure.are_recent(now=NOON + timedelta(hours=2))
    assert audit.run().breaches == {}


def test_nothing_is_written_to_who_has_left(lin: Member) -> None:
    erase(lin)
    home = addresses.Content("林", LIN_PHONE, "330106", "文三路")
    with pytest.raises(exceptions.MemberClosed):
        profile.edit(member_id=lin.pk, changes=profile.Changes(name="林"), at=NOON)
    with pytest.raises(exceptions.MemberClosed):
        addresses.add(member_id=lin.pk, content=home, at=NOON)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_closing_amid_purchases_and_spending(
    store: Store, rule: EarningRuleVersion, lin: Member
) -> None:
    cast.earned(lin, 1000, at=NOON)

    def act(number: int) -> Any:
        if number % 3 == 0:
            return erase(lin)
        if number % 3 == 1:
            return take_one(store, receipt(f"N{number}", "10.00"))
        return cast.spent(lin, 10, at=NOON)

    answers = together(24, act)
    assert all(not isinstance(answers[number], Exception) for number in range(0, 24, 3)), answers
    erasure.tidy(now=NOON + timedelta(minutes=1))
    assert (net(lin), balance(lin).pending) == (0, 0)
    assert Entry.objects.filter(source="erasure", reference__endswith=":usable").count() <= 2
    assert audit.run().breaches == {}
    assert AccessLog.objects.get(what="erasure").times == 1


@pytest.mark.parametrize("reason", [f"{PHONE} 盗号", "电话 138 1234 5678", WIDE])
def test_what_no_erasure_could_take_back_is_not_written(lin: Member, reason: str) -> None:
    with pytest.raises(PersonNamed):
        accounts.freeze(member_id=lin.pk, reason=reason, reference="f", actor="s", at=NOON)
