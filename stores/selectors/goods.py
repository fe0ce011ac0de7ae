"""What is known of the goods: the facts about articles that earning rules ask for."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from stores.models import Article, Category, Store
from stores.policies import Tree
from stores.selectors.arrays import among


class ArticleFacts(NamedTuple):
    """An article; `category_path` has the codes from the root down to its own category."""

    sku: str
    category_path: tuple[str, ...]
    brand: str
    labels: frozenset[str]


def tree() -> Tree:
    """The categories as they are now. One query; never kept, so a change counts at once."""
    return Tree(dict(Category.objects.values_list("code", "parent__code")))


def articles(skus: Collection[str], *, known: Tree | None = None) -> dict[str, ArticleFacts]:
    """The articles among `skus` that are known, by number. One query, whatever their number,
    and one for the tree unless the caller has it already."""
    if not skus:
        return {}
    rows = list(
        Article.objects.filter(among("sku", skus)).values_list(
            "sku", "category__code", "brand", "labels"
        )
    )
    if known is None:
        known = tree() if any(row[1] for row in rows) else Tree({})
    return {
        sku: ArticleFacts(sku, known.path(category) if category else (), brand, frozenset(labels))
        for sku, category, brand, labels in rows
    }


def category_paths(codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The paths of those codes that are categories, from the root down. One query."""
    known = tree()
    return {code: path for code in set(codes) if (path := known.path(code))}


def category_path(code: str) -> tuple[str, ...]:
    """The codes from the root down to `code`; empty when there is no such category."""
    return tree().path(code)


def known_categories() -> list[tuple[str, str]]:
    """Every category as (code, names from the root down), in the order of the tree."""
    rows = list(Category.objects.values_list("code", "name", "parent__code"))
    names = {code: name for code, name, _parent in rows}
    known = Tree({code: parent for code, _name, parent in rows})
    paths = [tuple((names[step], step) for step in known.path(code)) for code in names]
    return [(path[-1][1], " / ".join(name for name, _code in path)) for path in sorted(paths)]


def known_brands() -> list[str]:
    """The brands of the articles."""
    brands = Article.objects.exclude(brand="").values_list("brand", flat=True)
    return sorted(set(brands.distinct()))


def known_labels() -> list[tuple[str, str]]:
    """The labels as (label, word for it): those that most merchants need, then those in use."""
    lists = Article.objects.values_list("labels", flat=True).distinct()
    used = {label for labels in lists for label in labels}
    usual = [(value, str(word)) for value, word in Article.Label.choices]
    return usual + [(label, label) for label in sorted(used - set(Article.Label.values))]


def label_name(label: str) -> str:
    """The word for a label in the active language; the label itself when it is the merchant's."""
    return str(dict(Article.Label.choices).get(label, label))


def known_businesses() -> list[str]:
    """The lines of business of the stores."""
    stores = Store.objects.exclude(business="").values_list("business", flat=True)
    return sorted(set(stores.distinct()))
