"""Who looked at a member's data, as the member may know it: by role, not by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from members.models import AccessLog

SHOWN = 20
_ID_DIGITS_MAX = 18


@dataclass(frozen=True, slots=True)
class Access:
    """One line: on this day somebody of this role did this so many times."""

    day: date
    role: str
    what: str
    times: int


def latest(member_ids: Sequence[int], *, limit: int = SHOWN) -> list[Access]:
    """The newest accesses to a member's data, in the active language. At most three queries."""
    rows = list(
        AccessLog.objects.filter(member_id__in=member_ids).order_by("-day", "-last_at")[:limit]
    )
    roles = _roles({row.actor for row in rows})
    return [Access(row.day, roles[row.actor], row.get_what_display(), row.times) for row in rows]


def _roles(actors: set[str]) -> dict[str, str]:
    ids = {actor: _staff_id(actor) for actor in actors}
    wanted = [pk for pk in ids.values() if pk is not None]
    groups: dict[int, str] = {}
    if wanted:
        for user in User.objects.filter(pk__in=wanted).prefetch_related("groups"):
            groups[user.pk] = ", ".join(sorted(group.name for group in user.groups.all()))
    return {
        actor: _("Yourself") if actor == "member" else groups.get(pk or 0) or _("Staff")
        for actor, pk in ids.items()
    }


def _staff_id(actor: str) -> int | None:
    kind, _colon, digits = actor.partition(":")
    is_id = kind == "staff" and digits.isascii() and digits.isdigit()
    return int(digits) if is_id and len(digits) <= _ID_DIGITS_MAX else None
