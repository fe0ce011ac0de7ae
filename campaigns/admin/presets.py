"""Setting up a program: choose a preset by trade and goal, look at it, make a draft from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from campaigns.exceptions import InvalidPreset, UnknownPreset
from campaigns.forms.presets import ChooseForm, DraftForm
from campaigns.models import EarningRuleVersion
from campaigns.policies import programs
from campaigns.policies.presets import Creation, Preset
from campaigns.policies.programs import ProgramTerms, RuleTerms
from campaigns.selectors import differences, wording
from campaigns.services import presets, replays
from members.admin.base import posted, service_page

_STATES = {
    replays.PASSED: pgettext_lazy("case", "holds"),
    replays.FAILED: pgettext_lazy("case", "fails"),
    replays.OPEN: pgettext_lazy("case", "later"),
    replays.SKIPPED: pgettext_lazy("case", "on its page"),
}
_KINDS = {
    "store": gettext_lazy("store"),
    "category": gettext_lazy("category"),
    "tag": gettext_lazy("tag"),
    "tier": gettext_lazy("tier"),
    "segment": gettext_lazy("segment"),
}


@dataclass(frozen=True)
class PresetView:
    """A preset in the reader's language, with what its cases say."""

    id: str
    url: str
    name: str
    summary: str
    rules: list[str]
    needs: list[tuple[str, int]]
    cases: list[tuple[str, str, str]]
    passed: int
    failed: int
    open: int
    skipped: int


