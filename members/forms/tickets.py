"""What members write to the shop, and what the staff writes back."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from members.models import Ticket
from members.services.tickets import PHOTOS_MAX, SUBJECT_LENGTH, TEXT_LENGTH, Words
from stores.models import Store
from stores.services import pictures


class PhotosInput(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """As many files as were chosen; what they are, the service finds out."""

    widget = PhotosInput

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[bytes]]":
        return list(data or ())


class ReplyForm(forms.Form):
    """Words and photos. Length and characters are the service's to judge, with its own sentence."""

    text = forms.CharField(
        label=_("Your message"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": TEXT_LENGTH}),
    )
    photos = PhotosField(
        label=_("Photos"),
        required=False,
        widget=PhotosInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_(
            "Up to six: JPEG, PNG or WebP, at most 10 MB each. Only you and our staff see them."
        ),
    )
    key = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, initial={"key": uuid.uuid4().hex})

    def words(self) -> Words:
        return Words(
            text=self.cleaned_data["text"],
            photos=read(self.cleaned_data["photos"]),
            key=self.cleaned_data["key"],
        )


class TicketForm(ReplyForm):
    """A new ticket. Disputes begin at the entry that they are about."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[one for one in Ticket.Kind.choices if one[0] != Ticket.Kind.DISPUTE],
        initial=Ticket.Kind.QUESTION,
        widget=forms.RadioSelect,
    )
    subject = forms.CharField(
        label=_("In a few words"),
        widget=forms.TextInput(attrs={"maxlength": SUBJECT_LENGTH}),
    )
    store = forms.ModelChoiceField(
        label=_("Which store? (optional)"),
        queryset=Store.objects.filter(is_active=True).order_by("name"),
        to_field_name="code",
        required=False,
        empty_label=_("none in particular"),
    )
    field_order = ("kind", "subject", "text", "store", "photos", "key")


def read_photos(files: Any) -> Sequence[bytes]:
    """The uploads of a request that are called `photos`."""
    return read(files.getlist("photos")) if isinstance(files, MultiValueDict) else ()


def read(uploads: "Sequence[UploadedFile[bytes]]") -> Sequence[bytes]:
    """Their contents; one more than allowed, of files or of bytes, is enough to be refused."""
    return [one.read(pictures.BYTES_MAX + 1) for one in uploads[: PHOTOS_MAX + 1]]
