"""Keeping the full-text index of rewards; `selectors.search` asks it."""

from collections.abc import Callable, Collection

from django.db import connection, transaction

from mall.models import Reward, Variant
from mall.policies import search, texts
from stores.selectors.arrays import among

_PAGE = 500
# PostgreSQL keeps no position beyond this one, and no more than 255 of one term.
_POSITION_MAX = 16_383
_POSITIONS_OF_TERM = 16
_FIELDS = (
    *("id", "code", "kind", "name", "name_en", "summary", "summary_en"),
    *("description", "description_en", "partner", "category__name", "category__name_en"),
)
# How much a place counts, as PostgreSQL calls it: name, what is said of it, description.
_WEIGHTS = ("A", "B", "D")


def index(*, reward_ids: Collection[int]) -> None:
    """Index these rewards as they stand now; those that are gone leave the index."""
    ids = list(dict.fromkeys(reward_ids))
    for start in range(0, len(ids), _PAGE):
        _index_page(ids[start : start + _PAGE])


def index_category(*, category_id: int) -> None:
    """Index the rewards of a category again: its name is among what finds them."""
    rows = Reward.objects.filter(category_id=category_id)
    index(reward_ids=list(rows.values_list("pk", flat=True)))


def rebuild(*, progress: Callable[[int], None] = lambda done: None) -> int:
    """Make the whole index anew, in pages, in one transaction; returns how many rewards it has."""
    done, after = 0, 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM mall_reward_search")
        while ids := _ids_after(after):
            _index_page(ids)
            done, after = done + len(ids), ids[-1]
            progress(done)
    return done


def _ids_after(after: int) -> list[int]:
    rows = Reward.objects.filter(pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:_PAGE])


def _index_page(ids: list[int]) -> None:
    found = list(Reward.objects.filter(among("id", ids)).values(*_FIELDS))
    numbers: dict[int, list[str]] = {pk: [] for pk in ids}
    variants = Variant.objects.filter(among("reward_id", ids))
    for pk, *words in variants.values_list("reward_id", "sku", "name", "name_en"):
        numbers[pk].extend(words)
    rows = [(row["id"], _parts(row, numbers[row["id"]])) for row in found]
    with transaction.atomic(), connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(ids))
        sql = f"DELETE FROM mall_reward_search WHERE rowid IN ({marks})"  # noqa: S608 — only marks
        cursor.execute(sql, ids)
        if connection.vendor == "postgresql":
            cursor.executemany(
                "INSERT INTO mall_reward_search (rowid, document) VALUES (%s, %s::tsvector)",
                [(pk, _vector(parts)) for pk, parts in rows],
            )
        else:
            cursor.executemany(
                "INSERT INTO mall_reward_search (rowid, name, more, body) VALUES (%s, %s, %s, %s)",
                [(pk, *(" ".join(part) for part in parts)) for pk, parts in rows],
            )


def _parts(row: dict[str, str], numbers: list[str]) -> tuple[list[str], list[str], list[str]]:
    """The terms of the name, of what is said of it, and of its description."""
    said = (
        *(row["code"], row["summary"], row["summary_en"], row["partner"]),
        *(row["category__name"] or "", row["category__name_en"] or ""),
        *numbers,
    )
    described = f"{texts.plain(row['description'])}\n{texts.plain(row['description_en'])}"
    return (
        search.terms_of(f"{row['name']}\n{row['name_en']}"),
        search.terms_of("\n".join(said)),
        search.terms_of(described),
    )


def _vector(parts: tuple[list[str], list[str], list[str]]) -> str:
    """A `tsvector` as PostgreSQL reads it. Terms are letters and digits: nothing to escape."""
    places: dict[str, list[str]] = {}
    position = 0
    for weight, terms in zip(_WEIGHTS, parts, strict=True):
        for term in terms:
            position = min(position + 1, _POSITION_MAX)
            held = places.setdefault(term, [])
            if len(held) < _POSITIONS_OF_TERM:
                held.append(f"{position}{weight}")
    return " ".join(f"'{term}':{','.join(held)}" for term, held in places.items())
