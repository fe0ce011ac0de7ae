"""Where messages leave the house. The operator chooses one per channel by a dotted path.

A path names a function that takes a message, or an object that can be called so and can also be
asked afterwards (`find`): after a crash, nothing else tells whether a message left.
"""

import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from django.conf import settings
from django.utils.module_loading import import_string

from notifications import exceptions
from notifications.models import Message
from notifications.services import templates
from notifications.services.templates import Wordings

# They take any text; a provider of SMS or WeChat sends its own, with our values in it.
_OWN_SINKS = "notifications.services.gateways."
_ALIYUN = "notifications.services.aliyun."

_file_lock = threading.Lock()


class Answer(NamedTuple):
    """What a provider says of a message, at most 200 characters, and what it calls it."""

    result: str
    provider_id: str = ""


class Gateway(Protocol):
    def __call__(self, message: Message) -> str | Answer:
        """Send `message` within ten seconds in all.

        Raises `DeliveryFailed` where it certainly did not leave, and `DeliveryUncertain` where it
        may have. It is called twice for one message only after it said that the first had failed,
        or `find` that nothing is known of it.
        """


@runtime_checkable
class Traceable(Protocol):
    """A gateway that can tell what became of a message that it was handed."""

    def find(self, messages: Sequence[Message]) -> dict[int, Answer]:
        """Those of `messages` that arrived at the provider, by id.

        Raises `DeliveryFailed` when it cannot be asked now.
        """


def chosen(channel: str) -> Gateway:
    """The gateway of a channel; fails loudly for a path that leads nowhere."""
    gateway: Gateway = import_string(_paths()[channel])
    return gateway


def open_channels() -> tuple[str, ...]:
    """The channels for which the operator has chosen a gateway, in a fixed order."""
    return tuple(channel for channel, path in _paths().items() if path)


def can_word(wordings: Wordings, *, kind: str, event: str, channel: str, language: str) -> bool:
    """Whether the channel's provider has words for the event: some take none from outside."""
    path = _paths()[channel]
    if channel == Message.Channel.EMAIL or path.startswith(_OWN_SINKS):
        return True
    if wordings.provider_template(kind=kind, event=event, channel=channel, language=language):
        return True
    if path.startswith(_ALIYUN):
        return templates.key_of(kind, event) in settings.ALIYUN_SMS_TEMPLATES
    # An SMS gateway of the operator's own has the text; WeChat has fields, and no other words.
    return channel == Message.Channel.SMS


def can_bundle(channel: str) -> bool:
    """Whether several messages can be one: WeChat's are each allowed by themselves, and Aliyun
    needs a template for it."""
    if channel == Message.Channel.SMS and _paths()[channel].startswith(_ALIYUN):
        return templates.DIGEST in settings.ALIYUN_SMS_TEMPLATES
    return channel != Message.Channel.WECHAT


def _paths() -> dict[str, str]:
    return {
        Message.Channel.SMS.value: settings.SMS_GATEWAY,
        Message.Channel.WECHAT.value: settings.WECHAT_MESSAGE_GATEWAY,
        Message.Channel.EMAIL.value: settings.EMAIL_GATEWAY,
    }


def console(message: Message) -> Answer:
    """For trials: print the message where the worker runs."""
    line = "─" * 60
    head = f"{message.get_channel_display()} → {message.to}"
    text = "\n│ ".join(part for part in (head, message.subject, message.body) if part)
    sys.stdout.write(f"\n┌{line}\n│ {text}\n└{line}\n")
    sys.stdout.flush()
    return Answer("console")


class File:
    """For trials and tests: append the message as one JSON line to the file of its channel.

    That is `settings.SMS_FILE`, and its neighbours `email.log` and `wechat.log`.
    """

    def __call__(self, message: Message) -> Answer:
        path = self.path(message.channel)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _append(path, json.dumps(_record(message), ensure_ascii=False))
        except OSError as error:
            raise exceptions.DeliveryFailed(reason=str(error), is_outage=True) from error
        return Answer(path.name)

    def find(self, messages: Sequence[Message]) -> dict[int, Answer]:
        wanted = {message.pk for message in messages}
        found: dict[int, Answer] = {}
        for path in {self.path(message.channel) for message in messages}:
            if path.exists():
                with path.open(encoding="utf-8") as lines:
                    ids = {number for line in lines if (number := _id_of(line)) in wanted}
                found |= dict.fromkeys(ids, Answer(path.name))
        return found

    @staticmethod
    def path(channel: str) -> Path:
        sms = Path(settings.SMS_FILE)
        return sms if channel == Message.Channel.SMS else sms.with_name(f"{channel}.log")


file = File()


def _record(message: Message) -> dict[str, object]:
    record: dict[str, object] = {
        "id": message.pk,
        "channel": message.channel,
        "to": message.to,
        "template": message.template,
        "language": message.language,
        "context": message.context,
        "body": message.body,
    }
    told = {"subject": message.subject, "link": message.link}
    return record | {name: value for name, value in told.items() if value}


def _id_of(line: str) -> int:
    """Of a line that begins as `_record` does; a line that was cut short counts for nothing."""
    start, end = len('{"id": '), line.find(",")
    digits = line[start:end]
    return int(digits) if line.endswith("}\n") and digits.isdigit() else 0


def _append(path: Path, line: str) -> None:
    # One write to a descriptor in append mode: lines of several workers never mix.
    with _file_lock:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)
