"""What an operator should know before the first member does."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from notifications.services.templates import SIGN_IN_CODE


@checks.register()
def trial_parts_in_service(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Warn when a system that is in service (DEBUG off) leans on the parts meant for a trial."""
    if settings.DEBUG:
        return []
    found: list[checks.CheckMessage] = []
    if connection.vendor == "sqlite":
        found.append(
            checks.Warning(
                _("SQLite is for trials: one writer at a time, on one machine."),
                hint=_("Set DATABASE_URL to a PostgreSQL database."),
                id="config.W001",
            )
        )
    if not settings.REDIS_URL:
        found.append(
            checks.Warning(
                _("The embedded broker is for trials: it serves one machine."),
                hint=_("Set REDIS_URL."),
                id="config.W002",
            )
        )
    return found


@checks.register(checks.Tags.security, deploy=True)
def services_without_keys(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Refuse to go into service with a provider that is chosen and cannot be reached."""
    return [*_gateways(), *_sms(), *_mail(), *_wechat()]


def _gateways() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for name in ("SMS_GATEWAY", "EMAIL_GATEWAY", "WECHAT_MESSAGE_GATEWAY"):
        path = getattr(settings, name)
        try:
            is_callable = not path or callable(import_string(path))
        except ImportError:
            is_callable = False
        if not is_callable:
            told = _("%(name)s leads to no gateway: %(path)s") % {"name": name, "path": path}
            found.append(checks.Error(told, id="config.E006"))
    return found


def _sms() -> list[checks.CheckMessage]:
    if not settings.SMS_GATEWAY.startswith("notifications.services.aliyun"):
        return []
    names = ("KEY_ID", "KEY_SECRET", "SIGN_NAME", "TEMPLATES")
    found = _missing([f"ALIYUN_SMS_{name}" for name in names], id="config.E001")
    if settings.ALIYUN_SMS_TEMPLATES and not settings.ALIYUN_SMS_TEMPLATES.get(SIGN_IN_CODE):
        found.append(
            checks.Error(
                _("ALIYUN_SMS_TEMPLATES has no template for sign_in_code."), id="config.E002"
            )
        )
    return found


def _mail() -> list[checks.CheckMessage]:
    if not settings.EMAIL_GATEWAY.startswith("notifications.services.smtp"):
        return []
    found = _missing(["EMAIL_HOST", "DEFAULT_FROM_EMAIL"], id="config.E004")
    if settings.EMAIL_HOST_USER and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        found.append(
            checks.Warning(
                _("Neither EMAIL_USE_TLS nor EMAIL_USE_SSL: the password travels in the clear."),
                id="config.W004",
            )
        )
    return found


def _wechat() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    if settings.WECHAT_MESSAGE_GATEWAY.startswith("notifications.services.wechat_message"):
        found += _missing(["WECHAT_CLIENT"], id="config.E005")
    if settings.WECHAT_CLIENT:
        found += _missing(["WECHAT_APP_ID", "WECHAT_APP_SECRET"], id="config.E003")
        if not settings.WECHAT_API_BASE.startswith("https://"):
            found.append(
                checks.Warning(
                    _("WECHAT_API_BASE is not https: the secret travels in the clear."),
                    id="config.W003",
                )
            )
    return found


def _missing(names: Sequence[str], *, id: str) -> list[checks.CheckMessage]:  # noqa: A002 — Django's own word
    return [
        checks.Error(_("%(name)s is not set.") % {"name": name}, id=id)
        for name in names
        if not getattr(settings, name)
    ]
