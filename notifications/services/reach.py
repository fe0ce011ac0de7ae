"""How a member wants to be told. Every door changes it here."""

from collections.abc import Mapping
from datetime import datetime, time

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from notifications import exceptions
from notifications.models import Notice, Preference, Recipient, WechatGrant
from notifications.selectors import reach

# WeChat keeps its own count; ours says only whether a message is worth a try.
GRANTS_MAX = 20


Quiet = tuple[time | None, time | None]


def change(
    *,
    member_id: int,
    at: datetime,
    language: str | None = None,
    quiet: Quiet | None = None,
    switches: Mapping[tuple[str, str], bool] | None = None,
) -> None:
    """Change what is given (None: it stays), all of it or nothing; as `speak`, `be_quiet` and
    `choose` do, and raising what they raise."""
    with transaction.atomic():
        if language is not None:
            speak(member_id=member_id, language=language, at=at)
        if quiet is not None:
            be_quiet(member_id=member_id, quiet_from=quiet[0], quiet_until=quiet[1], at=at)
        if switches:
            choose(member_id=member_id, switches=switches, at=at)


def choose(*, member_id: int, switches: Mapping[tuple[str, str], bool], at: datetime) -> int:
    """Turn channels on and off, by (kind, channel); returns how many have changed.

    Only what differs from what holds is written: who never touched a switch goes on with the
    default, also when that changes. Raises `SwitchUnknown` for a channel that a kind is not
    offered over.
    """
    for kind, channel in switches:
        if kind not in Notice.Kind.values or channel not in reach.offered(kind):
            raise exceptions.SwitchUnknown
    held = reach.reach_of(member_id).switches
    changed = [
        Preference(member_id=member_id, kind=kind, channel=channel, is_on=is_on)
        for (kind, channel), is_on in sorted(switches.items())
        if held[kind, channel] != is_on
    ]
    Preference.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["member", "kind", "channel"],
        update_fields=["is_on"],
    )
    return len(changed)


def speak(*, member_id: int, language: str, at: datetime) -> None:
    """Write to the member in this language from now on; raises `LanguageUnknown`."""
    if language not in dict(settings.LANGUAGES):
        raise exceptions.LanguageUnknown
    _set(member_id, at, language=language)


def be_quiet(
    *, member_id: int, quiet_from: time | None, quiet_until: time | None, at: datetime
) -> None:
    """Hold messages back between these times of the day, in the shop's time zone.

    Without either the shop's own quiet hours hold. Raises `QuietHoursIncomplete`.
    """
    if (quiet_from is None) != (quiet_until is None):
        raise exceptions.QuietHoursIncomplete
    if quiet_from is not None and quiet_from == quiet_until:
        raise exceptions.QuietHoursIncomplete
    _set(member_id, at, quiet_from=quiet_from, quiet_until=quiet_until)


def grant(*, member_id: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Note that the member allowed so many subscription messages of each kind; returns what is
    left of them, at most `GRANTS_MAX`. Raises `SwitchUnknown` for a kind without a template."""
    known = {one.kind for one in reach.subscriptions_of(member_id)}
    if set(counts) - known:
        raise exceptions.SwitchUnknown(field="kind")
    with transaction.atomic():
        rows = WechatGrant.objects.filter(member_id=member_id)
        WechatGrant.objects.bulk_create(
            [WechatGrant(member_id=member_id, kind=kind) for kind in sorted(counts)],
            ignore_conflicts=True,
        )
        for kind, count in sorted(counts.items()):
            rows.filter(kind=kind).update(left=Least(F("left") + count, GRANTS_MAX))
        return dict(rows.filter(kind__in=counts).values_list("kind", "left"))


def _set(member_id: int, at: datetime, **values: str | time | None) -> None:
    """Write some columns of the member's row; those beside them stay, whoever writes them."""
    Recipient.objects.bulk_create(
        [Recipient(member_id=member_id, updated_at=at, **values)],
        update_conflicts=True,
        unique_fields=["member"],
        update_fields=[*values, "updated_at"],
    )
