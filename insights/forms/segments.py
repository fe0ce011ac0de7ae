"""The segment builder: groups of conditions as named fields, and back to the tree they say.

Works without a script: adding and removing are buttons that send the form. A definition that the
builder wrote is shown again exactly as it stands.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from campaigns.forms import fields
from campaigns.policies.numbers import plain
from insights.policies import segments as policy
from insights.policies.segments import KINDS, Field, Kind
from insights.selectors.segment_words import NAMES, Known, told
from stores.selectors import goods

# How a group's conditions hold together: its word in the tree, and whether it is turned round.
_OPS: dict[str, tuple[str, bool]] = {
    "all": ("all", False),
    "any": ("any", False),
    "none": ("any", True),
    "not_all": ("all", True),
}
OP_CHOICES = (
    ("all", gettext_lazy("all of these")),
    ("any", gettext_lazy("at least one of these")),
    ("none", gettext_lazy("none of these")),
    ("not_all", gettext_lazy("not all of these")),
)
_NEGATION = (("", gettext_lazy("is so")), ("1", gettext_lazy("is not so")))
_GROUPS_MAX = 10
_NAMED = re.compile(r"g(\d{1,2})-c(\d{1,3})-kind")
_LABELS = {
    "min": gettext_lazy("at least"),
    "max": gettext_lazy("at most"),
    "last_days": gettext_lazy("in the last … days"),
    "first_day": gettext_lazy("or from"),
    "last_day": gettext_lazy("through"),
    "stores": gettext_lazy("in these stores"),
    "categories": gettext_lazy("of these categories, with everything below them"),
    "skus": gettext_lazy("of these articles (numbers)"),
    "days": gettext_lazy("within … days"),
    "in": gettext_lazy("one of"),
}


class _Sent(dict[str, Any]):
    """Values as a browser sends them, for fields that ask for several."""

    def getlist(self, name: str) -> list[Any]:
        value = self.get(name, [])
        return value if isinstance(value, list) else [value]


class ConditionForm(forms.Form):
    """The fields of one condition."""

    def __init__(self, kind: Kind, known: Known, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["kind"] = forms.CharField(widget=forms.HiddenInput)
        self.initial["kind"] = kind.name
        self.fields["not"] = fields.choice_field(gettext_lazy("counts when it"), _NEGATION)
        for one in kind.fields:
            self.fields[one.name] = _form_field(one, known, self.initial.get(one.name) or ())

    def forgive(self) -> None:
        self._errors = ErrorDict()

    def send(self) -> None:
        """Read what the fields show, as if a browser had sent it."""
        if self.is_bound:
            return
        shown = {bound.html_name: bound.value() for bound in self}
        self.data = _Sent({name: one for name, one in shown.items() if one not in (None, "", [])})
        self.is_bound = True

    @property
    def title(self) -> str:
        return str(NAMES[self.kind.name])

    @property
    def negation(self) -> forms.BoundField:
        return self["not"]

    def plain_fields(self) -> Iterator[forms.BoundField]:
        """What is always shown; the narrowing ones stand in a fold."""
        return (self[name] for name in self.kind.names if name not in _FOLDED)

    def folded_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.kind.names if name in _FOLDED]

    @property
    def is_narrowed(self) -> bool:
        return any(bound.value() or bound.errors for bound in self.folded_fields())

    def condition(self) -> dict[str, Any]:
        """What the fields say; call it once the form has been validated."""
        said: dict[str, Any] = {"kind": self.kind.name}
        for name in self.kind.names:
            value = _plain(self.cleaned_data.get(name))
            if value not in (None, "", []):
                said[name] = value
        if self.cleaned_data.get("not"):
            said["not"] = True
        return said

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            for problem in policy.condition_problems(self.kind, self.condition()):
                self.add_error(problem.field, told(problem))
        return data


_FOLDED = frozenset({"stores", "categories", "skus"})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value


def _form_field(one: Field, known: Known, chosen: Any) -> forms.Field:
    label = _LABELS[one.name]
    if one.type == "yuan":
        return fields.number_field(label)
    if one.type in ("whole", "days"):
        return fields.whole_field(label)
    if one.type == "day":
        return fields.date_field(label)
    if one.type == "months":
        months = fields.NumbersField(label=label, columns=True)
        months.offer([(str(month), str(word)) for month, word in MONTHS.items()])
        return months
    if not one.of:
        return fields.ListField(label=label)
    pick = fields.PickField(label=label)
    pick.offer(
        goods.known_categories() if one.of == "category" else known.values(one.of).items(), chosen
    )
    return pick


@dataclass
class Group:
    place: int
    op: str
    conditions: list[ConditionForm] = field(default_factory=list)

    @property
    def op_choices(self) -> tuple[tuple[str, Any], ...]:
        return OP_CHOICES


class Builder:
    """Groups of conditions: as a browser sent them, or as a definition says."""

    def __init__(self, op: str, groups: list[Group]) -> None:
        self.op = op
        self.groups = groups

    @property
    def op_choices(self) -> tuple[tuple[str, Any], ...]:
        return OP_CHOICES[:2]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What can be added, with its name."""
        return [(name, str(NAMES[name])) for name in KINDS]

    @property
    def may_have_more_groups(self) -> bool:
        return len(self.groups) < _GROUPS_MAX

    def is_valid(self) -> bool:
        """Every condition is looked at, so that all errors are told at once."""
        found = [form.is_valid() for form in self._forms()]
        return bool(found) and all(found)

    def is_complete(self) -> bool:
        """Whether all conditions can be read; those of a definition as if they had been sent."""
        for form in self._forms():
            form.send()
        return self.is_valid()

    def forgive(self) -> None:
        """Show no errors while somebody is still putting the conditions together."""
        for form in self._forms():
            form.forgive()

    def has_conditions(self) -> bool:
        return any(True for _form in self._forms())

    def _forms(self) -> Iterator[ConditionForm]:
        for group in self.groups:
            yield from group.conditions

    def definition(self) -> dict[str, Any]:
        """The tree; call it once `is_valid` has said so. Empty groups say nothing."""
        nodes = []
        for group in self.groups:
            if group.conditions:
                op, turned = _OPS[group.op]
                node: dict[str, Any] = {op: [form.condition() for form in group.conditions]}
                nodes.append(node | {"not": True} if turned else node)
        return {_OPS[self.op][0]: nodes}

    def add(self, place: int, kind: str, known: Known) -> None:
        """Put an empty condition into a group; an unknown kind or group changes nothing."""
        group = next((one for one in self.groups if one.place == place), None)
        if group is not None and kind in KINDS:
            number = 1 + max((_number(form) for form in group.conditions), default=-1)
            prefix = f"g{place}-c{number}"
            group.conditions.append(ConditionForm(KINDS[kind], known, prefix=prefix))

    def add_group(self) -> None:
        if self.may_have_more_groups:
            place = 1 + max((group.place for group in self.groups), default=-1)
            self.groups.append(Group(place, "all"))

    def remove(self, prefix: str) -> None:
        """Take out the condition or group of this prefix."""
        self.groups = [group for group in self.groups if f"g{group.place}" != prefix]
        for group in self.groups:
            group.conditions = [form for form in group.conditions if form.prefix != prefix]


