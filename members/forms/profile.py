"""What members write about themselves and their parcels."""

from typing import Any, cast

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members import policies
from members.models import Address, Member
from members.policies import regions
from members.services.addresses import Content
from members.services.profile import Changes
from stores.models import Store

# Longer input is refused by the services with the right sentence; this only bounds the work.
_BOUND = 1000


class ProfileForm(forms.Form):
    """A member's own data. A birthday that is entered stands."""

    name = forms.CharField(
        label=pgettext_lazy("person", "Name"),
        required=False,
        max_length=_BOUND,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    gender = forms.ChoiceField(
        label=_("Gender"),
        required=False,
        choices=Member.Gender.choices,
        widget=forms.RadioSelect,
    )
    birthday = forms.DateField(
        label=_("Birthday"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "bday"}),
    )
    preferred_store = forms.ModelChoiceField(
        label=_("Preferred store"),
        queryset=Store.objects.filter(is_active=True).order_by("name"),
        to_field_name="code",
        required=False,
        empty_label=_("none in particular"),
    )

    def __init__(self, data: Any = None, *, member: Member) -> None:
        initial = {
            "name": member.name,
            "gender": member.gender,
            "birthday": member.birthday,
            "preferred_store": member.preferred_store,
        }
        super().__init__(data, initial=initial)
        self.fields["birthday"].disabled = member.birthday is not None
        self.fields["birthday"].help_text = (
            _("Our staff will gladly correct a mistake.")
            if member.birthday
            else _("For birthday gifts. It can be entered once.")
        )

    def changes(self) -> Changes:
        """The clean data for `profile.edit`; everything on the page is meant."""
        data = self.cleaned_data
        store = data["preferred_store"]
        return Changes(
            name=data["name"],
            gender=data["gender"],
            birthday=data["birthday"],
            preferred_store_code=store.code if store else "",
        )


class AvatarForm(forms.Form):
    # A plain file: what it is, the service finds out, and keeps nothing of it but the picture.
    picture = forms.FileField(
        label=_("Picture"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )


class AddressLineForm(forms.Form):
    line = forms.CharField(
        label=_("Paste an address"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


_CHOOSE: dict[int, str | Promise] = {
    1: _("choose the province"),
    2: _("choose the city"),
    3: _("choose the district"),
}


class AddressForm(forms.Form):
    """An address with up to three menus, each filled by the one before.

    Without JavaScript the button beside the menus sends the form back with the next menu.
    """

    recipient = forms.CharField(
        label=_("Recipient"),
        max_length=_BOUND,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=policies.PHONE_LENGTH_MAX,
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national"}
        ),
    )
    region_1 = forms.ChoiceField(label=_("Province"), required=False)
    region_2 = forms.ChoiceField(label=_("City"), required=False)
    region_3 = forms.ChoiceField(label=_("District"), required=False)
    detail = forms.CharField(
        label=_("Street, house and room"),
        max_length=_BOUND,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "street-address"}),
    )
    is_default = forms.BooleanField(label=_("Use as the default address"), required=False)

    def __init__(
        self, data: Any = None, *, address: Address | None = None, parsed: Any = None
    ) -> None:
        super().__init__(data, initial=_initial(address, parsed))
        chosen = self._chosen()
        for level, field in enumerate(("region_1", "region_2", "region_3"), start=1):
            above = chosen[level - 2] if level > 1 else ""
            below = regions.children(above) if level == 1 or above else []
            menu = cast("forms.ChoiceField", self.fields[field])
            menu.choices = [("", _CHOOSE[level]), *below]
            menu.widget.attrs["data-level"] = str(level)
        self.menus = [self[f"region_{level}"] for level in (1, 2, 3)]

    def _chosen(self) -> list[str]:
        """The codes in the menus, where each lies below the one before."""
        found = [str(self[f"region_{level}"].value() or "") for level in (1, 2, 3)]
        for level in (1, 2):
            below = {code for code, _name in regions.children(found[level - 1])}
            if not found[level - 1] or found[level] not in below:
                found[level] = ""
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = [data.get(f"region_{level}") or "" for level in (1, 2, 3)]
        data["region"] = next((code for code in reversed(chosen) if code), "")
        # A menu that was filled by another province's choice is not an error of its own.
        for level in (2, 3):
            if f"region_{level}" in self.errors:
                del self.errors[f"region_{level}"]
        return data

    def content(self) -> Content:
        data = self.cleaned_data
        return Content(
            recipient=data["recipient"],
            phone=data["phone"],
            region=data["region"],
            detail=data["detail"],
            is_default=data["is_default"],
        )


def _initial(address: Address | None, parsed: Any) -> dict[str, Any]:
    source = address or parsed
    if source is None:
        return {}
    steps = regions.path(source.region)
    return {
        "recipient": source.recipient,
        "phone": policies.national_phone(source.phone) if source.phone else "",
        "detail": source.detail,
        "is_default": getattr(source, "is_default", False),
        **{f"region_{level}": code for level, code in enumerate(steps, start=1)},
    }
