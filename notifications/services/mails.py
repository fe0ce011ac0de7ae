"""A message written as an e-mail: plain text, a simple HTML part, and the headers."""

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from notifications import exceptions
from notifications.models import Message

# Where a member changes what leaves by e-mail.
_SETTINGS = "/me/messages/settings/"


def written(message: Message) -> tuple[bytes, str]:
    """The mail, and its Message-ID, which is the same for every attempt.

    Nothing in a text can become a header, and nothing in it is taken for HTML. Raises
    `DeliveryFailed`, final, for a recipient that is none.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(message.sender_name, sender_address())
    mail["To"] = _address("", message.to)
    with translation.override(message.language):
        subject = message.subject or _("A message for you")
        mail["Subject"] = _line(subject)
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = message_id(message)
        mail["Auto-Submitted"] = "auto-generated"
        if message.is_marketing and message.site_address:
            mail["List-Unsubscribe"] = f"<{message.site_address}{_SETTINGS}>"
        context = _context(message, subject)
        # Every part as base64: no line is too long, and no server needs to speak 8BITMIME.
        text = render_to_string("notifications/mail.txt", context)
        mail.set_content(text, cte="base64")
        html = render_to_string("notifications/mail.html", context)
        mail.add_alternative(html, subtype="html", cte="base64")
    return mail.as_bytes(), message_id(message)


def message_id(message: Message) -> str:
    domain = sender_address().rpartition("@")[2] or "localhost"
    return f"<{message.pk}.{int(message.created_at.timestamp())}@{domain}>"


def sender_address() -> str:
    """The address alone of `DEFAULT_FROM_EMAIL`."""
    text: str = settings.DEFAULT_FROM_EMAIL
    return text.rpartition("<")[2].rstrip("> ").strip()


def _context(message: Message, subject: str) -> dict[str, object]:
    has_page = message.site_address and message.link.startswith("/")
    return {
        "subject": subject,
        "body": message.body,
        "link": f"{message.site_address}{message.link}" if has_page else "",
        "settings_link": f"{message.site_address}{_SETTINGS}" if message.site_address else "",
        "sender": message.sender_name,
        "language": message.language,
        "is_secret": message.is_secret,
    }


def _address(name: str, spec: str) -> Address:
    try:
        address = Address(display_name=_line(name), addr_spec=spec)
    except (ValueError, HeaderParseError, IndexError):
        address = None
    if address is None or not spec.isascii() or not address.domain:
        raise exceptions.DeliveryFailed(
            reason="not an e-mail address", error_code="address", is_final=True
        )
    return address


def _line(text: str) -> str:
    return " ".join("".join(s if s.isprintable() else " " for s in text).split())
