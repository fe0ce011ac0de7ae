"""Trying one basket on a version, beside the version in force. Writes nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from campaigns.forms import basket
from campaigns.models import EarningRuleVersion
from campaigns.selectors import rules as selectors
from campaigns.selectors import trial
from campaigns.selectors.trial import Trial

_LEFT_OUT = {
    "free": gettext_lazy("costs nothing"),
    "freight": gettext_lazy("freight does not count"),
    "excluded": gettext_lazy("earns nothing in this program"),
}


def try_page(admin: ModelAdmin, request: HttpRequest, version: EarningRuleVersion) -> HttpResponse:
    """A form that keeps its input, and below it what the basket earns, and why."""
    now = timezone.now()
    data = request.POST if request.method == "POST" else None
    form = basket.BasketForm(data, now=max(now, version.starts_at))
    lines = basket.line_rows(data)
    results: list[tuple[str, Trial]] = []
    if data is not None and form.is_valid() & lines.is_valid():
        results = _results(version, form, lines.forms)
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": _("Try a basket on “%(version)s”") % {"version": version},
        "version": version,
        "form": form,
        "lines": lines,
        "results": results,
        "left_out_words": _LEFT_OUT,
        "articles_url": reverse("admin:campaigns_earningrule_articles"),
        "back": reverse("admin:campaigns_earningruleversion_change", args=[version.pk]),
        "media": admin.media,
    }
    return TemplateResponse(request, "admin/campaigns/try.html", context)


def _results(
    version: EarningRuleVersion, form: basket.BasketForm, lines: Any
) -> list[tuple[str, Trial]]:
    occasion = basket.occasion_of(form, lines)
    names = basket.article_names([line.sku for line in occasion.lines])
    found = [(str(version), trial.of_basket(selectors.program_of(version), occasion, names))]
    in_force = selectors.timetable().at(timezone.now())
    if in_force is not None and in_force.terms.id != version.pk:
        title = _("in force now: v%(number)s") % {"number": in_force.number}
        found.append((title, trial.of_basket(in_force, occasion, names)))
    return found
