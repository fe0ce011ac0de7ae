"""What closing an account takes from a member, told before it is done.

Each app adds its own losses and says what stands in the way; this app's pages show them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import Address, Member, Relation
from stores.exceptions import Refusal


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that ends: a code for programs, its figure, and a sentence for people."""

    code: str
    value: str
    text: str


Teller = Callable[[Member, datetime], Iterable[Loss]]
Hindrance = Callable[[Member, datetime], Refusal | None]

_tellers: list[Teller] = []
_hindrances: list[Hindrance] = []


def register(teller: Teller, *, hindrance: Hindrance | None = None) -> None:
    """Add an app's losses, and what keeps a member from closing the account themselves."""
    if teller not in _tellers:
        _tellers.append(teller)
        if hindrance is not None:
            _hindrances.append(hindrance)


def losses(member: Member, at: datetime) -> list[Loss]:
    """What `member` loses, in the active language, the apps above first."""
    return [loss for teller in (*_tellers, _own) for loss in teller(member, at)]


def hindrance(member: Member, at: datetime) -> Refusal | None:
    """Why the account cannot be closed now, or None."""
    found = (look(member, at) for look in _hindrances)
    return next((refusal for refusal in found if refusal is not None), None)


def _own(member: Member, at: datetime) -> Iterable[Loss]:
    bonds = Relation.objects.standing().of(member.pk).count()
    if bonds:
        yield Loss(
            "relations",
            str(bonds),
            ngettext(
                "You part from %(count)s relative or friend.",
                "You part from %(count)s relatives and friends.",
                bonds,
            )
            % {"count": bonds},
        )
    addresses = Address.objects.filter(member=member).count()
    if addresses:
        yield Loss(
            "addresses",
            str(addresses),
            ngettext("%(count)s address is deleted.", "%(count)s addresses are deleted.", addresses)
            % {"count": addresses},
        )
    yield Loss(
        "profile",
        "",
        _("Your name, number, birthday, picture, devices and sign-in are deleted."),
    )
