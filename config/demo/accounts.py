"""Who may sign in to the demo, and whether there is anybody at all."""

import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from members.models import Member
from points import selectors
from stores.models import Store

STAFF = {"admin": "店主 / owner", "manager": "店长 / store manager, the second person"}
_SHOWN = 3


def is_wanted() -> bool:
    """Whether nothing is there yet: real data is never mixed with the demo's."""
    return not Store.objects.exists() and not Member.objects.exists()


def password() -> str:
    """The demo staff's password: this installation's own, since a known one gets exposed."""
    path = _password_file()
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"judian-{secrets.token_hex(4)}")
    return path.read_text()


def _password_file() -> Path:
    return Path(settings.VAR_DIR) / "demo_password"


def accounts(*, now: datetime) -> Iterator[str]:
    """Lines that tell a person how to sign in; nothing for a merchant that is not the demo's."""
    if not Member.objects.filter(source=Member.Source.DEMO).exists():
        return
    for user in get_user_model().objects.filter(username__in=STAFF).order_by("username"):
        if _password_file().exists() and user.check_password(password()):
            name = user.get_username()
            yield f"后台 / staff   {name} / {password()}  ({STAFF[name]})"
    demo_members = Member.objects.filter(source=Member.Source.DEMO).order_by("phone")
    for member in demo_members[:_SHOWN]:
        balance = selectors.balance(member.pk, now)
        phone = (member.phone or "").removeprefix("+86")
        yield f"会员 / member  {phone}  {member.name}, {balance.available} 分 / points"