def _number(form: ConditionForm) -> int:
    return int(str(form.prefix).rpartition("-c")[2])


def from_data(data: Mapping[str, Any], known: Known) -> Builder:
    """What the browser sent; what is not a known kind or group is left out."""
    found: dict[int, Group] = {}
    for place in range(_GROUPS_MAX * 10):
        if (op := data.get(f"g{place}-op")) is not None and len(found) < _GROUPS_MAX:
            found[place] = Group(place, op if op in _OPS else "all")
    names = (match for name in data if (match := _NAMED.fullmatch(name)))
    for match in sorted(names, key=lambda one: (int(one[1]), int(one[2]))):
        place, kind = int(match[1]), KINDS.get(str(data.get(match[0])))
        room = sum(len(group.conditions) for group in found.values()) < policy.MAX_CONDITIONS
        if kind is not None and place in found and room:
            prefix = match[0].removesuffix("-kind")
            found[place].conditions.append(ConditionForm(kind, known, data, prefix=prefix))
    op = str(data.get("root"))
    return Builder(op if op in ("all", "any") else "all", list(found.values()))


def from_definition(definition: Mapping[str, Any], known: Known) -> Builder:
    """A sound definition as fields. Conditions beside groups get a group of their own."""
    root = policy.group_of(definition)
    if root is None:
        return Builder("all", [Group(0, "all")])
    op, nodes = root
    if definition.get("not"):
        op, nodes = "all", [definition]
    loose = [node for node in nodes if policy.group_of(node) is None]
    groups = [node for node in nodes if policy.group_of(node) is not None]
    if loose:
        groups.insert(0, {op: loose})
    made = []
    for place, node in enumerate(groups):
        inner, conditions = policy.group_of(node) or ("all", [])
        name = next(key for key, value in _OPS.items() if value == (inner, bool(node.get("not"))))
        forms_ = [
            ConditionForm(
                KINDS[one["kind"]],
                known,
                prefix=f"g{place}-c{number}",
                initial=dict(one) | {"not": "1" if one.get("not") else ""},
            )
            for number, one in enumerate(conditions)
        ]
        made.append(Group(place, name, forms_))
    return Builder(op, made or [Group(0, "all")])


class SegmentForm(forms.Form):
    """What a segment is called."""

    name = fields.text_field(gettext_lazy("Name"), length=60)
    code = fields.text_field(
        gettext_lazy("Code"),
        length=32,
        hint="tea-lovers",
        help_text=gettext_lazy(
            "Small letters, digits, - and _. Rules and machines use it; once used it stays."
        ),
    )
    description = fields.text_field(gettext_lazy("Description"), length=300)
    is_active = forms.BooleanField(
        label=gettext_lazy("Active"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("Switched off, it is not worked out, and nobody counts as in it."),
    )

    def __init__(self, *args: Any, keeps_code: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if keeps_code:
            del self.fields["code"], self.fields["is_active"]


class UploadForm(forms.Form):
    """Members of a fixed list: a file, or lines that are typed."""

    file = forms.FileField(
        label=gettext_lazy("File (CSV, the first column counts)"), required=False
    )
    lines = forms.CharField(
        label=gettext_lazy("or one member number or phone to a line"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(
            attrs={"rows": 4, "class": UnfoldAdminTextInputWidget().attrs["class"]}
        ),
    )
    replace = forms.BooleanField(
        label=gettext_lazy("Replace the list: who is not named here leaves it"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("file") and not data.get("lines", "").strip():
            raise forms.ValidationError(_("Give a file or at least one line."))
        return data
