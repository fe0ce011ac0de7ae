"""People in the back office."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from members import policies, selectors
from members.admin import merging, privacy
from members.admin.base import ByMember, ReadOnlyAdmin, links_of, posted, service_page
from members.admin.segments import SegmentInline
from members.exceptions import NameInvalid
from members.models import Consent, DeviceSession, Member, MemberTag, Tag
from members.services import registration
from stores.admin.base import BoundedAdmin
from stores.models import Store

_FOUND_MAX = 200


class RegistrationForm(forms.Form):
    """A new member, taken in by staff."""

    phone = forms.CharField(
        label=gettext_lazy("Mobile number"),
        max_length=policies.PHONE_LENGTH_MAX,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    external_number = forms.CharField(
        label=gettext_lazy("External number"),
        help_text=gettext_lazy("The customer's number in the till or the former system."),
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    name = forms.CharField(
        label=pgettext_lazy("person", "Name"), required=False, widget=UnfoldAdminTextInputWidget
    )
    home_store = forms.ModelChoiceField(
        queryset=Store.objects.filter(is_active=True),
        label=gettext_lazy("Home store"),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("phone") and not data.get("external_number"):
            raise forms.ValidationError(_("Give a mobile number or an external number."))
        return data


class MemberForm(forms.ModelForm[Member]):
    """What staff may correct, by the same rules as at every other door."""

    def clean_name(self) -> str:
        try:
            return registration.checked_name(self.cleaned_data["name"])
        except NameInvalid as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean_birthday(self) -> date | None:
        birthday: date | None = self.cleaned_data["birthday"]
        if birthday is not None and not policies.is_birthday(birthday, today=timezone.localdate()):
            raise forms.ValidationError(_("This is nobody's birthday."))
        return birthday


class MemberTagForm(forms.ModelForm[MemberTag]):
    def clean_tag(self) -> Tag:
        """Once is enough: Django does not check a constraint that the parent's key is part of."""
        tag: Tag = self.cleaned_data["tag"]
        others = MemberTag.objects.filter(member_id=self.instance.member_id, tag=tag)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("The member has this tag already."))
        return tag


class MemberTagInline(TabularInline):
    """A member's tags. Who may change the member may change them."""

    model = MemberTag
    form = MemberTagForm
    fields = ("tag",)
    autocomplete_fields = ("tag",)
    verbose_name_plural = gettext_lazy("Tags")
    hide_title = True
    extra = 1

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever sees the member

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("members.change_member")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("members.change_member")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("members.change_member")


@admin.register(Tag)
class TagAdmin(BoundedAdmin):
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name",)


