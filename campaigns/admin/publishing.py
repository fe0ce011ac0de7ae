"""Publishing a draft, and making the next one."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from campaigns.forms.versions import PublishForm
from campaigns.models import EarningRuleVersion
from campaigns.selectors import differences, examples, outlook, warnings
from campaigns.selectors import rules as selectors
from campaigns.services import rules
from members.admin.base import posted, service_page


def publish_page(
    admin: ModelAdmin, request: HttpRequest, version: EarningRuleVersion
) -> HttpResponse:
    """Everything that somebody should have seen before a version is frozen, and its reasons."""
    now = timezone.now()
    by = request.user if isinstance(request.user, AbstractBaseUser) else None

    def call(data: dict[str, Any]) -> tuple[EarningRuleVersion, str]:
        published = rules.publish(version=version, by=by, now=now, **data)
        return published, _("Published as version %(number)s.") % {"number": published.number}

    shown = _before_publishing(version, now)
    form = PublishForm(
        posted(request), ask_reason=shown["is_untested"], ask_notice=shown["is_short"]
    )
    return service_page(
        admin,
        request,
        form=form,
        title=_("Publish “%(name)s” for good, from %(start)s")
        % {
            "name": version.name,
            "start": f"{timezone.localtime(version.starts_at):%Y-%m-%d %H:%M}",
        },
        submit=_("Publish"),
        call=call,
        back=reverse("admin:campaigns_earningruleversion_change", args=[version.pk]),
        template="admin/campaigns/publish.html",
        shown=shown,
    )


def _before_publishing(version: EarningRuleVersion, now: datetime) -> dict[str, Any]:
    is_first = not EarningRuleVersion.objects.published().exists()
    mark = selectors.mark_of(selectors.terms_of(version))
    before = selectors.in_force(max(version.starts_at, now))
    notice = rules.notice_of(version)
    found = outlook.of_version(version, now=now)
    return {
        "version": version,
        "examples": examples.of_version(version),
        "outlook": found,
        "hints": [(hint.is_strong, warnings.sentence(hint)) for hint in found.hints],
        "before": before,
        "changes": differences.between(before, version) if before is not None else [],
        "notice_days": notice.days,
        "is_first": is_first,
        "is_tested": bool(version.tested_mark) and version.tested_mark == mark,
        "is_untested": not is_first and version.tested_mark != mark,
        "is_short": not is_first and not version.repairs_id and version.starts_at < now + notice,
    }


class NewDraftForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, widget=UnfoldAdminTextInputWidget
    )
    starts_at = forms.SplitDateTimeField(
        label=gettext_lazy("In force from"), widget=UnfoldAdminSplitDateTimeWidget
    )


def new_draft_page(
    admin: ModelAdmin, request: HttpRequest, version: EarningRuleVersion, *, starts_at: datetime
) -> HttpResponse:
    """A draft with the content of `version`, under another name and start."""
    made: list[EarningRuleVersion] = []

    def call(data: dict[str, Any]) -> tuple[EarningRuleVersion, str]:
        draft = rules.copy(version=version, **data)
        made.append(draft)
        return draft, _("Here is the draft; nothing changes until it is published.")

    initial = {"name": version.name, "starts_at": timezone.localtime(starts_at)}
    answer = service_page(
        admin,
        request,
        form=NewDraftForm(posted(request), initial=initial),
        title=_("New draft from “%(version)s”") % {"version": version},
        submit=_("Make the draft"),
        call=call,
        back=reverse("admin:campaigns_earningruleversion_change", args=[version.pk]),
    )
    if made:
        answer["Location"] = reverse("admin:campaigns_earningruleversion_change", args=[made[0].pk])
    return answer
