"""What the back office's pages of people and points share."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from unfold.admin import ModelAdmin

from members import policies, selectors
from members.models import Member
from stores.admin.base import BoundedAdmin
from stores.exceptions import Refusal

M = TypeVar("M", bound=Model)
MEMBERS_FOUND_MAX = 50


# What the apps above add to a member's page: words, and the list in which the member is searched.
_LINKS: list[tuple[str | Promise, str]] = []


def register_link(text: str | Promise, changelist: str) -> None:
    """Lead from a member's page to their rows in a list that finds members by number."""
    _LINKS.append((text, changelist))


def links_of(member: Member) -> list[tuple[str | Promise, str]]:
    return [(text, f"{reverse(name)}?q={member.number}") for text, name in _LINKS]


class ReadOnlyAdmin(BoundedAdmin):
    """Rows to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ByMember(ModelAdmin):
    """Search rows by their member, exactly, with the member's indexes."""

    search_fields = ("pk",)
    member_field = "member"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        members = selectors.found_by(search_term).values_list("pk", flat=True)
        return queryset.filter(**{f"{self.member_field}__in": members[:MEMBERS_FOUND_MAX]}), False


def service_page(
    admin: ModelAdmin,
    request: HttpRequest,
    *,
    form: forms.Form,
    title: str | Promise,
    submit: str | Promise,
    call: Callable[[dict[str, Any]], tuple[Model, str]],
    back: str,
    template: str = "admin/service_form.html",
    shown: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """A form in front of one service: `call` gets the clean data, gives the row and a sentence.

    A refusal comes back to the field it names. What was done is noted in the row's history,
    in the same transaction: nothing is done that is not noted. `template` may extend the usual
    one to show more above the form, which it finds in `shown`.
    """
    if form.is_valid():
        try:
            with transaction.atomic():
                row, sentence = call(form.cleaned_data)
                note(request, row, sentence)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, sentence)
            return HttpResponseRedirect(back)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": title,
        "form": form,
        "button": submit,
        "back": back,
        "media": admin.media,
        **(shown or {}),
    }
    return TemplateResponse(request, template, context)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form of `service_page` is bound to; a form without fields is sent empty."""
    return request.POST if request.method == "POST" else None


def note(request: HttpRequest, row: Model, sentence: str) -> None:
    """Leave the staff's audit row (I19): who, when, what, on which row; phone numbers masked."""
    LogEntry.objects.create(
        user_id=str(request.user.pk),
        content_type_id=ContentType.objects.get_for_model(row).pk,
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=CHANGE,
        change_message=policies.mask_phones_in(sentence),
    )
