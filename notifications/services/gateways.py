"""Where messages leave the house. The operator chooses one by a dotted path in the settings."""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from notifications import exceptions
from notifications.models import Message
from notifications.services import templates
from notifications.services.templates import Wordings

# They take any text; a provider of SMS or WeChat sends its own, with our values in it.
_OWN_SINKS = "notifications.services.gateways."

_file_lock = threading.Lock()


class Gateway(Protocol):
    def __call__(self, message: Message) -> str:
        """Send `message` and return what the provider says about it, at most 200 characters.

        Raises `DeliveryFailed`. It may be called again for the same message when a worker died
        between sending and noting it: pass `message.pk` on as the provider's key against that.
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
    if path.startswith(_OWN_SINKS) or channel == Message.Channel.EMAIL:
        return True
    if wordings.provider_template(kind=kind, event=event, channel=channel, language=language):
        return True
    return (
        templates.key_of(kind, event) in settings.ALIYUN_SMS_TEMPLATES
        if (channel == Message.Channel.SMS)
        else False
    )


def can_bundle(channel: str) -> bool:
    """Whether several messages can be one: WeChat's are each allowed by themselves, and an SMS
    provider needs a template for it."""
    if channel == Message.Channel.SMS:
        is_free = _paths()[channel].startswith(_OWN_SINKS)
        return is_free or templates.DIGEST in settings.ALIYUN_SMS_TEMPLATES
    return channel == Message.Channel.EMAIL


def _paths() -> dict[str, str]:
    return {
        Message.Channel.SMS.value: settings.SMS_GATEWAY,
        Message.Channel.EMAIL.value: settings.EMAIL_GATEWAY,
        Message.Channel.WECHAT.value: settings.WECHAT_MESSAGE_GATEWAY,
    }


def console(message: Message) -> str:
    """For trials: print the message where the worker runs."""
    line = "─" * 60
    text = (
        f"\n┌{line}\n│ {message.get_channel_display()} → {message.to}\n│ {message.body}\n└{line}\n"
    )
    sys.stdout.write(text)
    sys.stdout.flush()
    return "console"


def file(message: Message) -> str:
    """For trials and tests: append the message as one JSON line to `settings.SMS_FILE`."""
    record = {
        "id": message.pk,
        "channel": message.channel,
        "to": message.to,
        "template": message.template,
        "language": message.language,
        "context": message.context,
        "body": message.body,
    }
    path = Path(settings.SMS_FILE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _append(path, json.dumps(record, ensure_ascii=False))
    except OSError as error:
        raise exceptions.DeliveryFailed(reason=str(error)) from error
    return path.name


def _append(path: Path, line: str) -> None:
    # One write to a descriptor in append mode: lines of several workers never mix.
    with _file_lock:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)
