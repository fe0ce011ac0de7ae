"""Categories and articles: taken over in sets, and read in a fixed number of queries."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from stores.models import Article, Category, Store
from stores.selectors import goods as known
from stores.selectors.goods import ArticleFacts
from stores.services import goods
from stores.services.goods import ArticleRow, CategoryRow, RowOutcome

pytestmark = pytest.mark.django_db

TREE = [
    CategoryRow("oolong", "乌龙", "tea"),
    CategoryRow("tea", "茶", "food"),
    CategoryRow("food", "食品"),
]


def told(outcomes: list[RowOutcome]) -> list[tuple[str, str | None, str | None]]:
    """State, code and field of each outcome."""
    return [
        (one.state, one.refusal.code, one.refusal.field) if one.refusal else (one.state, None, None)
        for one in outcomes
    ]


@pytest.fixture
def _tree() -> None:
    assert told(goods.put_categories(rows=TREE)) == [("new", None, None)] * 3


@pytest.mark.usefixtures("_tree")
def test_a_parent_may_follow_its_children() -> None:
    assert known.category_path("oolong") == ("food", "tea", "oolong")
    assert known.category_paths(["tea", "gone"]) == {"tea": ("food", "tea")}
    assert known.known_categories() == [
        ("food", "食品"),
        ("tea", "食品 / 茶"),
        ("oolong", "食品 / 茶 / 乌龙"),
    ]


@pytest.mark.usefixtures("_tree")
def test_the_same_categories_again_change_nothing(django_assert_num_queries: Any) -> None:
    ids = dict(Category.objects.values_list("code", "pk"))
    with django_assert_num_queries(5):  # two of them open and close the savepoint
        assert told(goods.put_categories(rows=TREE)) == [("same", None, None)] * 3
    assert dict(Category.objects.values_list("code", "pk")) == ids


@pytest.mark.usefixtures("_tree")
def test_categories_are_renamed_moved_and_change_places() -> None:
    outcomes = goods.put_categories(
        rows=[
            CategoryRow("food", "吃的", "tea"),
            CategoryRow("tea", "茶"),
            CategoryRow("new", "新"),
        ]
    )
    assert told(outcomes) == [("changed", None, None), ("changed", None, None), ("new", None, None)]
    assert known.category_path("food") == ("tea", "food")
    assert known.category_path("oolong") == ("tea", "oolong")
    assert Category.objects.get(code="food").name == "吃的"


@pytest.mark.usefixtures("_tree")
def test_a_wrong_category_is_refused_by_itself() -> None:
    outcomes = goods.put_categories(
        rows=[
            CategoryRow("food", "食品", "oolong"),
            CategoryRow("x", "x", "gone"),
            CategoryRow("y", "y", "x"),
            CategoryRow("", "z"),
            CategoryRow("z", ""),
            CategoryRow("z\n", "z"),
            CategoryRow("z", "z" * 201),
            CategoryRow("green", "绿茶", "tea"),
            CategoryRow("green", "绿茶", "food"),
        ]
    )
    assert told(outcomes) == [
        ("refused", "category_cycle", "parent"),
        ("refused", "category_unknown", "parent"),
        ("refused", "category_unknown", "parent"),
        ("refused", "required", "code"),
        ("refused", "required", "name"),
        ("refused", "unsafe_characters", "code"),
        ("refused", "text_too_long", "name"),
        ("new", None, None),
        ("refused", "row_twice", "code"),
    ]
    assert known.category_path("green") == ("food", "tea", "green")
    assert known.category_path("food") == ("food",)


@pytest.mark.usefixtures("_tree")
def test_a_category_in_use_is_not_deleted() -> None:
    Article.objects.create(sku="T1", name="铁观音", category=Category.objects.get(code="oolong"))
    for code in ("food", "oolong"):
        with pytest.raises(ProtectedError):
            Category.objects.get(code=code).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.create(sku="T1", name="again")


@pytest.mark.usefixtures("_tree")
def test_articles_are_made_changed_and_left_alone(django_assert_num_queries: Any) -> None:
    tea = ArticleRow("T1", "铁观音", "oolong", "安溪", ("New", "special"))
    cup = ArticleRow("C1", "茶杯")
    assert told(goods.put_articles(rows=[tea, cup])) == [("new", None, None)] * 2

    outcomes = goods.put_articles(rows=[tea, cup._replace(brand="景德镇")])

    assert told(outcomes) == [("same", None, None), ("changed", None, None)]
    assert known.articles(["T1", "C1", "none"]) == {
        "T1": ArticleFacts("T1", ("food", "tea", "oolong"), "安溪", frozenset({"new", "special"})),
        "C1": ArticleFacts("C1", (), "景德镇", frozenset()),
    }
    assert known.known_brands() == ["安溪", "景德镇"]
    goods.put_articles(rows=[tea._replace(labels=[])])
    assert known.articles(["T1"])["T1"].labels == frozenset()


@pytest.mark.usefixtures("_tree")
def test_a_wrong_article_is_refused_by_itself() -> None:
    outcomes = goods.put_articles(
        rows=[
            ArticleRow("A", "a", "gone"),
            ArticleRow("B", "b", "tea", labels=["a,b"]),
            ArticleRow("C", "c", labels=[str(n) for n in range(21)]),
            ArticleRow("", "d"),
            ArticleRow("E", ""),
            ArticleRow("F", "f", brand="x" * 65),
            ArticleRow("G", "g", "tea"),
            ArticleRow("G", "g"),
        ]
    )
    assert told(outcomes) == [
        ("refused", "category_unknown", "category"),
        ("refused", "label_invalid", "labels"),
        ("refused", "too_many_labels", "labels"),
        ("refused", "required", "sku"),
        ("refused", "required", "name"),
        ("refused", "text_too_long", "brand"),
        ("new", None, None),
        ("refused", "row_twice", "sku"),
    ]
    assert [str(one.refusal) for one in outcomes[:1]] != [""]
    assert Article.objects.get().category == Category.objects.get(code="tea")


def test_a_batch_of_articles_costs_the_same_whatever_its_size() -> None:
    costs = []
    for count in (1, 3, 500):
        rows = [ArticleRow(f"A{count}-{n}", "article", labels=["new"]) for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            goods.put_articles(rows=rows)
        costs.append(len([one for one in queries if "SAVEPOINT" not in one["sql"]]))
    # Django cuts long inserts for SQLite.
    assert costs == [3, 3, 3 if connection.vendor == "postgresql" else 5]


@pytest.mark.usefixtures("_tree")
def test_ten_thousand_articles_are_one_query_and_one_for_the_tree(
    django_assert_num_queries: Any,
) -> None:
    oolong = Category.objects.get(code="oolong")
    Article.objects.bulk_create(
        Article(sku=f"A{n}", name="article", category=oolong) for n in range(3)
    )
    skus = [f"A{n}" for n in range(40_000)]
    with django_assert_num_queries(2):
        found = known.articles(skus)
    tree = known.tree()
    with django_assert_num_queries(1):
        assert known.articles(skus[:10_000], known=tree) == found
    assert [found[f"A{n}"].category_path for n in range(3)] == [("food", "tea", "oolong")] * 3
    with django_assert_num_queries(0):
        assert known.articles([]) == {}


def test_articles_without_a_category_do_not_ask_for_the_tree(
    django_assert_num_queries: Any,
) -> None:
    Article.objects.create(sku="A", name="a")
    with django_assert_num_queries(1):
        assert known.articles(["A"])["A"].category_path == ()


def test_labels_are_found_whole() -> None:
    Article.objects.create(sku="A", name="a", labels=["gift_card", "特价"])
    Article.objects.create(sku="B", name="b", labels=["gift", 'q"uote'])
    for label, skus in (("gift_card", ["A"]), ("gift", ["B"]), ("特价", ["A"]), ('q"uote', ["B"]),
                        ("特", []), ("%", [])):  # fmt: skip
        assert [one.sku for one in Article.objects.all().labelled(label)] == skus, label
    assert [label for label, _word in known.known_labels()] == [
        "special", "new", "gift_card", "high_margin", "gift", 'q"uote', "特价",
    ]  # fmt: skip


def test_lines_of_business_are_those_of_the_stores() -> None:
    for code, business in (("A", "dining"), ("B", ""), ("C", "餐饮"), ("D", "dining")):
        Store.objects.create(code=code, name=code, business=business)
    assert known.known_businesses() == ["dining", "餐饮"]
