"""Forgetting in time: what names people is deleted when its purpose is over.

Each app registers what it forgets. A nightly job asks all of them, batch by batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from members.models import DeviceSession, RetentionSettings
from members.services import access, erasure

BATCH = 1000
# Deletes or blanks up to `limit` rows from before an instant, and says how many.
Forget = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is forgotten (a name for the record of the job), after which setting of days, how."""

    name: str
    setting: str
    forget: Forget


_RULES: dict[str, Rule] = {}


def register(name: str, *, setting: str, forget: Forget) -> None:
    """`forget(before=…, limit=…)` is called each night until it returns 0; `setting` is the
    field of `RetentionSettings` with the days."""
    _RULES[name] = Rule(name, setting, forget)


def settings() -> RetentionSettings:
    """The merchant's settings, or their defaults."""
    return RetentionSettings.objects.first() or RetentionSettings()


def run(*, now: datetime, progress: Callable[[int], None] = lambda done: None) -> dict[str, int]:
    """Forget all that is due, in batches of their own; returns how many rows of each kind.

    Killed in between, the next night goes on.
    """
    days = settings()
    done: dict[str, int] = {}
    for rule in _RULES.values():
        before = now - timedelta(days=getattr(days, rule.setting))
        done[rule.name] = 0
        while count := rule.forget(before=before, limit=BATCH):
            done[rule.name] += count
            progress(sum(done.values()))
    return done


def forget_devices(*, before: datetime, limit: int) -> int:
    """Delete devices that were signed out, or whose sign-in lapsed, before this instant."""
    ended = DeviceSession.objects.filter(revoked_at__lt=before) | DeviceSession.objects.filter(
        expires_at__lt=before
    )
    ids = list(ended.order_by("pk").values_list("pk", flat=True)[:limit])
    return DeviceSession.objects.filter(pk__in=ids).delete()[0]


register("access", setting="access_days", forget=access.forget)
register("devices", setting="device_days", forget=forget_devices)
register("erased_numbers", setting="erased_days", forget=erasure.forget_marks)
