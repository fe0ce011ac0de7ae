"""The limits of sign-in, again and again: one burst may hold by luck, two hundred do not."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from pytest_django.fixtures import Settings

from members import exceptions
from members.models import Member, Password, SignInCode
from members.services import codes, passwords, registration, sessions, sign_in
from notifications.models import Message
from tests.members.conftest import NOON
from tests.racing import refused, succeeded, together

ROUNDS, CALLERS = 200, 24
pytestmark = [pytest.mark.rounds, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_other_limit(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SIGN_IN_CODES_PER_NETWORK_AND_HOUR = settings.SIGN_IN_CODES_PER_DAY = 10**6
    settings.SIGN_IN_PASSWORDS_PER_NETWORK_AND_HOUR = 10**6
    settings.SIGN_IN_PASSWORDS_PER_HOUR = 10**6


def phones() -> list[str]:
    return [f"+86138{number:08}" for number in range(ROUNDS)]


def ask(phone: str) -> codes.CodeSent:
    return codes.request_code(phone=phone, ip="203.0.113.9", language="en", at=NOON)


def enter(phone: str, code: str) -> sign_in.SignedIn:
    at = NOON + timedelta(seconds=1)
    return sign_in.sign_in(phone=phone, code=code, kind="web", user_agent=uuid.uuid4().hex, at=at)


def each_round(violations: Callable[[str], int]) -> int:
    return sum(violations(phone) for phone in phones())


def test_one_code_a_minute(record_property: Callable[[str, object], None]) -> None:
    def violations(phone: str) -> int:
        answers = together(CALLERS, lambda _n: ask(phone))
        kinds = {type(error) for error in refused(answers)}
        return int(len(succeeded(answers)) != 1 or kinds != {exceptions.CodeTooSoon})

    found = each_round(violations)
    record_property("rounds", ROUNDS)
    assert (found, Message.objects.count()) == (0, ROUNDS)


def test_five_guesses_at_a_code(record_property: Callable[[str, object], None]) -> None:
    def violations(phone: str) -> int:
        ask(phone)
        code = Message.objects.latest("pk").context["code"]
        wrong = f"{(int(code) + 1) % 10**6:06}"
        answers = together(CALLERS, lambda _n: enter(phone, wrong))
        tried = SignInCode.objects.latest("pk").attempts
        return int(tried != 5 or bool(succeeded(answers)))

    found = each_round(violations)
    record_property("rounds", ROUNDS)
    assert found == 0


def test_code_signs_in_once(record_property: Callable[[str, object], None]) -> None:
    def violations(phone: str) -> int:
        ask(phone)
        code = Message.objects.latest("pk").context["code"]
        return int(len(succeeded(together(CALLERS, lambda _n: enter(phone, code)))) != 1)

    found = each_round(violations)
    record_property("rounds", ROUNDS)
    assert (found, Member.objects.count()) == (0, ROUNDS)


def test_five_tries_at_a_password(record_property: Callable[[str, object], None]) -> None:
    encoded = make_password("right")

    def violations(phone: str) -> int:
        member = registration.register(phone=phone, at=NOON, source="web")
        Password.objects.create(member=member, encoded=encoded, changed_at=NOON)

        def guess(_number: int) -> sign_in.SignedIn:
            return passwords.sign_in(
                phone=phone, password="wrong", ip="", kind="web", user_agent="", at=NOON
            )

        kinds = [type(error) for error in refused(together(CALLERS, guess))]
        return int(kinds.count(exceptions.PasswordWrong) != 5 or len(kinds) != CALLERS)

    found = each_round(violations)
    record_property("rounds", ROUNDS)
    assert found == 0


def test_refresh_agrees(record_property: Callable[[str, object], None]) -> None:
    def violations(phone: str) -> int:
        member = registration.register(phone=phone, at=NOON, source="api")
        first = sessions.open_session(member=member, kind="api", user_agent="", at=NOON)

        def exchange(_number: int) -> sessions.Credentials:
            at = NOON + timedelta(minutes=1)
            return sessions.refresh(token=first.refresh_token, at=at).credentials

        answers = together(CALLERS, exchange)
        return int(len(set(succeeded(answers))) != 1 or bool(refused(answers)))

    found = each_round(violations)
    record_property("rounds", ROUNDS)
    assert found == 0
