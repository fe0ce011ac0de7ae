"""No message is lost or doubled, at whatever point the worker that has it dies."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from notifications import exceptions, policies
from notifications.models import Lane, Message
from notifications.services import claims, delivery, gateways
from notifications.services.gateways import Answer

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LATER = NOON + policies.LEASE

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """Not an error that anything catches: what a killed process looks like from inside."""


class Book:
    """A provider with a memory; `dies` says where the worker is killed."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.dies = ""
        self.is_away = False

    def __call__(self, message: Message) -> Answer:
        if self.dies == "before":
            raise Killed
        self.sent.append(message.pk)
        if self.dies == "after":
            raise Killed
        return Answer("ok", f"p{message.pk}")


class Traceable(Book):
    def find(self, messages: list[Message]) -> dict[int, Answer]:
        if self.is_away:
            raise exceptions.DeliveryFailed(reason="away", is_outage=True)
        return {one.pk: Answer("found") for one in messages if one.pk in self.sent}


blind, seeing = Book(), Traceable()


@pytest.fixture(params=["blind", "seeing"])
def they(request: pytest.FixtureRequest, settings: Settings) -> Book:
    book: Book = blind if request.param == "blind" else seeing
    book.__init__()  # type: ignore[misc]
    settings.SMS_GATEWAY = f"{__name__}.{request.param}"
    return book


def put(**values: Any) -> Message:
    return Message.objects.create(
        **{
            "channel": "sms",
            "to": "+8613800138000",
            "template": "ticket.answered",
            "language": "zh-hans",
            "body": "您好",
            "due_at": NOON,
            "created_at": NOON,
            **values,
        }
    )


def states() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("state", flat=True))


def killed(fn: Callable[[], object]) -> None:
    with pytest.raises(Killed):
        fn()


def sweep(now: datetime = NOON) -> delivery.Delivered:
    return delivery.deliver_due(now=now)


def test_killed_after_taking_loses_nothing(they: Book) -> None:
    put()
    claims.take(channel="sms", now=NOON, size=10, is_urgent=None)
    assert sweep().total == 0
    assert sweep(LATER).sent == 1
    assert len(they.sent) == 1


def test_killed_before_the_provider_has_it(they: Book) -> None:
    """From the row alone, this and the next case look the same: only the provider can tell."""
    put()
    they.dies = "before"
    killed(sweep)
    they.dies = ""
    Lane.objects.update(swept_until=None)
    outcome = sweep(LATER)
    if they is seeing:
        assert (outcome.sent, len(they.sent), states()) == (1, 1, ["sent"])
    else:
        assert (outcome.uncertain, len(they.sent), states()) == (1, 0, ["uncertain"])


def test_killed_after_the_provider_has_it(they: Book) -> None:
    put()
    they.dies = "after"
    killed(sweep)
    they.dies = ""
    Lane.objects.update(swept_until=None)
    sweep(LATER)
    sweep(LATER + timedelta(hours=3))
    assert len(they.sent) == 1
    assert states() == ["sent" if they is seeing else "uncertain"]


def test_killed_between_the_answer_and_its_note(
    they: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()

    def die(*_args: object, **_values: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(claims, "end", die)
        killed(sweep)
    Lane.objects.update(swept_until=None)
    sweep(LATER)
    assert len(they.sent) == 1
    assert states() == ["sent" if they is seeing else "uncertain"]


def test_at_most_one_message_of_a_blind_provider_is_uncertain(settings: Settings) -> None:
    blind.__init__()  # type: ignore[misc]
    settings.SMS_GATEWAY = f"{__name__}.blind"
    for _number in range(5):
        put()
    blind.dies = "after"
    killed(sweep)
    blind.dies = ""
    Lane.objects.update(swept_until=None)
    sweep(LATER)
    assert sorted(states()) == ["sent"] * 4 + ["uncertain"]
    assert len(set(blind.sent)) == len(blind.sent) == 5


def test_code_is_never_sent_again(they: Book) -> None:
    """Whoever waited for it has asked for another one."""
    put(is_secret=True, is_urgent=True, context={"code": "012345"}, template="sign_in_code")
    they.dies = "before"
    killed(sweep)
    they.dies = ""
    Lane.objects.update(swept_until=None)
    sweep(LATER)
    row = Message.objects.get()
    assert (row.state, row.body, row.context, they.sent) == ("uncertain", "", {}, [])


def test_provider_that_cannot_be_asked_is_asked_again(settings: Settings) -> None:
    seeing.__init__()  # type: ignore[misc]
    settings.SMS_GATEWAY = f"{__name__}.seeing"
    put()
    seeing.dies = "after"
    killed(sweep)
    seeing.dies, seeing.is_away = "", True
    Lane.objects.update(swept_until=None)
    assert sweep(LATER).postponed == 1
    row = Message.objects.get()
    assert (row.state, row.handed_at) == ("sending", NOON)
    seeing.is_away = False
    assert sweep(row.due_at).sent == 1
    assert len(seeing.sent) == 1


def test_sweep_that_lost_its_lease_says_nothing(they: Book) -> None:
    put()
    (mine,) = claims.take(channel="sms", now=NOON, size=1, is_urgent=None)
    (theirs,) = claims.take(channel="sms", now=LATER, size=1, is_urgent=None)
    assert claims.hand_over([mine], now=LATER) == []
    assert claims.hand_over([theirs], now=LATER) == [theirs]
    claims.end([claims.End(mine, Message.State.FAILED)], now=LATER)
    assert states() == ["sending"]
    claims.end([claims.End(theirs, Message.State.SENT)], now=LATER)
    assert states() == ["sent"]


def test_file_knows_what_it_has(settings: Settings, tmp_path: Path) -> None:
    settings.SMS_FILE = tmp_path / "sms.log"
    rows = [put(), put(), put(channel="email")]
    gateways.file(rows[0])
    with (tmp_path / "sms.log").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"id": rows[1].pk})[:-1])  # cut short by a full disk
    gateways.file(rows[2])
    found = gateways.file.find(rows)
    assert set(found) == {rows[0].pk, rows[2].pk}
    assert (tmp_path / "email.log").exists()
