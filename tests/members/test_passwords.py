"""Passwords: who may set one, and what guessing comes to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from pytest_django.fixtures import Settings

from members import exceptions
from members.models import CodeAllowance, DeviceSession, Member, Password
from members.services import passwords, registration, sessions, sign_in
from tests.members.conftest import NOON, PHONE, ask
from tests.racing import refused, succeeded, together

GOOD = "正确的 horse 电池"
STRANGER = "13900139000"


class CountingHasher(MD5PasswordHasher):
    """Fast, and it counts how much work a sign-in makes."""

    algorithm = "counting"
    made = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).made += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def fast_hasher(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.made = 0


@pytest.fixture
def member(db: None) -> Member:
    return registration.register(phone=PHONE, name="林小雨", at=NOON, source="web")


def set_directly(member: Member, text: str = GOOD) -> None:
    from django.contrib.auth.hashers import make_password

    Password.objects.create(member=member, encoded=make_password(text), changed_at=NOON)


def enter(
    text: str, *, phone: str = PHONE, ip: str = "203.0.113.9", seconds: float = 0
) -> sign_in.SignedIn:
    return passwords.sign_in(
        phone=phone,
        password=text,
        ip=ip,
        kind="web",
        user_agent="test",
        at=NOON + timedelta(seconds=seconds),
    )


def change(member: Member, new: str, **values: Any) -> None:
    given: dict[str, Any] = {"ip": "203.0.113.9", "keep_session": None, "at": NOON}
    passwords.change(member=member, new=new, **(given | values))


def test_code_sets_it_and_it_signs_in(member: Member, sent_code: Callable[[], str]) -> None:
    ask()
    change(member, GOOD, code=sent_code())
    done = enter(GOOD)
    assert (done.member, done.is_new) == (member, False)
    assert sessions.find(token=done.credentials.access_token, kind="web", at=NOON) is not None


def test_hash_is_kept_and_nothing_else(member: Member, sent_code: Callable[[], str]) -> None:
    ask()
    change(member, GOOD, code=sent_code())
    assert GOOD not in Password.objects.get().encoded


def test_old_password_changes_it(member: Member) -> None:
    set_directly(member)
    change(member, "another one, long", old=GOOD)
    with pytest.raises(exceptions.PasswordWrong):
        enter(GOOD)
    enter("another one, long")


@pytest.mark.parametrize(
    ("proof", "refusal"),
    [
        ({}, exceptions.PasswordProofNeeded),
        ({"old": "wrong"}, exceptions.PasswordWrong),
        ({"code": "000000"}, exceptions.CodeWrong),
        # A code is given, so it has to be right, whatever stands beside it.
        ({"code": "000000", "old": GOOD}, exceptions.CodeWrong),
    ],
)
def test_without_proof_nothing_changes(
    member: Member, proof: dict[str, str], refusal: type[Exception]
) -> None:
    set_directly(member)
    with pytest.raises(refusal):
        change(member, "another one, long", **proof)
    with pytest.raises(refusal):
        passwords.remove(member=member, ip="", keep_session=None, at=NOON, **proof)
    enter(GOOD)


def test_first_password_cannot_be_proven_by_an_empty_one(member: Member) -> None:
    with pytest.raises(exceptions.PasswordWrong):
        change(member, GOOD, old="nothing so far")
    assert not Password.objects.exists()


def test_change_signs_out_the_other_devices(member: Member) -> None:
    set_directly(member)
    for _device in range(3):
        sessions.open_session(member=member, kind="web", user_agent="test", at=NOON)
    kept = DeviceSession.objects.latest("pk")
    change(member, "another one, long", old=GOOD, keep_session=kept.pk)
    assert list(DeviceSession.objects.alive(NOON)) == [kept]


def test_removal(member: Member) -> None:
    set_directly(member)
    passwords.remove(member=member, old=GOOD, ip="", keep_session=None, at=NOON)
    with pytest.raises(exceptions.PasswordWrong):
        enter(GOOD)


def test_member_without_a_phone_has_no_proof(db: None) -> None:
    member = registration.register(external_number="A-1", at=NOON, source="till")
    with pytest.raises(exceptions.PhoneMissing):
        change(member, GOOD, code="123456")


@pytest.mark.parametrize(
    "weak", ["short", "12345678901234", "password123", "13800138000x", "a\x00" * 8, "x" * 129, ""]
)
def test_weak_ones_are_refused_with_reasons(member: Member, weak: str) -> None:
    with pytest.raises((exceptions.PasswordWeak, exceptions.PasswordUnfit)) as refusal:
        change(member, weak, old="whatever")
    assert refusal.value.field == "new_password"
    assert "%(" not in str(refusal.value)


@pytest.mark.parametrize(("language", "part"), [("zh-hans", "密码"), ("en", "password")])
def test_reasons_are_in_the_readers_language(member: Member, language: str, part: str) -> None:
    from django.utils import translation

    with translation.override(language), pytest.raises(exceptions.PasswordWeak) as refusal:
        change(member, "1234", old="whatever")
    assert part in str(refusal.value)


@pytest.mark.parametrize("text", ["", "wrong", "\ud800", "\x00", "x" * 100_000])
def test_one_answer_and_the_same_work_for_everybody(member: Member, text: str) -> None:
    """A number without a member, a member without a password, and a wrong one."""
    without = registration.register(phone="13700137000", at=NOON, source="web")
    set_directly(member)
    work, said = set(), set()
    for phone in (STRANGER, str(without.phone), PHONE):
        before = CountingHasher.made
        with pytest.raises(exceptions.PasswordWrong) as refusal:
            enter(text, phone=phone)
        work.add(CountingHasher.made - before)
        said.add(str(refusal.value))
    assert work == {1}
    assert len(said) == 1


def test_nobody_is_registered(db: None) -> None:
    with pytest.raises(exceptions.PasswordWrong):
        enter(GOOD, phone=STRANGER)
    assert not Member.objects.exists()


def test_tries_of_a_number_end_even_for_the_right_one(member: Member) -> None:
    set_directly(member)
    for _try in range(5):
        with pytest.raises(exceptions.PasswordWrong):
            enter("wrong")
    with pytest.raises(exceptions.PasswordTriesUsed) as refusal:
        enter(GOOD, ip="198.51.100.1")
    assert refusal.value.params == {"seconds": 3600}
    enter(GOOD, seconds=3600)


def test_strangers_tries_end_alike(db: None) -> None:
    for _try in range(5):
        with pytest.raises(exceptions.PasswordWrong):
            enter("wrong", phone=STRANGER)
    with pytest.raises(exceptions.PasswordTriesUsed):
        enter("wrong", phone=STRANGER)


def test_network_and_all_have_limits(member: Member, settings: Settings) -> None:
    settings.SIGN_IN_PASSWORDS_PER_NETWORK_AND_HOUR = 2
    settings.SIGN_IN_PASSWORDS_PER_HOUR = 3
    for last in range(2):
        with pytest.raises(exceptions.PasswordWrong):
            enter("wrong", phone=f"1390013900{last}")
    with pytest.raises(exceptions.PasswordTriesUsed):
        enter("wrong", phone="13900139008")
    with pytest.raises(exceptions.PasswordWrong):
        enter("wrong", phone="13900139008", ip="198.51.100.1")
    with pytest.raises(exceptions.PasswordsPaused):
        enter("wrong", phone="13900139009", ip="198.51.100.2")


def test_old_password_is_guessed_within_the_same_limits(member: Member) -> None:
    set_directly(member)
    for _try in range(5):
        with pytest.raises(exceptions.PasswordWrong):
            change(member, "another one, long", old="wrong")
    with pytest.raises(exceptions.PasswordTriesUsed):
        change(member, "another one, long", old=GOOD)


def test_same_letters_however_they_are_composed(member: Member) -> None:
    set_directly(member, "Crème brûlée!")
    enter("Cre\u0300me bru\u0302le\u0301e!")


def test_older_hash_is_made_anew(member: Member, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
        f"{__name__}.CountingHasher",
    ]
    from django.contrib.auth.hashers import get_hasher

    Password.objects.create(
        member=member, encoded=get_hasher("counting").encode(GOOD, "salt"), changed_at=NOON
    )
    enter(GOOD)
    assert Password.objects.get().encoded.startswith("pbkdf2_sha1$")
    enter(GOOD)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_of_guesses_gets_five_tries() -> None:
    set_directly(registration.register(phone=PHONE, at=NOON, source="web"))
    answers = together(24, lambda n: enter("wrong", ip=f"203.0.113.{n}"))
    kinds = [type(error) for error in refused(answers)]
    assert kinds.count(exceptions.PasswordWrong) == 5
    assert kinds.count(exceptions.PasswordTriesUsed) == 19
    assert succeeded(answers) == []
    assert CodeAllowance.objects.get(scope="pw_all").used == 5


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_over_numbers_keeps_the_limit_of_all(settings: Settings) -> None:
    settings.SIGN_IN_PASSWORDS_PER_HOUR = 7
    answers = together(24, lambda n: enter("wrong", phone=f"139001390{n:02}", ip=f"203.0.113.{n}"))
    kinds = [type(error) for error in refused(answers)]
    assert kinds.count(exceptions.PasswordWrong) == 7
    assert kinds.count(exceptions.PasswordsPaused) == 17
