"""A member's address book."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from members import exceptions, policies
from members.models import Address, Member
from members.policies import regions
from members.services import registration

LIMIT = 20
_LENGTHS = {"recipient": 40, "detail": 120}


@dataclass(frozen=True, slots=True)
class Content:
    """An address as it was typed; `region` is the code of a district."""

    recipient: str
    phone: str
    region: str
    detail: str
    is_default: bool = False


def add(*, member_id: int, content: Content, at: datetime) -> Address:
    """Put an address into the book; the first one becomes the default.

    Raises `AddressInvalid`, `PhoneInvalid`, `RegionUnknown`, `TooManyAddresses`. Locks the
    member's row, so that the limit of twenty and the one default hold in any burst.
    """
    values = _checked(content)
    with transaction.atomic():
        book = _locked_book(member_id)
        if len(book) >= LIMIT:
            raise exceptions.TooManyAddresses(limit=LIMIT)
        is_default = content.is_default or not book
        if is_default:
            _clear_default(member_id)
        return Address.objects.create(
            member_id=member_id, is_default=is_default, created_at=at, **values
        )


def change(*, member_id: int, address_id: int, content: Content) -> Address:
    """Replace an address of the member's; raises `AddressUnknown` and what `add` raises.

    The default stays the default until another address is made it.
    """
    values = _checked(content)
    with transaction.atomic():
        address = _of(_locked_book(member_id), address_id)
        if content.is_default and not address.is_default:
            _clear_default(member_id)
            address.is_default = True
        for name, value in values.items():
            setattr(address, name, value)
        address.save()
    return address


def remove(*, member_id: int, address_id: int) -> None:
    """Take an address out of the book; the newest one left becomes the default."""
    with transaction.atomic():
        book = _locked_book(member_id)
        address = _of(book, address_id)
        left = [one.pk for one in book if one.pk != address_id]
        address.delete()
        if address.is_default and left:
            Address.objects.filter(pk=max(left)).update(is_default=True)


def make_default(*, member_id: int, address_id: int) -> None:
    """Send parcels to this address unless another is chosen; raises `AddressUnknown`."""
    with transaction.atomic():
        _of(_locked_book(member_id), address_id)
        _clear_default(member_id)
        Address.objects.filter(pk=address_id).update(is_default=True)


def _locked_book(member_id: int) -> list[Address]:
    if Member.objects.select_for_update().get(pk=member_id).is_closed:
        raise exceptions.MemberClosed
    return list(Address.objects.filter(member_id=member_id).order_by("pk"))


def _of(book: list[Address], address_id: int) -> Address:
    for address in book:
        if address.pk == address_id:
            return address
    raise exceptions.AddressUnknown


def _clear_default(member_id: int) -> None:
    Address.objects.filter(member_id=member_id, is_default=True).update(is_default=False)


def _checked(content: Content) -> dict[str, str]:
    phone = policies.normalise_phone(content.phone)
    values = {
        "recipient": _text("recipient", content.recipient),
        "detail": _text("detail", content.detail),
    }
    if phone is None:
        raise exceptions.PhoneInvalid
    if not regions.is_whole(content.region):
        raise exceptions.RegionUnknown
    return {**values, "phone": phone, "region": content.region}


def _text(field: str, text: str) -> str:
    clean = unicodedata.normalize("NFC", text).strip()
    limit = _LENGTHS[field]
    if not 0 < len(clean) <= limit or not registration.is_visible(clean):
        raise exceptions.AddressInvalid(field=field, limit=limit)
    return clean
