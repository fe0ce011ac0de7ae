"""Clearings in the back office: ordered, rehearsed, approved by somebody else, run, undone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from members.admin.base import ReadOnlyAdmin, posted, service_page
from points import tasks
from points.forms import ClearingForm, ClearingSettingsForm, ExtendForm, UndoForm
from points.models import ClearingPlan, ClearingSettings
from points.selectors import clearing_reports, clearings, labels
from points.services import settings
from points.services.clearing import extending, plans, undoing
from stores.admin.base import OneRowAdmin
from stores.tasks import send

_STATES = ClearingPlan.State
_COLOURS = {
    _STATES.DRAFT: "info",
    _STATES.REHEARSING: "info",
    _STATES.REHEARSED: "info",
    _STATES.APPROVED: "warning",
    _STATES.RUNNING: "warning",
    _STATES.STOPPED: "danger",
    _STATES.DONE: "success",
    _STATES.UNDOING: "warning",
    _STATES.UNDONE: "danger",
    _STATES.WITHDRAWN: "danger",
}
_AT_WORK = (_STATES.REHEARSING, _STATES.RUNNING, _STATES.UNDOING)

# What may be done in which state, and who may.
_ACTS: dict[str, tuple[tuple[str, ...], str]] = {
    "edit": (ClearingPlan.EDITABLE, "points.change_clearingplan"),
    "rehearse": (ClearingPlan.EDITABLE, "points.change_clearingplan"),
    "approve": ((_STATES.REHEARSED,), "points.approve_clearingplan"),
    "withdraw": ((*ClearingPlan.EDITABLE, _STATES.APPROVED), "points.change_clearingplan"),
    "start": ((_STATES.APPROVED, _STATES.STOPPED), "points.run_clearingplan"),
    "stop": ((_STATES.RUNNING,), "points.run_clearingplan"),
    "undo": ((_STATES.DONE, _STATES.STOPPED), "points.undo_clearingplan"),
    "extend": ((_STATES.DONE,), "points.undo_clearingplan"),
}


def _actor(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"


@admin.register(ClearingPlan)
class ClearingPlanAdmin(ReadOnlyAdmin):
    list_display = ("name", "policy", "last_day", "state_label", "foreseen", "approved_at")
    list_filter = ("state", "policy")
    search_fields = ("name",)
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("points.add_clearingplan")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path(f"<int:pk>/{name}/", view(call), name=f"points_clearing_{name}")
            for name, call in {
                "progress": self.progress_view,
                "edit": self.edit_view,
                "undo": self.undo_view,
                "extend": self.extend_view,
                "losers": self.losers_view,
                "skips": self.skips_view,
            }.items()
        ]
        own += [
            path(
                f"<int:pk>/{act}/",
                view(self._act_view),
                {"act": act},
                name=f"points_clearing_{act}",
            )
            for act in ("rehearse", "approve", "withdraw", "start", "stop")
        ]
        return [*own, *super().get_urls()]

    # -- writing it down

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        known = dict(ClearingPlan.Policy.choices)
        policy = request.GET.get("policy", "")
        policy = policy if policy in known else ClearingPlan.Policy.YEAR_END.value
        today = timezone.localdate()
        initial = {"last_day": today.replace(month=12, day=31), "last": str(today.year)}
        form = ClearingForm(posted(request), initial=initial, policy=policy, today=today)
        made: list[ClearingPlan] = []

        def call(_data: dict[str, Any]) -> tuple[ClearingPlan, str]:
            plan = plans.order(values=form.values(), actor=_actor(request), at=timezone.now())
            made.append(plan)
            return plan, _("The clearing is written down. Rehearse it now.")

        answer = service_page(
            self,
            request,
            form=form,
            title=_("Order a clearing"),
            submit=_("Write down"),
            call=call,
            back=reverse("admin:points_clearingplan_changelist"),
            template="admin/points/clearing_form.html",
            shown={"policies": list(known.items()), "policy": policy},
        )
        return HttpResponseRedirect(_address(made[0])) if made else answer

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        plan = self._plan(request, pk, act="edit")
        initial = {
            "name": plan.name,
            "last_day": plan.last_day,
            "store": plan.store_id,
            **_asked(plan),
        }
        form = ClearingForm(
            posted(request), initial=initial, policy=plan.policy, today=timezone.localdate()
        )

        def call(_data: dict[str, Any]) -> tuple[ClearingPlan, str]:
            changed = plans.change(plan_id=plan.pk, values=form.values(), actor=_actor(request))
            return changed, _("Changed. It has to be rehearsed again.")

        return service_page(
            self,
            request,
            form=form,
            title=_("Change “%(name)s”") % {"name": plan.name},
            submit=_("Change"),
            call=call,
            back=_address(plan),
        )

    # -- looking at it

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """The report: what it takes, what the rehearsal found, what was done. To be printed."""
        plan = self._plan(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": plan.name,
            "plan": plan,
            "people": labels.actors(
                [plan.created_by, plan.changed_by, plan.approved_by, plan.undone_by]
            ),
            "rehearsal": clearing_reports.rehearsal(plan),
            "outcome": clearing_reports.outcome(plan),
            "reminded": clearing_reports.reminded(plan),
            "settings": clearings.settings(),
            "is_at_work": plan.state in _AT_WORK,
            "acts": {act for act in _ACTS if self._may(request, plan, act)},
            "is_own": _actor(request) in (plan.created_by, plan.changed_by),
            "colour": _COLOURS[_STATES(plan.state)],
            "now": timezone.now(),
            **_advance(plan),
        }
        return TemplateResponse(request, "admin/points/clearing.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        plan = self._plan(request, pk)
        return JsonResponse({"state": plan.state, "open": plan.state in _AT_WORK, **_advance(plan)})

    def losers_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        plan = self._plan(request, pk)
        lines = clearing_reports.losers_csv(plan, at=timezone.now())
        return _csv(lines, f"clearing-{plan.pk}-members.csv")

    def skips_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        plan = self._plan(request, pk)
        return _csv(clearing_reports.skips_csv(plan), f"clearing-{plan.pk}-passed-over.csv")

    # -- moving it on

    def _act_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """One button: asks once more, in words, then calls the service."""
        plan = self._plan(request, pk, act=act)
        title, submit, done, call = self._acts(plan, act, request)

        def act_now(_data: dict[str, Any]) -> tuple[ClearingPlan, str]:
            call()
            if act in ("rehearse", "start"):
                # Should the message be lost, a sweep finds the row.
                transaction.on_commit(lambda: send(tasks.work_clearing, plan.pk))
            return plan, done

        return service_page(
            self,
            request,
            form=forms.Form(posted(request)),
            title=title,
            submit=submit,
            call=act_now,
            back=_address(plan),
        )

    def _acts(
        self, plan: ClearingPlan, act: str, request: HttpRequest
    ) -> tuple[str, str, str, Callable[[], object]]:
        """Question, button, what is said afterwards, and the service."""
        name, now = {"name": plan.name}, timezone.now()
        pk = plan.pk
        return {
            "rehearse": (
                _("Rehearse “%(name)s”? Nothing is changed.") % name,
                _("Rehearse"),
                _("The rehearsal has begun."),
                lambda: plans.request_rehearsal(plan_id=pk, at=now),
            ),
            "approve": (
                _("Approve “%(name)s”? Members will be told, and it runs at its time.") % name,
                _("Approve"),
                _("Approved."),
                lambda: plans.approve(plan_id=pk, actor=_actor(request), at=now),
            ),
            "withdraw": (
                _("Withdraw “%(name)s”? It will not run.") % name,
                _("Withdraw"),
                _("Withdrawn."),
                lambda: plans.withdraw(plan_id=pk, at=now),
            ),
            "start": (
                _("Run “%(name)s” now?") % name,
                _("Run"),
                _("The clearing has begun."),
                lambda: plans.start(plan_id=pk, at=now),
            ),
            "stop": (
                _("Stop “%(name)s”? What is booked stays booked; it can go on later.") % name,
                _("Stop"),
                _("The clearing stops."),
                lambda: plans.stop(plan_id=pk),
            ),
        }[act]

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        plan = self._plan(request, pk, act="undo")
        form = UndoForm(posted(request))
        if plan.policy != ClearingPlan.Policy.LAPSED:
            del form.fields["counts_through"]

        def call(data: dict[str, Any]) -> tuple[ClearingPlan, str]:
            asked = undoing.request(
                plan_id=plan.pk,
                reason=data["reason"],
                counts_through=data.get("counts_through"),
                actor=_actor(request),
                at=timezone.now(),
            )
            transaction.on_commit(lambda: send(tasks.work_clearing, plan.pk))
            return asked, _("The points are being given back.")

        return service_page(
            self,
            request,
            form=form,
            title=_("Undo “%(name)s”? Every member gets back what it took.") % {"name": plan.name},
            submit=_("Undo"),
            call=call,
            back=_address(plan),
        )

    def extend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """More time for those whom it passed over, since nobody had told them."""
        plan = self._plan(request, pk, act="extend")
        ahead = max(clearings.settings().required, default=30)
        initial = {"counts_through": timezone.localdate() + timedelta(days=ahead)}

        def call(data: dict[str, Any]) -> tuple[ClearingPlan, str]:
            members, points = extending.extend(
                plan_id=plan.pk,
                counts_through=data["counts_through"],
                actor=_actor(request),
                at=timezone.now(),
            )
            told = _("%(points)s points of %(members)s members count on.")
            return plan, told % {"points": f"{points:,}", "members": f"{members:,}"}

        return service_page(
            self,
            request,
            form=ExtendForm(posted(request), initial=initial),
            title=_("Give time to members who were not told of “%(name)s”") % {"name": plan.name},
            submit=_("Give time"),
            call=call,
            back=_address(plan),
        )

    def _plan(self, request: HttpRequest, pk: Any, *, act: str = "") -> ClearingPlan:
        rows = ClearingPlan.objects.select_related("store")
        plan = get_object_or_404(rows, pk=pk if str(pk).isdigit() else None)
        if not self.has_view_permission(request, plan):
            raise PermissionDenied
        if act and not request.user.has_perm(_ACTS[act][1]):
            raise PermissionDenied
        return plan

    @staticmethod
    def _may(request: HttpRequest, plan: ClearingPlan, act: str) -> bool:
        states, permission = _ACTS[act]
        if plan.state not in states or not request.user.has_perm(permission):
            return False
        if act == "start":
            return plan.cutoff_at <= timezone.now()
        if act == "extend":
            return clearing_reports.has_untold(plan)
        return True

    @display(description=gettext_lazy("state"), label=_COLOURS)
    def state_label(self, plan: ClearingPlan) -> tuple[str, str]:
        return plan.state, plan.get_state_display()

    @display(description=gettext_lazy("points by the rehearsal"))
    def foreseen(self, plan: ClearingPlan) -> str:
        return f"{plan.rehearsal['points']:,}" if plan.rehearsal else "–"


def _asked(plan: ClearingPlan) -> dict[str, Any]:
    """The earning days as the form of the policy asks for them."""
    first, last = plan.earned_first_day, plan.earned_last_day
    if plan.policy == ClearingPlan.Policy.YEAR_END:
        return {"first": str(first.year) if first else "", "last": str(last.year) if last else ""}
    if plan.policy == ClearingPlan.Policy.QUARTER_END:
        begins = clearings.quarter_begins(last) if last else ""
        return {"first": first.isoformat() if first else "", "last": begins}
    return {"first": first, "last": last}


def _advance(plan: ClearingPlan) -> dict[str, Any]:
    """How far a plan at work is."""
    total = plan.rehearsal.get("accounts") if plan.rehearsal else None
    if plan.state == _STATES.RUNNING:
        done = clearings.booked_accounts(plan)
    elif plan.state == _STATES.UNDOING:
        done, total = plan.undone_accounts, clearings.booked_accounts(plan)
    else:
        done, total = 0, None
    percent = min(done * 100 // total, 100) if total else 0
    return {"percent": percent, "done": done, "total": total}


def _csv(lines: Any, name: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _address(plan: ClearingPlan) -> str:
    return reverse("admin:points_clearingplan_change", args=[plan.pk])


@admin.register(ClearingSettings)
class ClearingSettingsAdmin(OneRowAdmin):
    """Reminders, required notices, and what may be undone for how long."""

    form = ClearingSettingsForm

    def save_model(
        self, request: HttpRequest, obj: ClearingSettings, form: Any, change: bool
    ) -> None:
        settings.save_clearing(obj, at=timezone.now())
