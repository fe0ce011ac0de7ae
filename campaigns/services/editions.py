"""Keeping the rules page: an edition for each version, and one more when what it says changes."""

from datetime import datetime

from django.db import transaction

from campaigns.models import EarningRuleVersion, RulebookEdition
from campaigns.selectors import rulebook, rules


def record(now: datetime) -> list[RulebookEdition]:
    """Write down every edition that is missing; returns them, oldest version first.

    Each published version gets its first edition, from its start on. The version in force and
    those to come get another one, from `now` or their start on, when their page reads otherwise
    than the last edition kept. Nothing new, no row. Locks the versions, so that two at once do
    not both write.
    """
    with transaction.atomic():
        versions = list(
            EarningRuleVersion.objects.published().select_for_update().order_by("number")
        )
        last = {row.version_id: row for row in RulebookEdition.objects.order_by("revision")}
        alive = _alive(now)
        made = []
        for version in versions:
            known = last.get(version.pk)
            if known is None or version.pk in alive:
                edition = _edition(version, known, now)
                if edition is not None:
                    made.append(edition)
        for edition in made:
            edition.save(force_insert=True)
    return made


def _alive(now: datetime) -> set[int]:
    found = {version.pk for version in rules.upcoming(now)}
    if (current := rules.in_force(now)) is not None:
        found.add(current.pk)
    return found


def _edition(
    version: EarningRuleVersion, known: RulebookEdition | None, now: datetime
) -> RulebookEdition | None:
    book = rulebook.book_of(version)
    if known is not None and known.mark == book.mark:
        return None
    return RulebookEdition(
        version=version,
        revision=0 if known is None else known.revision + 1,
        since=version.starts_at if known is None else max(now, version.starts_at),
        content=book.content(),
        preface=version.preface,
        preface_en=version.preface_en,
        mark=book.mark,
        created_at=now,
    )
