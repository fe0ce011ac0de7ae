"""Taking over categories and articles from the ERP or the till, in sets."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from django.db import transaction

from stores import policies
from stores.exceptions import GoodsRefused
from stores.models import Article, Category
from stores.policies import Tree
from stores.selectors import goods
from stores.selectors.arrays import among

State = Literal["new", "changed", "same"]


class CategoryRow(NamedTuple):
    """A category as it shall be; `parent` is the code of the one above, empty for a root."""

    code: str
    name: str
    parent: str = ""


class ArticleRow(NamedTuple):
    """An article as it shall be; `category` is a code, empty for none."""

    sku: str
    name: str
    category: str = ""
    brand: str = ""
    labels: Sequence[str] = ()


class RowOutcome(NamedTuple):
    """What became of one row: `refusal` is set when it was not taken in."""

    key: str
    state: State | Literal["refused"]
    refusal: GoodsRefused | None = None


def put_categories(*, rows: Sequence[CategoryRow]) -> list[RowOutcome]:
    """Make these categories, or change those whose code is there; one answer per row, in order.

    A row may name a parent that stands further down. Rows that are wrong are refused by
    themselves, the others land in one transaction; the same again changes nothing. Locks all
    categories, so that two requests cannot make a circle together.
    """
    refused = _refused([(row.code, _category_fault(row)) for row in rows], field="code")
    with transaction.atomic():
        refused |= _hang(locked_tree(), rows, refused)
        states = _write_categories([row for place, row in enumerate(rows) if place not in refused])
    return [
        refused.get(place) or RowOutcome(row.code, states[row.code])
        for place, row in enumerate(rows)
    ]


def put_articles(*, rows: Sequence[ArticleRow]) -> list[RowOutcome]:
    """Make these articles, or change those whose number is there; one answer per row, in order.

    A row says all of its article: what it leaves out is emptied. Rows that are wrong, or name an
    unknown category, are refused by themselves; the others land in one transaction. The same
    again changes nothing. Three queries, whatever the number of rows.
    """
    rows = [row._replace(labels=policies.labels(row.labels)) for row in rows]
    refused = _refused([(row.sku, _article_fault(row)) for row in rows], field="sku")
    with transaction.atomic():
        ids = dict(Category.objects.values_list("code", "pk"))
        for place, row in enumerate(rows):
            if row.category and row.category not in ids and place not in refused:
                refusal = GoodsRefused("category_unknown", field="category", category=row.category)
                refused[place] = RowOutcome(row.sku, "refused", refusal)
        states = _write_articles(
            [row for place, row in enumerate(rows) if place not in refused], ids
        )
    return [
        refused.get(place) or RowOutcome(row.sku, states[row.sku]) for place, row in enumerate(rows)
    ]


def check_parent(*, code: str, parent: str) -> None:
    """Refuse a parent under which the category cannot hang. Locks all categories until the end
    of the caller's transaction. Raises `GoodsRefused` with the field `parent`."""
    fault = locked_tree().fault(code, parent)
    if fault is not None:
        raise _parent_refusal(fault, parent)


