"""E-mail by SMTP (RFC 5321), over the operator's mail server.

Up to the end of DATA a failure is certain: the server has not taken the message. A server that
falls silent after it may have: SMTP has no way to ask, so the message is uncertain then.
"""

import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings

from notifications import exceptions
from notifications.models import Message
from notifications.services import mails
from notifications.services.gateways import Answer

# Of one step, and of a whole message: a server that sends a byte a second is cut off as well.
_STEP_SECONDS, _TOTAL_SECONDS = 5.0, 9.0
# A connection serves several messages of a sweep; servers close idle ones after a while.
_IDLE_SECONDS, _MESSAGES_MAX = 8.0, 50
_GREETING, _TAKEN, _READY = 220, 250, 354

_kept = threading.local()


@dataclass(slots=True)
class _Connection:
    client: smtplib.SMTP
    key: tuple[object, ...]
    used_at: float
    messages: int = 0

    def is_good(self) -> bool:
        return (
            self.key == _key()
            and self.messages < _MESSAGES_MAX
            and time.monotonic() - self.used_at < _IDLE_SECONDS
        )


def send(message: Message) -> Answer:
    """The gateway: hand `message` to the mail server and return its Message-ID.

    Raises `DeliveryFailed`, final where the server refuses this recipient or this message, and
    `DeliveryUncertain` where it fell silent after it had the whole message.
    """
    raw, message_id = mails.written(message)
    connection = _connected()
    try:
        with _deadline(connection.client):
            text = _transferred(connection.client, message.to, raw)
    except BaseException:
        _drop()
        raise
    connection.messages, connection.used_at = connection.messages + 1, time.monotonic()
    return Answer(text, message_id)


def _connected() -> _Connection:
    """The connection of this thread, or a new one where there is none that still answers."""
    kept: _Connection | None = getattr(_kept, "connection", None)
    if kept is not None and kept.is_good() and _answers(kept.client):
        return kept
    _drop()
    _kept.connection = _Connection(_opened(), _key(), time.monotonic())
    connection: _Connection = _kept.connection
    return connection


def _answers(client: smtplib.SMTP) -> bool:
    try:
        with _deadline(client):
            return client.rset()[0] == _TAKEN
    except (smtplib.SMTPException, OSError):
        return False


def _opened() -> smtplib.SMTP:
    context = ssl.create_default_context()
    client = _client(context)
    # The name that TLS checks: smtplib takes it from its constructor, which would connect at once,
    # before there is a connection that could be cut off.
    vars(client)["_host"] = settings.EMAIL_HOST
    try:
        with _deadline(client):
            greeting = client.connect(settings.EMAIL_HOST, settings.EMAIL_PORT)
            _expect(greeting, wanted=_GREETING, is_ours=True)
            client.ehlo_or_helo_if_needed()
            if settings.EMAIL_USE_TLS:
                client.starttls(context=context)
            if settings.EMAIL_HOST_USER:
                client.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except exceptions.DeliveryFailed:
        client.close()
        raise
    except (smtplib.SMTPException, OSError) as error:
        client.close()
        raise _away(error) from None
    return client


def _client(context: ssl.SSLContext) -> smtplib.SMTP:
    if settings.EMAIL_USE_SSL:
        return smtplib.SMTP_SSL(timeout=_STEP_SECONDS, context=context)
    return smtplib.SMTP(timeout=_STEP_SECONDS)


def _transferred(client: smtplib.SMTP, to: str, raw: bytes) -> str:
    try:
        _expect(client.mail(mails.sender_address()), is_ours=True)
        _expect(client.rcpt(to))
        code, _text = client.docmd("data")
        _expect((code, _text), wanted=_READY)
    except (smtplib.SMTPException, OSError) as error:
        raise _away(error) from None
    try:
        client.send(_dotted(raw))
        code, text = client.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise exceptions.DeliveryUncertain(
            reason=f"SMTP: {type(error).__name__} after DATA", is_outage=True
        ) from None
    _expect((code, text))
    return f"{code} {_said(text)}"


def _dotted(raw: bytes) -> bytes:
    """The message as it goes over the wire: a line that begins with a dot gets a second one."""
    lines = raw.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    return b"\r\n".join(b"." + line if line[:1] == b"." else line for line in lines) + b"\r\n.\r\n"


def _expect(reply: tuple[int, bytes], *, wanted: int = _TAKEN, is_ours: bool = False) -> None:
    """Raise for a refusal: 5xx is for good, unless it is our sender that is refused."""
    code, text = reply
    if code == wanted or (wanted == _TAKEN and code in (250, 251, 252)):
        return
    if code in (-1, 421):
        raise exceptions.DeliveryFailed(reason=f"SMTP: {code}", is_outage=True)
    raise exceptions.DeliveryFailed(
        reason=f"SMTP: {code} {_said(text)}"[:180],
        error_code=str(code),
        is_final=500 <= code < 600 and not is_ours,
        is_outage=is_ours,
    )


def _away(error: Exception) -> exceptions.DeliveryFailed:
    # Not the error's own text where it could name an account.
    code = str(getattr(error, "smtp_code", ""))
    reason = f"SMTP: {type(error).__name__} {code}".strip()
    return exceptions.DeliveryFailed(reason=reason, error_code=code, is_outage=True)


def _said(text: bytes) -> str:
    words = " ".join(text.decode("utf-8", "replace").split())
    return "".join(sign for sign in words if sign.isprintable())[:150]


@contextmanager
def _deadline(client: smtplib.SMTP) -> Iterator[None]:
    """Cut the connection when the time is up: timeouts of a socket start anew with each byte."""
    timer = threading.Timer(_TOTAL_SECONDS, _cut, [client])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(client: smtplib.SMTP) -> None:
    sock: socket.socket | None = client.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _drop() -> None:
    kept: _Connection | None = getattr(_kept, "connection", None)
    _kept.connection = None
    if kept is not None:
        kept.client.close()


def _key() -> tuple[object, ...]:
    return (
        settings.EMAIL_HOST,
        settings.EMAIL_PORT,
        settings.EMAIL_HOST_USER,
        settings.EMAIL_USE_TLS,
        settings.EMAIL_USE_SSL,
    )
