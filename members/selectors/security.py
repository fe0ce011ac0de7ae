"""Where a member is signed in, and by what else than a code."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from members.models import DeviceSession, Password, WechatIdentity
from members.models.device_session import DeviceSessionQuerySet
from members.policies import devices as words
from stores.selectors.arrays import among


@dataclass(frozen=True, slots=True)
class Device:
    """A signed-in device in plain words."""

    id: int
    name: str
    kind: str
    kind_label: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_this: bool


def devices(*, member_id: int, at: datetime) -> DeviceSessionQuerySet:
    """The devices on which a member is signed in, the one used last first."""
    alive = DeviceSession.objects.alive(at).filter(member_id=member_id)
    return alive.order_by("-last_seen_at", "-pk")


def described(row: DeviceSession, *, this: int | None) -> Device:
    """`row` as people read it; `this` is the id of the device that asks. No query."""
    return Device(
        id=row.pk,
        name=device_name(row.user_agent),
        kind=row.kind,
        kind_label=row.get_kind_display(),
        signed_in_at=row.created_at,
        last_seen_at=row.last_seen_at,
        is_this=row.pk == this,
    )


def device_name(user_agent: str) -> str:
    """`iPhone · WeChat`, in the reader's language; never the technical text itself."""
    machine, program = words.described(user_agent)
    known = {"wechat": _("WeChat")}
    parts = [known.get(part, part) for part in (machine, program) if part]
    return " · ".join(parts) or _("Unknown device")


def password_changed_at(member_id: int) -> datetime | None:
    """When the member's password was set; None without one."""
    return Password.objects.filter(pk=member_id).values_list("changed_at", flat=True).first()


def wechat_bound_at(member_id: int) -> datetime | None:
    """Since when a WeChat user is bound to the member; None without one."""
    bound = WechatIdentity.objects.filter(member_id=member_id).order_by("bound_at")
    return bound.values_list("bound_at", flat=True).first()


def openid_of(member_id: int) -> str:
    """What WeChat calls the member in the shop's mini-program; empty when it is not known."""
    bound = WechatIdentity.objects.filter(member_id=member_id, app_id=settings.WECHAT_APP_ID)
    return bound.values_list("openid", flat=True).first() or ""


def openids_of(member_ids: Collection[int]) -> dict[int, str]:
    """As `openid_of`, for many members at once: those that WeChat knows. One query."""
    bound = WechatIdentity.objects.filter(
        among("member_id", member_ids), app_id=settings.WECHAT_APP_ID
    )
    return dict(bound.values_list("member_id", "openid"))
