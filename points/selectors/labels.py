"""The codes of an entry in words: where it came from, and who made it.

A code is for programs and stays the same for ever; its label is for people, in the active
language. Apps above the ledger register the labels of their own codes when they start. A code
that nobody has named is shown as it is.
"""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from members.models import Member
from stores.models import ApiKey

_ID_DIGITS_MAX = 18

_sources: dict[str, str | Promise] = {
    "purchase": pgettext_lazy("source", "purchase"),
    "return": pgettext_lazy("source", "return"),
    "checkout": pgettext_lazy("source", "checkout"),
    "mall": pgettext_lazy("source", "points mall"),
    "redemption": pgettext_lazy("source", "redemption"),
    "hold": pgettext_lazy("source", "hold"),
    "restore": pgettext_lazy("source", "points given back"),
    "expiry": pgettext_lazy("source", "expiry"),
    "clearing": pgettext_lazy("source", "clearing"),
    "clearing_extended": pgettext_lazy("source", "more time after a clearing"),
    "clearing_undone": pgettext_lazy("source", "a clearing undone"),
    "maturity": pgettext_lazy("source", "credit of pending points"),
    "status": pgettext_lazy("source", "status of the account"),
    "adjustment": pgettext_lazy("source", "adjustment by hand"),
    "transfer": pgettext_lazy("source", "transfer"),
    "gift": pgettext_lazy("source", "gift"),
    "merge": pgettext_lazy("source", "merging of two accounts"),
    "erasure": pgettext_lazy("source", "closing of the account"),
    "opening": pgettext_lazy("source", "former system"),
}
_actors: dict[str, str | Promise] = {
    "system": pgettext_lazy("actor", "system"),
    "import_members": pgettext_lazy("actor", "import on the command line"),
}


def register_sources(labels: Mapping[str, str | Promise]) -> None:
    """Name sources of entries."""
    _sources.update(labels)


def register_actors(labels: Mapping[str, str | Promise]) -> None:
    """Name actors that are neither people nor machines, such as a job."""
    _actors.update(labels)


def source(code: str) -> str:
    """Where an entry came from, in the active language."""
    return str(_sources.get(code, code))


def actor(code: str) -> str:
    """Who made one entry; for a page of them, use `actors`."""
    return actors([code])[code]


def actors(codes: Iterable[str]) -> dict[str, str]:
    """The label of every code, in the active language.

    However many codes: one query for staff, one for store keys, one for members, and each only
    where such a code is among them.
    """
    found: dict[str, str] = {}
    by_kind: dict[str, dict[str, str]] = {"staff": {}, "key": {}, "member": {}, "till": {}, "": {}}
    for code in set(codes):
        kind, colon, name = code.partition(":")
        found[code] = str(_actors.get(code, code))
        if code in _actors:
            continue
        if colon and kind in by_kind:
            by_kind[kind][name] = code
        else:
            by_kind[""][code] = code
    found |= _staff(by_kind["staff"], by_kind[""])
    found |= _keys(by_kind["key"])
    found |= _members(by_kind["member"])
    found |= {
        code: _("till of store %(store)s") % {"store": store}
        for store, code in by_kind["till"].items()
    }
    return found


def _staff(by_id: dict[str, str], by_username: dict[str, str]) -> dict[str, str]:
    """Staff noted by their id, as the ledger does, or by their username, as receipts do."""
    ids = _ids(by_id)
    if not ids and not by_username:
        return {}
    found = {}
    for user in User.objects.filter(Q(pk__in=ids) | Q(username__in=list(by_username))):
        for code in (by_id.get(str(user.pk)), by_username.get(user.username)):
            if code is not None:
                found[code] = _name(user)
    return found


def _name(user: User) -> str:
    full = user.get_full_name()
    if full and not full.isascii():
        return f"{user.last_name}{user.first_name}"  # 林小雨, not 小雨 林
    return full or user.username


def _keys(by_prefix: dict[str, str]) -> dict[str, str]:
    if not by_prefix:
        return {}
    rows = ApiKey.objects.filter(prefix__in=list(by_prefix)).values_list("prefix", "name")
    return {
        by_prefix[prefix]: _("store key “%(name)s”") % {"name": name or prefix}
        for prefix, name in rows
    }


def _members(by_id: dict[str, str]) -> dict[str, str]:
    ids = _ids(by_id)
    if not ids:
        return {}
    return {
        by_id[str(member.pk)]: _("member %(name)s") % {"name": member.name or member.grouped_number}
        for member in Member.objects.filter(pk__in=ids)
    }


def _ids(texts: Iterable[str]) -> list[int]:
    """The texts that can be a row's id; an actor is a text that anybody may have written."""
    return [
        int(text)
        for text in texts
        if text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS_MAX
    ]