def locked_tree() -> Tree:
    """The tree, all of it locked against other changes.

    Read after the locks are held: what another process has done meanwhile is seen.
    """
    list(Category.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return goods.tree()


def _refused(
    judged: Sequence[tuple[str, GoodsRefused | None]], *, field: str
) -> dict[int, RowOutcome]:
    """The rows that are wrong in themselves, or repeat an earlier one, by their place."""
    refused: dict[int, RowOutcome] = {}
    seen: set[str] = set()
    for place, (key, fault) in enumerate(judged):
        if fault is not None:
            refused[place] = RowOutcome(key, "refused", fault)
        elif key in seen:
            refused[place] = RowOutcome(key, "refused", GoodsRefused("row_twice", field=field))
        seen.add(key)
    return refused


def _text_refusal(field: str, text: str, limit: int, *, is_required: bool) -> GoodsRefused | None:
    fault = policies.text_fault(text, limit, is_required=is_required)
    return None if fault is None else GoodsRefused(fault, field=field, limit=limit)


def _category_fault(row: CategoryRow) -> GoodsRefused | None:
    return (
        _text_refusal("code", row.code, policies.CODE_LENGTH, is_required=True)
        or _text_refusal("name", row.name, policies.NAME_LENGTH, is_required=True)
        or _text_refusal("parent", row.parent, policies.CODE_LENGTH, is_required=False)
    )


def _article_fault(row: ArticleRow) -> GoodsRefused | None:
    fault = (
        _text_refusal("sku", row.sku, policies.SKU_LENGTH, is_required=True)
        or _text_refusal("name", row.name, policies.NAME_LENGTH, is_required=True)
        or _text_refusal("category", row.category, policies.CODE_LENGTH, is_required=False)
        or _text_refusal("brand", row.brand, policies.BRAND_LENGTH, is_required=False)
    )
    return fault or labels_refusal(row.labels)


def labels_refusal(labels: Sequence[str]) -> GoodsRefused | None:
    """Why these labels are not accepted, or None when they are."""
    fault = policies.labels_fault(labels)
    if fault is None:
        return None
    is_count = fault == "too_many_labels"
    limit = policies.LABELS_MAX if is_count else policies.LABEL_LENGTH
    return GoodsRefused(fault, field="labels", limit=limit)


def _parent_refusal(fault: str, parent: str) -> GoodsRefused:
    return GoodsRefused(fault, field="parent", category=parent, limit=policies.DEPTH_MAX)


def _hang(
    tree: Tree, rows: Sequence[CategoryRow], refused: dict[int, RowOutcome]
) -> dict[int, RowOutcome]:
    """Hang the rows into `tree`, again and again as long as one more finds its place.

    So a parent may follow its children, and two categories may change places.
    """
    left = {place: row for place, row in enumerate(rows) if place not in refused}
    faults: dict[int, str] = {}
    while left:
        before = len(left)
        for place, row in list(left.items()):
            fault = tree.fault(row.code, row.parent or None)
            if fault is None:
                tree.put(row.code, row.parent or None)
                del left[place]
            else:
                faults[place] = fault
        if len(left) == before:
            break
    return {
        place: RowOutcome(row.code, "refused", _parent_refusal(faults[place], row.parent))
        for place, row in left.items()
    }


def _state(was: bool, is_same: bool) -> State:
    if not was:
        return "new"
    return "same" if is_same else "changed"


def _write_categories(rows: Sequence[CategoryRow]) -> dict[str, State]:
    """Write what is new or different: names first, then the parents, which are there by then."""
    was = {
        code: (name, parent)
        for code, name, parent in Category.objects.values_list("code", "name", "parent__code")
    }
    states = {
        row.code: _state(row.code in was, was.get(row.code) == (row.name, row.parent or None))
        for row in rows
    }
    differing = sorted(row for row in rows if states[row.code] != "same")
    if differing:
        Category.objects.bulk_create(
            [Category(code=row.code, name=row.name) for row in differing],
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["name"],
        )
        _write_parents(differing)
    return states


def _write_parents(rows: Sequence[CategoryRow]) -> None:
    codes = {row.code for row in rows} | {row.parent for row in rows}
    there = {one.code: one for one in Category.objects.filter(among("code", codes))}
    for row in rows:
        there[row.code].parent = there[row.parent] if row.parent else None
    Category.objects.bulk_update([there[row.code] for row in rows], ["parent"])


def _write_articles(rows: Sequence[ArticleRow], ids: dict[str, int]) -> dict[str, State]:
    """Write what is new or different, in the order of the numbers: two requests cannot wait for
    each other."""
    kept = Article.objects.filter(among("sku", [row.sku for row in rows]))
    was = {
        sku: values
        for sku, *values in kept.values_list("sku", "name", "category_id", "brand", "labels")
    }
    states: dict[str, State] = {}
    differing = []
    for row in sorted(rows):
        values = [row.name, ids.get(row.category), row.brand, row.labels]
        states[row.sku] = _state(row.sku in was, was.get(row.sku) == values)
        if states[row.sku] != "same":
            differing.append(
                Article(
                    sku=row.sku,
                    name=row.name,
                    category_id=ids.get(row.category),
                    brand=row.brand,
                    labels=row.labels,
                )
            )
    Article.objects.bulk_create(
        differing,
        update_conflicts=True,
        unique_fields=["sku"],
        update_fields=["name", "category", "brand", "labels"],
    )
    return states
