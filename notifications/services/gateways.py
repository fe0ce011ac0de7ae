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

_file_lock = threading.Lock()


class Gateway(Protocol):
    def __call__(self, message: Message) -> str:
        """Send `message` and return what the provider says about it, at most 200 characters.

        Raises `DeliveryFailed`. It may be called again for the same message when a worker died
        between sending and noting it: pass `message.pk` on as the provider's key against that.
        """


def chosen(channel: str) -> Gateway:
    """The gateway of a channel; fails loudly for a path that leads nowhere."""
    paths = {Message.Channel.SMS.value: settings.SMS_GATEWAY}
    gateway: Gateway = import_string(paths[channel])
    return gateway


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
