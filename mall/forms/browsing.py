"""What visitors choose on the pages of the mall."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.models import Reward
from mall.models.catalogue import POINTS_MAX
from mall.selectors import search, shelving
from mall.selectors.catalogue import Asked
from mall.selectors.redemptions import TABS
from stores.models import Store

SORT_NAMES = [
    ("recommended", _("Recommended")),
    ("points", _("Fewest points first")),
    ("-points", _("Most points first")),
    ("popular", _("Popular")),
    ("new", _("Newest")),
]
QUESTION_MAX = 5_000


class CatalogueForm(forms.Form):
    """The query of a list of rewards. What is not understood does not narrow it."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=QUESTION_MAX,
        widget=forms.TextInput(attrs={"type": "search", "enterkeyhint": "search"}),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    shelf = forms.ChoiceField(label=_("Shelf"), required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *Reward.Kind.choices]
    )
    store = forms.ModelChoiceField(
        label=_("Pick up in"),
        queryset=Store.objects.filter(is_active=True).order_by("code"),
        to_field_name="code",
        required=False,
        empty_label=_("All"),
    )
    min_points = forms.IntegerField(
        label=_("Points from"), required=False, min_value=0, max_value=POINTS_MAX
    )
    max_points = forms.IntegerField(
        label=pgettext_lazy("points", "to"), required=False, min_value=0, max_value=POINTS_MAX
    )
    affordable = forms.BooleanField(label=_("I can redeem"), required=False)
    in_stock = forms.BooleanField(label=_("In stock"), required=False)
    limited = forms.BooleanField(label=_("Limited in time"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORT_NAMES)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.categories = shelving.categories()
        self.shelves = shelving.shelves()
        for name, rows in (("category", self.categories), ("shelf", self.shelves)):
            choices = [("", _("All")), *((row.code, row.label) for row in rows)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # a choice

    def asked(self) -> Asked:
        """What was understood; a word that is not one of the choices is left out."""
        self.is_valid()
        data = self.cleaned_data
        text = data.get("q", "")
        store = data.get("store")
        return Asked(
            question=search.question(text) if text.strip() else None,
            category=data.get("category", ""),
            shelf=data.get("shelf", ""),
            kinds=[data["kind"]] if data.get("kind") else (),
            min_points=data.get("min_points"),
            max_points=data.get("max_points"),
            is_affordable=data.get("affordable", False),
            is_in_stock=data.get("in_stock", False),
            is_limited=data.get("limited", False),
            store=store.code if store else "",
            sort=data.get("sort") or "recommended",
        )

    @property
    def narrowed(self) -> int:
        """How many filters of the sheet are on."""
        names = ("kind", "store", "min_points", "max_points", "in_stock", "limited", "shelf")
        return sum(bool(self.cleaned_data.get(name)) for name in names)


class OrdersForm(forms.Form):
    tab = forms.ChoiceField(choices=[(tab, tab) for tab in TABS], required=False)
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
