from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from members import exceptions
from members.models import CodeAllowance, Consent, DeviceSession, Member, SignInCode
from members.services import codes, sessions, sign_in
from notifications.models import Message
from tests.members.conftest import NOON, PHONE, ask
from tests.members.test_policies import full_width
from tests.racing import refused, succeeded, together

SentCode = Callable[[], str]


def enter(code: str, *, phone: str = PHONE, seconds: int = 1) -> sign_in.SignedIn:
    at = NOON + timedelta(seconds=seconds)
    return sign_in.sign_in(phone=phone, code=code, kind="web", user_agent="test", at=at)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.mark.django_db
def test_right_code_registers_and_signs_in(sent_code: SentCode) -> None:
    ask()
    signed_in = enter(sent_code())
    assert signed_in.is_new
    assert signed_in.member.phone == PHONE
    assert Consent.objects.get().member == signed_in.member
    found = sessions.find(
        token=signed_in.credentials.access_token, kind="web", at=NOON + timedelta(days=1)
    )
    assert found is not None
    assert found.member == signed_in.member


@pytest.mark.django_db
def test_second_sign_in_finds_the_member(sent_code: SentCode) -> None:
    ask()
    first = enter(sent_code())
    ask(at=NOON + timedelta(minutes=2))
    second = enter(sent_code(), seconds=121)
    assert (second.member, second.is_new) == (first.member, False)
    assert Member.objects.count() == 1
    assert Consent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", ["{0}", " {0} ", "{0:3.3} {1}"])
def test_code_as_people_paste_it(sent_code: SentCode, spelling: str) -> None:
    ask()
    code = sent_code()
    assert enter(spelling.format(code, code[3:])).is_new


@pytest.mark.django_db
def test_code_in_full_width_digits(sent_code: SentCode) -> None:
    ask()
    assert enter(full_width(sent_code())).is_new


@pytest.mark.django_db
def test_code_is_for_one_use(sent_code: SentCode) -> None:
    ask()
    code = sent_code()
    enter(code)
    with pytest.raises(exceptions.CodeWrong):
        enter(code)


@pytest.mark.django_db
def test_code_is_for_its_own_number(sent_code: SentCode) -> None:
    ask()
    code = sent_code()
    ask("13900139000")
    with pytest.raises(exceptions.CodeWrong):
        enter(code, phone="13900139000")


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "is_good"), [(299, True), (300, False)])
def test_code_lapses_at_its_instant(sent_code: SentCode, seconds: int, is_good: bool) -> None:
    ask()
    if is_good:
        assert enter(sent_code(), seconds=seconds).is_new
    else:
        with pytest.raises(exceptions.CodeWrong):
            enter(sent_code(), seconds=seconds)


@pytest.mark.django_db
def test_newer_code_voids_the_older(sent_code: SentCode) -> None:
    ask()
    older = sent_code()
    ask(at=NOON + timedelta(seconds=60))
    if older != sent_code():
        with pytest.raises(exceptions.CodeWrong):
            enter(older, seconds=61)
    assert enter(sent_code(), seconds=61).is_new


@pytest.mark.django_db
def test_sixth_guess_is_refused_even_when_right(sent_code: SentCode) -> None:
    ask()
    for _guess in range(5):
        with pytest.raises(exceptions.CodeWrong):
            enter(wrong(sent_code()))
    with pytest.raises(exceptions.CodeWrong):
        enter(sent_code())
    assert SignInCode.objects.get().attempts == 5


@pytest.mark.django_db
def test_one_refusal_for_every_reason() -> None:
    """Whether a code was ever sent cannot be told from the answer."""
    with pytest.raises(exceptions.CodeWrong) as never_sent:
        enter("123456")
    ask()
    with pytest.raises(exceptions.CodeWrong) as wrong_code:
        enter("")
    assert str(never_sent.value) == str(wrong_code.value)


@pytest.mark.django_db
def test_answer_is_the_same_for_members_and_strangers(sent_code: SentCode) -> None:
    ask()
    enter(sent_code())
    later = NOON + timedelta(minutes=5)
    known, unknown = ask(at=later), ask("13900139000", at=later)
    assert (known.expires_at, known.resend_at) == (unknown.expires_at, unknown.resend_at)


@pytest.mark.django_db
def test_one_code_per_minute_and_number() -> None:
    ask()
    with pytest.raises(exceptions.CodeTooSoon) as refusal:
        ask(at=NOON + timedelta(seconds=59, milliseconds=500))
    assert refusal.value.params == {"seconds": 1}
    ask("13900139000", at=NOON + timedelta(seconds=1))
    ask(at=NOON + timedelta(seconds=60))
    assert Message.objects.count() == 3


