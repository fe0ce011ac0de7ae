"""Handing over at the counter (核销): type or scan the member's code, look, hand over."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from mall.models import Redemption
from mall.services import handover
from members.admin.base import note
from stores.exceptions import Refusal
from stores.models import Store

PERMISSION = "mall.hand_over_redemption"
_STORE = "mall_scan_store"


class ScanForm(forms.Form):
    store = forms.ModelChoiceField(
        label=gettext_lazy("Store"),
        queryset=Store.objects.filter(is_active=True).order_by("code"),
        widget=UnfoldAdminSelectWidget,
    )
    code = forms.CharField(
        label=gettext_lazy("Code of the member"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(
            attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True}
        ),
    )


def scan_page(admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Two steps: what the code is for, and handing it over. The store is kept for the next one.

    Whoever types wrong codes is counted, so the page runs in no transaction of its own.
    """
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = ScanForm(
        request.POST if request.method == "POST" else None,
        initial={"store": request.session.get(_STORE)},
    )
    found = done = None
    if form.is_valid():
        store: Store = form.cleaned_data["store"]
        request.session[_STORE] = store.pk
        try:
            if "confirmed" in request.POST:
                done = _hand_over(request, form.cleaned_data)
            else:
                found = handover.look_up(
                    code=form.cleaned_data["code"],
                    store_id=store.pk,
                    scanner=_actor(request),
                    at=timezone.now(),
                )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": _("Hand over at the counter"),
        "form": form if found is None and done is None else None,
        "next_form": ScanForm(initial={"store": request.session.get(_STORE)}) if done else None,
        "found": found,
        "done": done,
        "sent": form.data,
        "media": admin.media,
    }
    return TemplateResponse(request, "admin/mall/scan.html", context)


def _hand_over(request: HttpRequest, data: dict[str, Any]) -> Redemption:
    actor = _actor(request)
    done = handover.hand_over(
        code=data["code"],
        store_id=data["store"].pk,
        scanner=actor,
        actor=actor,
        at=timezone.now(),
    )
    with transaction.atomic():
        note(request, done, _("Handed over in %(store)s.") % {"store": data["store"].name})
    return done


def _actor(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"
