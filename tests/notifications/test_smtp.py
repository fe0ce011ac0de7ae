"""E-mail, against a server of a few lines that speaks SMTP, refuses, hangs and babbles."""

import email
import email.policy
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django.fixtures import Settings

from notifications import exceptions
from notifications.models import Message
from notifications.services import delivery, mails, smtp

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Server:
    """What arrived, and how the server answers each verb."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str, bytes]] = []
        self.answers: dict[str, bytes] = {}
        self.connections = 0
        self.hangs_at, self.drips_at, self.closes_at = "", "", ""
        self.tls: ssl.SSLContext | None = None
        self.verbs: list[str] = []
        self.released = threading.Event()

    def answer(self, verb: str, usual: bytes, handler: Any) -> bool:
        """Say it; whether the talk goes on."""
        if verb == self.hangs_at:
            self.released.wait(30)
            return False
        if verb == self.closes_at:
            return False
        if verb == self.drips_at:
            for _byte in range(300):
                if self.released.wait(0.1):
                    return False
                handler.wfile.write(b"2")
        handler.wfile.write(self.answers.get(verb, usual) + b"\r\n")
        return verb != "QUIT"


class Handler(socketserver.StreamRequestHandler):
    they: Server
    covered: ssl.SSLSocket | None = None

    def handle(self) -> None:
        self.they.connections += 1
        try:
            if self.they.answer("GREETING", b"220 ready", self):
                self._talk()
        except (OSError, ValueError):
            pass
        finally:
            if self.covered is not None:
                self.covered.close()

    def _talk(self) -> None:
        sender = to = ""
        while line := self.rfile.readline().decode("ascii"):
            verb = line.split(maxsplit=1)[0].upper()
            self.they.verbs.append(verb)
            if verb == "STARTTLS" and self.they.tls is not None:
                self._cover(self.they.tls)
                continue
            sender = line.strip() if verb == "MAIL" else sender
            to = line.strip() if verb == "RCPT" else to
            usual = b"354 go on" if verb == "DATA" else b"250 fine"
            if not self.they.answer(verb, usual, self):
                return
            if verb == "DATA" and self.they.answers.get("DATA", usual).startswith(b"354"):
                raw = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.they.mails.append((sender, to, raw))
                if not self.they.answer("END", b"250 queued as 1", self):
                    return

    def _cover(self, tls: ssl.SSLContext) -> None:
        self.wfile.write(b"220 go ahead\r\n")
        covered = tls.wrap_socket(self.request, server_side=True)
        self.rfile = covered.makefile("rb")
        self.wfile = covered.makefile("wb", buffering=0)  # type: ignore[assignment]
        self.covered = covered


@pytest.fixture
def they(settings: Settings) -> Iterator[Server]:
    stand_in = Server()
    handler = type("One", (Handler,), {"they": stand_in})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        settings.EMAIL_GATEWAY = "notifications.services.smtp.send"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = ""
        settings.DEFAULT_FROM_EMAIL = "聚点 <points@shop.example>"
        try:
            yield stand_in
        finally:
            smtp._drop()
            stand_in.released.set()
            server.shutdown()
            thread.join()


def message(**values: Any) -> Message:
    row = Message(
        **{
            "pk": 7,
            "channel": "email",
            "to": "lin@example.com",
            "template": "points_expiring",
            "language": "zh-hans",
            "subject": "1,200 积分即将到期",
            "body": "第一行\n.一个点\n<script>alert(1)</script>",
            "link": "/mall/",
            "created_at": NOON,
            **values,
        }
    )
    row.sender_name, row.site_address = "聚点咖啡", "https://vip.example.com"
    return row


def read(raw: bytes) -> EmailMessage:
    undotted = b"\r\n".join(
        line[1:] if line.startswith(b"..") else line for line in raw.split(b"\r\n")
    )
    found = email.message_from_bytes(undotted, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    text: str = found.get_content()
    return text.replace("\r\n", "\n")


def test_mail_arrives_as_text_and_html(they: Server) -> None:
    answer = smtp.send(message())
    assert answer.provider_id == f"<7.{int(NOON.timestamp())}@shop.example>"
    ((sender, to, raw),) = they.mails
    assert sender.startswith("MAIL FROM:<points@shop.example>".replace("MAIL", "mail"))
    assert to == "rcpt TO:<lin@example.com>"
    mail = read(raw)
    assert mail["Subject"] == "1,200 积分即将到期"
    assert str(mail["From"]) == "聚点咖啡 <points@shop.example>"
    assert (mail["To"], mail["Message-ID"]) == ("lin@example.com", answer.provider_id)
    assert mail["Date"].datetime == NOON
    assert mail["List-Unsubscribe"] is None
    text, html = part(mail, "plain"), part(mail, "html")
    assert "第一行\n.一个点\n<script>" in text
    assert "https://vip.example.com/mall/" in text
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_offer_says_how_to_be_rid_of_it(they: Server) -> None:
    smtp.send(message(is_marketing=True))
    mail = read(they.mails[0][2])
    assert mail["List-Unsubscribe"] == "<https://vip.example.com/me/messages/settings/>"


def test_nothing_becomes_a_header(they: Server) -> None:
    row = message(subject="到期\r\nBcc: all@example.com\r\n\r\nx", body="a\r\n.\r\nMAIL FROM:<x>")
    row.sender_name = "店\r\nBcc: all@example.com"
    smtp.send(row)
    ((_sender, _to, raw),) = they.mails
    mail = read(raw)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "到期 Bcc: all@example.com x"


@pytest.mark.parametrize(
    "to", ["", "nobody", "a@b\r\nRCPT TO:<c@d>", "a@b>\r\n", "店@example.com", "a b@c.d", "@c.d"]
)
def test_recipient_that_is_none_is_refused_for_good(they: Server, to: str) -> None:
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        smtp.send(message(to=to))
    assert (refusal.value.is_final, refusal.value.error_code) == (True, "address")
    assert they.mails == []


def test_one_connection_serves_several_messages(they: Server) -> None:
    for number in range(3):
        smtp.send(message(pk=number + 1))
    assert (they.connections, len(they.mails)) == (1, 3)


def test_connection_that_the_server_has_closed_is_opened_anew(they: Server) -> None:
    smtp.send(message())
    they.closes_at = "RSET"
    smtp.send(message(pk=8))
    assert (they.connections, len(they.mails)) == (2, 2)


@pytest.mark.parametrize(
    ("verb", "answer", "is_final", "is_outage", "code"),
    [
        ("RCPT", b"550 no such user", True, False, "550"),
        ("RCPT", b"450 mailbox busy", False, False, "450"),
        ("RCPT", b"421 closing", False, True, ""),
        ("MAIL", b"550 sender refused", False, True, "550"),
        ("DATA", b"451 try later", False, False, "451"),
        ("END", b"554 spam", True, False, "554"),
        ("END", b"452 full", False, False, "452"),
        ("GREETING", b"554 go away", False, True, "554"),
        ("RCPT", b"garbled", False, True, ""),
    ],
)
def test_refusals_are_sorted(
    they: Server, verb: str, answer: bytes, is_final: bool, is_outage: bool, code: str
) -> None:
    they.answers[verb] = answer
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        smtp.send(message())
    assert not isinstance(refusal.value, exceptions.DeliveryUncertain)
    assert (refusal.value.is_final, refusal.value.is_outage) == (is_final, is_outage)
    assert refusal.value.error_code == code


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "RCPT", "DATA"])
def test_silence_before_the_text_is_a_failure(they: Server, verb: str) -> None:
    they.closes_at = verb
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        smtp.send(message())
    assert not isinstance(refusal.value, exceptions.DeliveryUncertain)
    assert (refusal.value.is_final, refusal.value.is_outage) == (False, True)


def test_silence_after_the_text_is_uncertain(they: Server) -> None:
    they.closes_at = "END"
    with pytest.raises(exceptions.DeliveryUncertain):
        smtp.send(message())


@pytest.mark.parametrize("way", ["hangs_at", "drips_at"])
def test_server_that_hangs_is_cut_off(
    they: Server, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "_TOTAL_SECONDS", 1.0)
    monkeypatch.setattr(smtp, "_STEP_SECONDS", 0.7)
    setattr(they, way, "RCPT")
    began = time.monotonic()
    with pytest.raises(exceptions.DeliveryFailed):
        smtp.send(message())
    assert time.monotonic() - began < 3


def test_nobody_listens(they: Server, settings: Settings) -> None:
    settings.EMAIL_PORT = 9
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        smtp.send(message())
    assert refusal.value.is_outage


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of "localhost", signed by itself: certificate and key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "localhost.pem"
    pem = serialization.Encoding.PEM
    kind = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, kind, serialization.NoEncryption())
    )
    return path


@pytest.mark.parametrize("is_trusted", [True, False])
def test_certificate_of_the_server_is_checked(
    they: Server,
    settings: Settings,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_trusted: bool,
) -> None:
    they.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    they.tls.load_cert_chain(certificate)
    they.answers["EHLO"] = b"250-localhost\r\n250-AUTH PLAIN\r\n250 STARTTLS"
    they.answers["AUTH"] = b"235 welcome"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "localhost", True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "points", "secret"
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        smtp.send(message())
        assert they.verbs == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]
        return
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        smtp.send(message())
    assert (refusal.value.is_outage, they.mails) == (True, [])
    assert "AUTH" not in they.verbs


def test_every_attempt_bears_the_same_number() -> None:
    assert mails.message_id(message()) == mails.message_id(message(attempts=3))


@pytest.mark.django_db
def test_mail_leaves_by_the_sweep_and_a_silent_end_is_shown(they: Server) -> None:
    rows = [
        Message.objects.create(
            channel="email",
            to=f"{name}@example.com",
            template="ticket.answered",
            language="zh-hans",
            subject="回复",
            body="您好",
            due_at=NOON,
            created_at=NOON,
        )
        for name in ("lin", "chen")
    ]
    assert delivery.deliver_due(now=NOON).sent == 2
    found = Message.objects.get(pk=rows[0].pk)
    assert (found.state, found.provider_id) == ("sent", mails.message_id(found))
    Message.objects.update(state="waiting", attempts=0)
    smtp._drop()
    they.closes_at = "END"
    assert delivery.deliver_due(now=NOON).uncertain == 2
    assert delivery.deliver_due(now=NOON).total == 0