@pytest.mark.django_db
def test_ten_codes_per_shanghai_day() -> None:
    for minute in range(10):
        ask(at=NOON + timedelta(minutes=minute))
    with pytest.raises(exceptions.CodesExhausted):
        ask(at=NOON + timedelta(minutes=10))
    midnight = NOON + timedelta(hours=12)
    with pytest.raises(exceptions.CodesExhausted):
        ask(at=midnight - timedelta(seconds=1))
    ask(at=midnight)


@pytest.mark.django_db
def test_refused_requests_count_against_no_limit() -> None:
    ask()
    for second in range(1, 30):
        with pytest.raises(exceptions.CodeTooSoon):
            ask(at=NOON + timedelta(seconds=second))
    assert set(CodeAllowance.objects.values_list("scope", "used")) == {
        ("phone", 1),
        ("network", 1),
        ("all", 1),
    }


@pytest.mark.django_db
def test_network_has_a_cap(settings: Settings) -> None:
    settings.SIGN_IN_CODES_PER_NETWORK_AND_HOUR = 3
    for last in range(3):
        ask(f"1380013800{last}", ip=f"2001:db8::{last}")
    with pytest.raises(exceptions.TooManyRequests):
        ask("13800138009", ip="2001:db8::9")
    ask("13800138009", ip="2001:db8:0:1::9")
    ask("13800138008", ip="2001:db8::9", at=NOON + timedelta(hours=1))


@pytest.mark.django_db
@pytest.mark.parametrize("budget", [0, 2])
def test_budget_for_all(settings: Settings, budget: int) -> None:
    settings.SIGN_IN_CODES_PER_DAY = budget
    for last in range(budget):
        ask(f"1380013800{last}", ip=f"203.0.113.{last}")
    with pytest.raises(exceptions.CodesPaused):
        ask("13800138009", ip="203.0.113.99")


@pytest.mark.django_db
def test_no_clear_text_stays(sent_code: SentCode) -> None:
    ask()
    row = SignInCode.objects.get()
    assert PHONE[3:] not in f"{row.phone_key} {row.code_hash}"
    assert sent_code() not in row.code_hash


@pytest.mark.django_db
def test_forget_codes_keeps_recent_ones() -> None:
    ask()
    assert codes.forget_codes(now=NOON + timedelta(days=2, minutes=5)) == 0
    assert codes.forget_codes(now=NOON + timedelta(days=2, minutes=5, seconds=1)) == 1


@pytest.mark.django_db
def test_counters_go_when_nobody_has_touched_them_for_two_days() -> None:
    ask()
    codes.forget_codes(now=NOON + timedelta(days=2))
    assert CodeAllowance.objects.count() == 3
    codes.forget_codes(now=NOON + timedelta(days=2, seconds=1))
    assert not CodeAllowance.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_over_the_day_sends_what_is_left(settings: Settings) -> None:
    """The minute has passed and one code of the day is left: 24 requests get one between them."""
    for minute in range(9):
        ask(at=NOON + timedelta(minutes=minute))
    answers = together(24, lambda n: ask(at=NOON + timedelta(minutes=10, milliseconds=n)))
    assert len(succeeded(answers)) == 1
    assert CodeAllowance.objects.get(scope="phone").used == 10


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_of_guesses_gets_five_tries(sent_code: SentCode) -> None:
    ask()
    code = sent_code()
    answers = together(24, lambda n: enter(wrong(code) if n else code))
    assert {type(error) for error in refused(answers)} == {exceptions.CodeWrong}
    assert SignInCode.objects.get().attempts == 5
    assert len(succeeded(answers)) <= 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_of_right_codes_signs_in_once(sent_code: SentCode) -> None:
    ask()
    code = sent_code()
    answers = together(24, lambda _n: enter(code))
    assert len(succeeded(answers)) == 1
    assert DeviceSession.objects.count() == 1
    assert Member.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_of_requests_sends_one_code() -> None:
    answers = together(24, lambda _n: ask())
    assert len(succeeded(answers)) == 1
    assert {type(error) for error in refused(answers)} == {exceptions.CodeTooSoon}
    assert Message.objects.count() == SignInCode.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_of_numbers_keeps_the_budget(settings: Settings) -> None:
    settings.SIGN_IN_CODES_PER_DAY = 7
    answers = together(24, lambda n: ask(f"138001380{n:02}", ip=f"203.0.113.{n}"))
    assert len(succeeded(answers)) == 7
    assert {type(error) for error in refused(answers)} == {exceptions.CodesPaused}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_from_one_network_keeps_its_cap(settings: Settings) -> None:
    settings.SIGN_IN_CODES_PER_NETWORK_AND_HOUR = 7
    answers = together(24, lambda n: ask(f"138001380{n:02}"))
    assert len(succeeded(answers)) == 7