@admin.register(Member)
class MemberAdmin(BoundedAdmin):
    """Staff correct a name, birthday or home store; phone and number are the person's own."""

    form = MemberForm
    ordering = ("-pk",)
    list_filter = ("source", "tags")
    list_select_related = ("home_store",)
    inlines = (MemberTagInline, SegmentInline)
    search_fields = ("number",)
    search_help_text = gettext_lazy(
        "Exact member number, mobile number, external number or whole name"
    )
    autocomplete_fields: tuple[str, ...] = ()
    actions_detail: tuple[str, ...] = ("merge", "copy_data", "close_account")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        phone = self._phone_column(request)
        return ("grouped_number", "name", phone, "home_store", "source", "joined_at")

    def get_fields(
        self, request: HttpRequest, obj: Member | None = None
    ) -> tuple[str | tuple[str, ...], ...]:
        phone = self._phone_column(request)
        return (
            "grouped_number",
            phone,
            "external_number",
            "state",
            "name",
            ("gender", "birthday"),
            ("home_store", "preferred_store"),
            ("source", "source_code"),
            ("joined_at", "invited_by"),
            "more",
        )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Member | None = None
    ) -> tuple[str, ...]:
        phone = self._phone_column(request)
        return (
            "grouped_number",
            phone,
            "external_number",
            "state",
            "source",
            "source_code",
            "joined_at",
            "invited_by",
            "more",
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_closed = isinstance(obj, Member) and obj.is_closed
        return not is_closed and super().has_change_permission(request, obj)

    def has_merge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("members.merge_member")

    def has_export_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("members.export_member")

    def has_erase_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("members.erase_member")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Member], search_term: str
    ) -> tuple[QuerySet[Member], bool]:
        if not search_term:
            return queryset, False
        found = list(selectors.found_by(search_term).values_list("pk", flat=True)[:_FOUND_MAX])
        privacy.note_search(request, search_term, found)
        return queryset.filter(pk__in=found), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page as usual; that somebody saw the phone number on it is written down."""
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        member = Member.objects.filter(pk=unquote(object_id)).first()
        if request.method == "GET" and answer.status_code == 200 and member is not None:
            privacy.note_look(request, member)
        return answer

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return service_page(
            self,
            request,
            form=RegistrationForm(posted(request)),
            title=_("Register a member"),
            submit=_("Register"),
            call=_register,
            back=reverse("admin:members_member_changelist"),
        )

    @action(
        description=gettext_lazy("Merge with another"),
        url_path="merge",
        permissions=["merge"],
        icon="merge",
    )
    def merge(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return merging.page(self, request, object_id)

    @action(
        description=gettext_lazy("Copy of the data"),
        url_path="copy",
        permissions=["export"],
        icon="download",
    )
    def copy_data(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return privacy.copy_page(self, request, object_id)

    @action(
        description=gettext_lazy("Close the account"),
        url_path="close",
        permissions=["erase"],
        icon="person_off",
    )
    def close_account(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return privacy.close_page(self, request, object_id)

    @display(description=gettext_lazy("state"))
    def state(self, member: Member) -> str:
        if member.erased_at is not None:
            return _("erased")
        if member.merged_into is not None:
            return _("merged into %(number)s") % {"number": member.merged_into.grouped_number}
        return _("member")

    @display(description=gettext_lazy("more"))
    def more(self, member: Member) -> str:
        """Where the apps above show what else there is about this person."""
        return format_html_join(
            "",
            '<a class="text-primary-600 underline mr-4" href="{}">{}</a>',
            ((url, text) for text, url in links_of(member)),
        )

    @staticmethod
    def _phone_column(request: HttpRequest) -> str:
        is_permitted = request.user.has_perm("members.view_phone")
        return "whole_phone" if is_permitted else "hidden_phone"

    @display(description=gettext_lazy("member number"), ordering="number")
    def grouped_number(self, member: Member) -> str:
        return member.grouped_number

    @display(description=gettext_lazy("phone"))
    def whole_phone(self, member: Member) -> str:
        return policies.national_phone(member.phone) if member.phone else ""

    @display(description=gettext_lazy("phone"))
    def hidden_phone(self, member: Member) -> str:
        return member.masked_phone


def _register(data: dict[str, Any]) -> tuple[Model, str]:
    store = data["home_store"]
    member = registration.register(
        phone=data["phone"] or None,
        external_number=data["external_number"] or None,
        name=data["name"],
        store_id=store.pk if store else None,
        at=timezone.now(),
        source=Member.Source.ADMIN,
    )
    return member, _("Member %(number)s registered.") % {"number": member.grouped_number}


@admin.register(DeviceSession)
class DeviceSessionAdmin(ByMember, ReadOnlyAdmin):
    list_display = ("member", "kind", "user_agent", "created_at", "last_seen_at", "revoked_at")
    list_select_related = ("member",)
    list_filter = ("kind",)
    fields = (
        "member",
        "kind",
        "user_agent",
        "created_at",
        "last_seen_at",
        "expires_at",
        "revoked_at",
    )
    ordering = ("-pk",)


@admin.register(Consent)
class ConsentAdmin(ByMember, ReadOnlyAdmin):
    list_display = ("member", "purpose", "version", "given_at", "withdrawn_at")
    list_select_related = ("member",)
    ordering = ("-pk",)
