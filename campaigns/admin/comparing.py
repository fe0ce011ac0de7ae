"""The difference between two versions, rule by rule."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from campaigns.models import EarningRuleVersion
from campaigns.selectors import differences
from campaigns.selectors import rules as selectors

_OFFERED_MAX = 100


def compare_page(
    admin: ModelAdmin, request: HttpRequest, version: EarningRuleVersion
) -> HttpResponse:
    """What changes from another version (`?with=`, otherwise the one in force) to this one."""
    others = EarningRuleVersion.objects.exclude(pk=version.pk).order_by("-starts_at", "-pk")
    other = _asked(request, others) or _usual(version, others)
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": _("Compare “%(version)s”") % {"version": version},
        "version": version,
        "other": other,
        "others": list(others[:_OFFERED_MAX]),
        "changes": differences.between(other, version) if other is not None else [],
        "back": reverse("admin:campaigns_earningruleversion_change", args=[version.pk]),
        "media": admin.media,
    }
    return TemplateResponse(request, "admin/campaigns/compare.html", context)


def _asked(request: HttpRequest, others: Any) -> EarningRuleVersion | None:
    text = request.GET.get("with", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    found: EarningRuleVersion | None = others.filter(pk=int(text)).first()
    return found


def _usual(version: EarningRuleVersion, others: Any) -> EarningRuleVersion | None:
    in_force = selectors.in_force(timezone.now())
    if in_force is not None and in_force.pk != version.pk:
        return in_force
    before: EarningRuleVersion | None = others.filter(starts_at__lt=version.starts_at).first()
    return before
