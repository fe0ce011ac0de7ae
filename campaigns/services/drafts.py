"""Editing the rules of a draft. What is published is never touched: every function looks first."""

import secrets

from django.db import transaction

from campaigns.exceptions import AlreadyPublished
from campaigns.models import EarningRule, EarningRuleVersion

_KEY_BYTES = 5


def save_rule(*, rule: EarningRule) -> EarningRule:
    """Save a rule of a draft, a new one behind the others and under a key of its own.

    A key is never given twice, whatever version it is in: limits count by it. Locks the version;
    raises `AlreadyPublished`.
    """
    with transaction.atomic():
        _lock(rule.version_id)
        if rule._state.adding:
            rule.key = rule.key or new_key()
            last = EarningRule.objects.filter(version_id=rule.version_id).order_by("-position")
            rule.position = (last.values_list("position", flat=True).first() or 0) + 1
        rule.save()
    return rule


def duplicate(*, rule: EarningRule, name: str) -> EarningRule:
    """A copy right behind the rule, with a key and name of its own. As `save_rule`."""
    with transaction.atomic():
        _lock(rule.version_id)
        rows = _in_order(rule.version_id)
        copy = EarningRule.objects.get(pk=rule.pk)
        copy.pk, copy.key, copy.name = None, new_key(), name
        copy._state.adding = True
        copy.save()
        rows.insert([row.pk for row in rows].index(rule.pk) + 1, copy)
        _number(rows)
    return copy


def move(*, rule: EarningRule, up: bool) -> bool:
    """Let the rule change places with the one before or after it; False at the end of the list.

    Locks the version; raises `AlreadyPublished`.
    """
    with transaction.atomic():
        _lock(rule.version_id)
        rows = _in_order(rule.version_id)
        place = [row.pk for row in rows].index(rule.pk)
        other = place - 1 if up else place + 1
        if not 0 <= other < len(rows):
            return False
        rows[place], rows[other] = rows[other], rows[place]
        _number(rows)
    return True


def remove(*, rule: EarningRule) -> None:
    """Delete a rule of a draft. Locks the version; raises `AlreadyPublished`."""
    with transaction.atomic():
        _lock(rule.version_id)
        rule.delete()


def new_key() -> str:
    """A key that no rule has ever had."""
    return f"r{secrets.token_hex(_KEY_BYTES)}"


def _lock(version_id: int) -> None:
    """Nobody publishes the draft, or edits it, until this transaction ends."""
    version = EarningRuleVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None or version.is_published:
        raise AlreadyPublished


def _in_order(version_id: int) -> list[EarningRule]:
    return list(EarningRule.objects.filter(version_id=version_id).order_by("position", "pk"))


def _number(rows: list[EarningRule]) -> None:
    for position, row in enumerate(rows, start=1):
        row.position = position
    EarningRule.objects.bulk_update(rows, ["position"])
