"""Goods as the tills sell them: what a code, a label and a tree of categories may be.

Pure. A fault comes back as its code (`stores.exceptions.GoodsRefused` has the sentences).
"""

import re
from collections.abc import Mapping, Sequence

CODE_LENGTH = 64
SKU_LENGTH = 64
NAME_LENGTH = 200
BRAND_LENGTH = 64
LABEL_LENGTH = 32
LABELS_MAX = 20
BUSINESS_LENGTH = 32
DEPTH_MAX = 8

# Control characters and lone surrogates: no database or file can be relied upon to carry them.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Half and full-width: labels are typed as a list with commas between them.
_SEPARATORS = re.compile("[,，]")


class Tree:
    """Categories by their codes: each knows its parent, roots have none.

    `path` ends also in a tree that was damaged by hand, so that no till hangs on it.
    """

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self._parents: dict[str, str | None] = {}
        self._children: dict[str, set[str]] = {}
        for code, parent in parents.items():
            self.put(code, parent)

    def __contains__(self, code: object) -> bool:
        return code in self._parents

    def put(self, code: str, parent: str | None) -> None:
        """Add a category, or hang it elsewhere; ask `fault` first."""
        former = self._parents.get(code)
        if former is not None:
            self._children[former].discard(code)
        self._parents[code] = parent
        if parent is not None:
            self._children.setdefault(parent, set()).add(code)

    def path(self, code: str) -> tuple[str, ...]:
        """Codes from the root down to `code` itself; empty when there is no such category."""
        steps: list[str] = []
        step: str | None = code
        while step is not None and step in self._parents and step not in steps:
            steps.append(step)
            step = self._parents[step]
        return tuple(reversed(steps))

    def below(self, code: str) -> set[str]:
        """`code` and everything under it; empty when there is no such category."""
        found: set[str] = set()
        level = {code} if code in self._parents else set()
        while level:
            found |= level
            level = {child for one in level for child in self._children.get(one, ())} - found
        return found

    def fault(self, code: str, parent: str | None) -> str | None:
        """Why `code` cannot hang under `parent`, or None when it can."""
        if parent is None:
            return None
        if parent not in self._parents and parent != code:
            return "category_unknown"
        if parent == code or code in self.path(parent):
            return "category_cycle"
        if len(self.path(parent)) + self._height(code) > DEPTH_MAX:
            return "category_too_deep"
        return None

    def _height(self, code: str) -> int:
        levels = 1
        level = self._children.get(code, set())
        # One more than allowed is enough to know, and ends in a damaged tree.
        while level and levels <= DEPTH_MAX:
            levels += 1
            level = {child for one in level for child in self._children.get(one, ())}
        return levels


def text_fault(text: str, limit: int, *, is_required: bool = False) -> str | None:
    """Why `text` is not accepted as a code, a name or a brand, or None when it is."""
    if len(text) > limit:
        return "text_too_long"
    if _UNSAFE.search(text):
        return "unsafe_characters"
    if is_required and not text:
        return "required"
    return None


def labels(values: Sequence[str]) -> list[str]:
    """Labels as they are kept: trimmed, in lower case, each once, in order."""
    return sorted({value.strip().lower() for value in values} - {""})


def labels_fault(values: Sequence[str]) -> str | None:
    """Why these labels (as `labels` gives them) are not accepted, or None when they are."""
    if len(values) > LABELS_MAX:
        return "too_many_labels"
    for value in values:
        if len(value) > LABEL_LENGTH or _UNSAFE.search(value) or _SEPARATORS.search(value):
            return "label_invalid"
    return None


def split_labels(text: str) -> list[str]:
    """Labels typed into one field, as they are kept."""
    return labels(_SEPARATORS.split(text))
