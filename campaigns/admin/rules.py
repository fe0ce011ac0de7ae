"""The rule builder: one page per rule, in the order of a sentence, with a preview beside it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from unfold.admin import ModelAdmin

from campaigns.admin.tiers import tier_page
from campaigns.admin.versions import page_of
from campaigns.forms.rules import RuleForm
from campaigns.forms.sections import sections
from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.selectors import outlook, warnings, wording
from campaigns.services import drafts
from members.admin.base import note
from stores.exceptions import Refusal
from stores.models import Article

_FOUND_MAX = 8


@admin.register(EarningRule)
class EarningRuleAdmin(ModelAdmin):
    """Rules have no list of their own: they are listed on the page of their version."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: EarningRule | None = None) -> bool:
        is_open = obj is None or not obj.version.is_published
        return is_open and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: EarningRule | None = None) -> bool:
        is_open = obj is None or not obj.version.is_published
        return is_open and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        mine = [
            path("preview/", wrap(self.preview_view), name="campaigns_earningrule_preview"),
            path("articles/", wrap(self.articles_view), name="campaigns_earningrule_articles"),
            path("tier/<slug:code>/", wrap(self.tier_view), name="campaigns_earningrule_tier"),
            path("<int:pk>/move/", wrap(self.move_view), name="campaigns_earningrule_move"),
            path("<int:pk>/copy/", wrap(self.copy_view), name="campaigns_earningrule_copy"),
        ]
        theirs: list[URLPattern] = super().get_urls()
        return mine + theirs

    # --- pages -------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("admin:campaigns_earningruleversion_changelist")

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        version = _version_asked(request)
        if not self.has_add_permission(request) or version.is_published:
            raise PermissionDenied
        return self._page(request, version, None)

    def tier_view(self, request: HttpRequest, code: str) -> HttpResponse:
        return tier_page(self, request, code)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rule = self.get_object(request, object_id)
        if rule is None:
            raise Http404
        if not self.has_view_permission(request, rule):
            raise PermissionDenied
        if request.method == "POST" and not self.has_change_permission(request, rule):
            raise PermissionDenied
        return self._page(request, rule.version, rule)

    def _page(
        self, request: HttpRequest, version: EarningRuleVersion, rule: EarningRule | None
    ) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        form = RuleForm(data, version=version, instance=rule)
        is_preview = "_preview" in request.POST
        if data is not None and form.is_valid() and not is_preview:
            answer = self._save(request, form, is_new=rule is None)
            if answer is not None:
                return answer
        context = self._context(request, version, form)
        if data is None and rule is None:
            context["preview"] = None
        return TemplateResponse(request, "admin/campaigns/rule_form.html", context)

    def _save(self, request: HttpRequest, form: RuleForm, *, is_new: bool) -> HttpResponse | None:
        try:
            with transaction.atomic():
                rule = drafts.save_rule(rule=form.instance)
                sentence = wording.rule_sentence(rule.as_terms())
                note(request, rule, sentence[:2000])
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            return None
        text = _("Added: %(name)s.") if is_new else _("Saved: %(name)s.")
        messages.success(request, text % {"name": rule.name})
        if "_continue" in request.POST:
            return redirect("admin:campaigns_earningrule_change", rule.pk)
        if "_addanother" in request.POST:
            return redirect(_add_page(rule.version_id))
        return redirect(page_of(rule.version_id))

    def _context(
        self, request: HttpRequest, version: EarningRuleVersion, form: RuleForm
    ) -> dict[str, Any]:
        rule = form.instance
        is_new = rule._state.adding
        if is_new:
            may_edit = self.has_add_permission(request)
            title = _("New rule of “%(version)s”") % {"version": version}
        else:
            may_edit = self.has_change_permission(request, rule)
            title = _("Rule “%(name)s” of “%(version)s”") % {"name": rule.name, "version": version}
        channels = _channels_of(version)
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "sections": sections(form, used_channels=channels),
            "version": version,
            "rule": rule,
            "may_edit": may_edit,
            "may_delete": not is_new and self.has_delete_permission(request, rule),
            "back": page_of(version.pk),
            "preview_url": f"{reverse('admin:campaigns_earningrule_preview')}?version={version.pk}"
            + ("" if is_new else f"&rule={rule.pk}"),
            "media": self.media,
            **_preview(version, form),
        }

    # --- what the page's script asks for -----------------------------------------------------

    def preview_view(self, request: HttpRequest) -> HttpResponseBase:
        """The rule as it is typed, in words, with an example and hints. Writes nothing."""
        return require_POST(self._preview_answer)(request)

    def _preview_answer(self, request: HttpRequest) -> HttpResponse:
        version = _version_asked(request)
        rule = None
        if text := request.GET.get("rule"):
            rule = get_object_or_404(EarningRule, pk=_number(text), version=version)
        allowed = (
            self.has_add_permission(request)
            if rule is None
            else self.has_view_permission(request, rule)
        )
        if not allowed:
            raise PermissionDenied
        form = RuleForm(request.POST, version=version, instance=rule)
        form.is_valid()
        context = {"form": form, **_preview(version, form)}
        return TemplateResponse(request, "admin/campaigns/_preview.html", context)

    def articles_view(self, request: HttpRequest) -> HttpResponseBase:
        """Articles whose number or name begins so, for the suggestions below the field."""
        return require_GET(self._articles_answer)(request)

    def _articles_answer(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("campaigns.view_earningruleversion"):
            raise PermissionDenied
        text = request.GET.get("q", "").strip()[:64]
        found = Article.objects.filter(sku__startswith=text) if text else Article.objects.none()
        rows = list(found.order_by("sku").values_list("sku", "name")[:_FOUND_MAX])
        if text and not rows:
            named = Article.objects.filter(name__icontains=text).order_by("sku")
            rows = list(named.values_list("sku", "name")[:_FOUND_MAX])
        return JsonResponse({"articles": [{"sku": sku, "name": name} for sku, name in rows]})

    # --- what the version's page does with its rules -----------------------------------------

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return require_POST(self._move)(request, pk)

    def _move(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self._rule_to_change(request, pk)
        up = request.POST.get("direction") == "up"
        try:
            with transaction.atomic():
                if drafts.move(rule=rule, up=up):
                    note(request, rule, _("Moved up.") if up else _("Moved down."))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect(f"{page_of(rule.version_id)}#rule-{rule.pk}")

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return require_POST(self._copy)(request, pk)

    def _copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self._rule_to_change(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        name = _("%(name)s (copy)") % {"name": rule.name[:50]}
        try:
            with transaction.atomic():
                copy = drafts.duplicate(rule=rule, name=name)
                note(request, copy, _("Copied from “%(name)s”.") % {"name": rule.name})
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect(page_of(rule.version_id))
        return redirect("admin:campaigns_earningrule_change", copy.pk)

    def _rule_to_change(self, request: HttpRequest, pk: int) -> EarningRule:
        rule = get_object_or_404(EarningRule.objects.select_related("version"), pk=pk)
        if not self.has_change_permission(request, rule):
            raise PermissionDenied
        return rule

    def delete_model(self, request: HttpRequest, obj: EarningRule) -> None:
        try:
            drafts.remove(rule=obj)
        except Refusal as refusal:
            raise PermissionDenied(str(refusal)) from refusal

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        messages.success(request, _("Deleted: %(name)s.") % {"name": obj_display})
        version = request.GET.get("version", "")
        if version.isascii() and version.isdigit():
            return redirect(page_of(int(version)))
        return redirect("admin:campaigns_earningruleversion_changelist")


def _preview(version: EarningRuleVersion, form: RuleForm) -> dict[str, Any]:
    now = timezone.now()
    found = outlook.of_rule(version, form.instance, now=now)
    missing = [
        (_label(form, name), str(error))
        for name, errors in (form.errors.items() if form.is_bound else ())
        for error in errors
    ]
    return {
        "preview": found,
        "hints": [(hint.is_strong, warnings.sentence(hint)) for hint in found.hints],
        "missing": missing,
    }


def _label(form: RuleForm, name: str) -> str:
    if name not in form.fields:
        return ""
    return str(form.fields[name].label or name)


def _version_asked(request: HttpRequest) -> EarningRuleVersion:
    return get_object_or_404(EarningRuleVersion, pk=_number(request.GET.get("version", "")))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Http404
    return int(text)


def _add_page(version_id: int) -> str:
    return f"{reverse('admin:campaigns_earningrule_add')}?version={version_id}"


def _channels_of(version: EarningRuleVersion) -> set[str]:
    """Channels that rules of this version name already; tills may bring any other."""
    lists = EarningRule.objects.filter(version=version).values_list("conditions", flat=True)
    found = (one for conditions in lists if isinstance(conditions, list) for one in conditions)
    return {
        str(value)
        for one in found
        if isinstance(one, dict) and one.get("kind") == "channel"
        for value in one.get("in") or ()
    }
