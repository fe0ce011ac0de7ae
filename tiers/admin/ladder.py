"""The page of the ladder: everything about thresholds, tried before it is saved."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from members.admin.base import note
from tiers import forms
from tiers.exceptions import LadderRefused
from tiers.models import Level
from tiers.selectors import ladder
from tiers.selectors.simulation import Simulation
from tiers.services import program
from tiers.services.program import LadderInput


def ladder_page(admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Fill in, look at who would be where, save. What is changed after the look is looked at
    again."""
    levels = ladder.levels()
    data = request.POST if request.method == "POST" else None
    settings = forms.ProgramForm(data, instance=ladder.program())
    rows = forms.LevelRows(data, initial=forms.rows_of(levels), prefix="levels")
    back = reverse("admin:tiers_level_changelist")
    tried: Simulation | None = None
    mark = ""
    if data is not None and settings.is_valid() and rows.is_valid():
        given = forms.ladder_input(settings, rows, {level.pk: level for level in levels})
        try:
            if "_save" in request.POST:
                _save(request, given)
                return HttpResponseRedirect(back)
            tried, mark = program.trial(given, at=timezone.now()), given.mark
        except LadderRefused as refusal:
            _tell(refusal, settings, rows)
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": _("Thresholds and rules of levels"),
        "form": settings,
        "rows": rows,
        "tried": tried,
        "mark": mark,
        "back": back,
        "media": admin.media,
    }
    return TemplateResponse(request, "admin/tiers/ladder.html", context)


def _save(request: HttpRequest, given: LadderInput) -> None:
    saved = program.save(given, at=timezone.now(), tried=request.POST.get("mark", ""))
    sentence = _("Saved: %(levels)s.") % {
        "levels": ", ".join(f"{level.name} {_threshold(level)}" for level in saved)
    }
    if saved:
        note(request, saved[0], sentence[:2000])
    messages.success(request, sentence)


def _threshold(level: Level) -> str:
    return _("by invitation") if level.threshold is None else f"{level.threshold:,}"


def _tell(refusal: LadderRefused, settings: forms.ProgramForm, rows: Any) -> None:
    """What contradicts, at the level that it is about."""
    used = [form for form in rows if form.is_used]
    if refusal.place is None or refusal.place >= len(used):
        settings.add_error(None, str(refusal))
        return
    form = used[refusal.place]
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
