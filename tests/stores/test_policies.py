"""Trees of categories, and labels."""

import pytest

from stores import policies
from stores.policies import Tree

FOOD = Tree({"food": None, "tea": "food", "oolong": "tea", "home": None})


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("food", ("food",)),
        ("oolong", ("food", "tea", "oolong")),
        ("gone", ()),
    ],
)
def test_a_path_leads_from_the_root_down(code: str, path: tuple[str, ...]) -> None:
    assert FOOD.path(code) == path


def test_everything_below_a_category() -> None:
    assert FOOD.below("food") == {"food", "tea", "oolong"}
    assert FOOD.below("gone") == set()


@pytest.mark.parametrize(
    ("code", "parent", "fault"),
    [
        ("tea", None, None),
        ("tea", "home", None),
        ("new", "oolong", None),
        ("tea", "gone", "category_unknown"),
        ("new", "new", "category_cycle"),
        ("tea", "tea", "category_cycle"),
        ("food", "oolong", "category_cycle"),
    ],
)
def test_where_a_category_may_hang(code: str, parent: str | None, fault: str | None) -> None:
    assert FOOD.fault(code, parent) == fault


def test_eight_levels_are_the_most_also_for_what_hangs_below() -> None:
    chain = Tree({f"c{n}": f"c{n - 1}" if n else None for n in range(8)})
    assert chain.fault("c8", "c7") == "category_too_deep"
    assert chain.fault("c8", "c6") is None
    chain.put("root", None)
    assert chain.fault("c0", "root") == "category_too_deep"
    assert chain.fault("c1", "root") is None


def test_a_moved_category_is_below_its_new_parent_only() -> None:
    tree = Tree({"a": None, "b": None, "c": "a"})
    tree.put("c", "b")
    assert (tree.below("a"), tree.below("b")) == ({"a"}, {"b", "c"})


def test_a_damaged_tree_hangs_nobody() -> None:
    circle = Tree({"a": "b", "b": "a"})
    assert circle.path("a") == ("b", "a")
    assert circle.below("a") == {"a", "b"}
    assert circle.fault("x", "a") is None
    assert circle.fault("a", "x") == "category_unknown"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", []),
        (" Special，new, special ", ["new", "special"]),
        ("特价, 新品", ["新品", "特价"]),
    ],
)
def test_labels_are_kept_once_in_lower_case_and_in_order(typed: str, kept: list[str]) -> None:
    assert policies.split_labels(typed) == kept
    assert policies.labels_fault(kept) is None


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        (["a,b"], "label_invalid"),
        (["a\tb"], "label_invalid"),
        (["x" * 33], "label_invalid"),
        ([str(n) for n in range(21)], "too_many_labels"),
    ],
)
def test_what_is_no_label(labels: list[str], fault: str) -> None:
    assert policies.labels_fault(labels) == fault