class WithPresets(ModelAdmin):
    """The pages of the presets, beside the versions that are made from them."""

    actions_list = ("set_up",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preset_view)
        mine = [path("set-up/<slug:name>/", view, name="campaigns_preset")]
        theirs: list[URLPattern] = super().get_urls()
        return mine + theirs

    @action(
        description=gettext_lazy("Set up from a preset"),
        url_path="set-up",
        permissions=["look"],
        icon="rocket_launch",
    )
    def set_up(self, request: HttpRequest) -> HttpResponse:
        """All presets, or those for the trade and goal that the merchant names."""
        form = ChooseForm(request.GET)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Set up"),
            "form": form,
            "found": [
                _view(preset, with_mall=False) for preset in form.chosen(_available(request))
            ],
            "versions_url": reverse("admin:campaigns_earningruleversion_changelist"),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/campaigns/set_up.html", context)

    def preset_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """One preset with everything that it says, and the form that makes a draft of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            preset = presets.find(name)
        except (UnknownPreset, InvalidPreset) as refusal:
            raise Http404(str(refusal)) from refusal
        may_make = request.user.has_perm("campaigns.add_earningruleversion")
        if request.method == "POST" and not may_make:
            raise PermissionDenied
        return _preset_page(self, request, preset, may_make=may_make)


def _available(request: HttpRequest) -> Sequence[Preset]:
    try:
        return presets.available()
    except InvalidPreset as refusal:
        messages.error(request, str(refusal))
        return []


def _preset_page(
    admin: ModelAdmin, request: HttpRequest, preset: Preset, *, may_make: bool
) -> HttpResponse:
    made: list[EarningRuleVersion] = []
    missing, proposed = presets.missing(preset), presets.proposed(preset)

    def call(data: dict[str, Any]) -> tuple[EarningRuleVersion, str]:
        applies, makes = data.pop("apply_ledger_settings", False), data.pop("make_mall", False)
        loaded = presets.load(
            name=preset.id,
            **data,
            set_ledger_at=timezone.now() if applies else None,
            make_mall_at=timezone.now() if makes else None,
            actor=f"staff:{request.user.pk}",
        )
        made.append(loaded.version)
        return loaded.version, _made_sentence(loaded)

    form = DraftForm(
        posted(request),
        may_create=_may_create(request, missing),
        may_make_mall=_may_make_mall(request, preset),
        may_set=bool(proposed) and request.user.has_perm("points.change_ledgersettings"),
        initial={
            "title": f"{preset.id} {presets.told(preset, 'name')}",
            "starts_at": timezone.localtime(_tomorrow()),
            "create_missing": True,
            "make_mall": True,
        },
    )
    answer = service_page(
        admin,
        request,
        form=form,
        title=f"{preset.id} {presets.told(preset, 'name')}",
        submit=_("Make a draft from this preset"),
        call=call,
        back=reverse("admin:campaigns_earningruleversion_set_up"),
        template="admin/campaigns/preset.html",
        shown={
            "preset": _view(preset),
            "missing": _listed(missing),
            "waits": any(each.kind in ("tier", "segment") for each in missing),
            "proposed": proposed,
            "may_make": may_make,
        },
    )
    if made:
        answer["Location"] = reverse("admin:campaigns_earningruleversion_change", args=[made[0].pk])
    return answer


def _made_sentence(loaded: presets.Loaded) -> str:
    sentence = _("Here is the draft; nothing changes until it is published.")
    if loaded.mall.created:
        made = ngettext(
            "%(count)s reward or coupon was made as a draft.",
            "%(count)s rewards and coupons were made as drafts.",
            len(loaded.mall.created),
        )
        sentence = f"{sentence} {made % {'count': len(loaded.mall.created)}}"
    if loaded.mall.waiting:
        waits = _("These wait for their level or segment: %(names)s.")
        sentence = f"{sentence} {waits % {'names': _(', ').join(loaded.mall.waiting)}}"
    if not loaded.missing:
        return sentence
    return (
        sentence
        + " "
        + ngettext(
            "Before that, make this: %(names)s.",
            "Before that, make these: %(names)s.",
            len(loaded.missing),
        )
        % {"names": _(", ").join(_listed(loaded.missing))}
    )


def _listed(creations: Sequence[Creation]) -> list[str]:
    return [
        _("%(kind)s “%(name)s”") % {"kind": _KINDS[each.kind], "name": presets.told(each, "name")}
        for each in creations
    ]


def _may_create(request: HttpRequest, missing: Sequence[Creation]) -> bool:
    """Whether there is something that could be made, and this person may make all of it."""
    needed = {"category": "stores.add_category", "tag": "members.add_tag"}
    asked = {needed[each.kind] for each in missing if each.kind in needed}
    return bool(asked) and request.user.has_perms(asked)


def _may_make_mall(request: HttpRequest, preset: Preset) -> bool:
    """Whether the preset proposes a mall, and this person may make rewards and coupons."""
    proposes = bool(preset.mall.rewards or preset.mall.coupons)
    return proposes and request.user.has_perms(["mall.add_reward", "mall.add_coupontemplate"])


def _view(preset: Preset, *, with_mall: bool = True) -> PresetView:
    """The cases of the mall cost queries: the list of all presets leaves them to their pages."""
    report = replays.replay(preset, with_mall=with_mall)
    waiting = report.open_by_need()
    return PresetView(
        id=preset.id,
        url=reverse("admin:campaigns_preset", args=[preset.id.lower()]),
        name=presets.told(preset, "name"),
        summary=presets.told(preset, "summary"),
        rules=_rules(preset),
        needs=[(presets.told(need, "text"), waiting[need.code]) for need in preset.needs],
        cases=[
            (presets.told(o.vector, "title"), o.state, str(_STATES[o.state]))
            for o in report.outcomes
        ],
        passed=report.count(replays.PASSED),
        failed=report.count(replays.FAILED),
        open=report.count(replays.OPEN),
        skipped=report.count(replays.SKIPPED),
    )


def _rules(preset: Preset) -> list[str]:
    """The rules in their order, then the basic rate, which takes what is left, and the rest."""
    given: dict[str, dict[str, str]] = {}
    for each in preset.creates:
        given.setdefault(each.kind, {})[each.code] = presets.told(each, "name")
    names = wording.Names(given, leap_day=preset.terms.leap_day)
    found = [
        _named(wording.name_of(rule), wording.rule_sentence(rule, names=names))
        for rule in preset.terms.rules
    ]
    return found + _settings(preset.terms) + _words(preset) + _mall(preset)


def _mall(preset: Preset) -> list[str]:
    """What its members get for points."""
    phrases = [
        _("%(name)s for %(points)s points")
        % {"name": presets.told(plan, "name"), "points": number_format(plan.points)}
        for plan in preset.mall.rewards
    ]
    return [_named(_("in the mall"), _(", ").join(phrases))] if phrases else []


def _settings(terms: ProgramTerms) -> list[str]:
    """What the version itself says: the basic rate, when points are usable, until when."""
    rate = RuleTerms(
        key=programs.BASIC,
        name="",
        effect=terms.basic_method,
        points=terms.basic_points,
        yuan=terms.basic_yuan,
    )
    days = {"kind": "days", "days": terms.pending_days}
    excluded = {kind: list(values) for kind, values in terms.excluded.items()}
    told = (
        (wording.name_of(rate), wording.effect_phrase(rate) if terms.basic_points else ""),
        (_("when usable"), wording.timing_phrase(days) if terms.pending_days else ""),
        (_("validity"), wording.validity_phrase(terms.validity)),
        (_("goods that earn nothing"), differences.excluded_words(excluded)),
    )
    return [_named(name, phrase) for name, phrase in told if phrase]


def _words(preset: Preset) -> list[str]:
    if not preset.words.keys() >= {"unit_name", "unit_name_en"}:
        return []
    is_english = (get_language() or "").startswith("en")
    unit = preset.words["unit_name_en" if is_english else "unit_name"]
    return [_named(_("what points are called"), unit)]


def _named(name: str, phrase: str) -> str:
    facts = {"name": name[:1].upper() + name[1:], "sentence": phrase}
    return _("%(name)s: %(sentence)s") % facts


def _tomorrow() -> datetime:
    day = timezone.localdate() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, time.min))
