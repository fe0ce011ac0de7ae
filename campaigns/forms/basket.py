"""A basket to try a version with: lines, the member, the shop and the moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.forms import fields
from campaigns.models import EarningRule
from campaigns.policies.numbers import scaled
from campaigns.policies.occasions import FREIGHT, GOODS, PURCHASE, Line, Occasion, Person
from campaigns.selectors import people, vocabulary
from members.forms import one_member
from members.models import Member
from points.selectors import balances
from stores.models import Article, Store
from stores.selectors import goods

EMPTY_LINES = 4
_NUMBER = {"autocomplete": "off"}


class BasketForm(forms.Form):
    """Who buys or acts, where and when."""

    trigger = fields.choice_field(
        gettext_lazy("what happens"), EarningRule.Trigger.choices, initial=PURCHASE
    )
    code = fields.text_field(gettext_lazy("code of the event"))
    at = forms.DateTimeField(
        label=gettext_lazy("when"),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "YYYY-MM-DD HH:MM"}),
        help_text=gettext_lazy("YYYY-MM-DD HH:MM, by the store's clock"),
    )
    store = fields.choice_field(gettext_lazy("store"), ())
    channel = fields.text_field(gettext_lazy("channel"), length=32)
    business = fields.text_field(
        gettext_lazy("line of business"), length=32, help_text=gettext_lazy("Empty: the store's.")
    )
    paid_by_coupon = fields.number_field(gettext_lazy("of it paid by coupon (yuan)"))
    paid_by_points = fields.number_field(gettext_lazy("of it paid by points (yuan)"))
    number_of_purchase = fields.whole_field(
        gettext_lazy("which purchase of the period it is"), low=1, high=1_000_000
    )
    member = fields.text_field(
        gettext_lazy("member"),
        help_text=gettext_lazy(
            "Number, phone or name of a real member; or fill in the facts below."
        ),
    )
    tier = fields.text_field(gettext_lazy("tier"))
    tags = fields.ListField(label=gettext_lazy("tags"))
    birthday = fields.date_field(gettext_lazy("birthday"))
    joined_on = fields.date_field(gettext_lazy("joined on"))
    attributes = fields.ListField(
        label=gettext_lazy("attributes of the event"), help_text=gettext_lazy("name=value, …")
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "at": f"{timezone.localtime(now):%Y-%m-%d %H:%M}",
            "number_of_purchase": 1,
        } | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.stores = {store.code: store for store in Store.objects.order_by("code")}
        store_field = self.fields["store"]
        if isinstance(store_field, forms.ChoiceField):
            named = [(code, f"{store.name} ({code})") for code, store in self.stores.items()]
            store_field.choices = [("", _("no particular one")), *named]
        tags = self.fields["tags"]
        if isinstance(tags, fields.ListField):
            known = vocabulary.Known().values("tag") or {}
            tags.suggestions = [(tag, tag) for tag in known][:40]

    def clean_member(self) -> Member | None:
        text = self.cleaned_data["member"]
        return one_member(text) if text else None

    def clean_attributes(self) -> dict[str, str]:
        told = {}
        for text in self.cleaned_data["attributes"]:
            name, sign, value = text.partition("=")
            if not sign or not name.strip():
                raise forms.ValidationError(_("Write each as name=value."))
            told[name.strip()] = value.strip()
        return told

    def zone(self) -> ZoneInfo:
        store = self.stores.get(self.cleaned_data.get("store") or "")
        return ZoneInfo(store.time_zone if store else settings.TIME_ZONE)


class LineForm(forms.Form):
    """One line; what a known article says of itself need not be typed."""

    sku = forms.CharField(
        label=gettext_lazy("Article number"),
        required=False,
        max_length=64,
        widget=UnfoldAdminTextInputWidget(attrs=_NUMBER | {"data-article": "1"}),
    )
    quantity = forms.DecimalField(
        label=gettext_lazy("Quantity"),
        required=False,
        min_value=Decimal("0.001"),
        max_digits=12,
        decimal_places=3,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )
    price = forms.DecimalField(
        label=gettext_lazy("Unit price"),
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )
    kind = fields.choice_field(
        gettext_lazy("Kind"), [("", gettext_lazy("goods")), (FREIGHT, gettext_lazy("freight"))]
    )
    category = fields.choice_field(gettext_lazy("Category"), ())
    brand = fields.text_field(gettext_lazy("Brand"))
    labels = fields.text_field(gettext_lazy("Labels"), length=200)

    def __init__(self, *args: Any, categories: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category = self.fields["category"]
        if isinstance(category, forms.ChoiceField):
            category.choices = [("", "–"), *categories]

    def is_empty(self) -> bool:
        return self.cleaned_data.get("price") is None and not self.cleaned_data.get("sku")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("sku") and data.get("price") is None and "price" not in self.errors:
            self.add_error("price", _("Please fill this in."))
        price, quantity = data.get("price"), data.get("quantity")
        if price is not None and quantity is not None and (price * quantity) % Decimal("0.0001"):
            self.add_error("quantity", _("The amount of the line has too many decimals."))
        return data


LineRows = forms.formset_factory(LineForm, extra=EMPTY_LINES, max_num=50, validate_max=True)


def line_rows(data: Any, *, count: int = EMPTY_LINES) -> Any:
    """The lines of a basket; the categories are read once for all of them."""
    return LineRows(data, prefix="lines", form_kwargs={"categories": goods.known_categories()})


def occasion_of(form: BasketForm, lines: Sequence[LineForm]) -> Occasion:
    """The basket as the judge takes it; articles that are known fill in what was left empty."""
    data, zone = form.cleaned_data, form.zone()
    # What was typed is the clock on the store's wall.
    at = timezone.make_naive(data["at"]).replace(tzinfo=zone)
    store = form.stores.get(data.get("store") or "")
    nth = (data.get("number_of_purchase") or 1) - 1
    periods = ("day", "week", "month", "quarter", "year", "ever")
    return Occasion(
        trigger=data.get("trigger") or PURCHASE,
        at=at,
        lines=_lines([one.cleaned_data for one in lines if not one.is_empty()]) or [Line(1, 0)],
        store=data.get("store") or "",
        channel=data.get("channel") or "",
        business=data.get("business") or (store.business if store else ""),
        code=data.get("code") or "",
        attributes=data.get("attributes") or {},
        person=_person(data, zone),
        paid_by_coupon=scaled(data.get("paid_by_coupon") or Decimal(0)),
        paid_by_points=scaled(data.get("paid_by_points") or Decimal(0)),
        purchases=dict.fromkeys(periods, nth) if nth else {},
        points_per_yuan=balances.ledger_settings().points_per_yuan,
    )


def _person(data: Mapping[str, Any], zone: ZoneInfo) -> Person:
    """A real member as the rules see them, with what was typed instead of what is known."""
    member: Member | None = data.get("member")
    person = Person()
    if member is not None:
        person = people.persons([member.pk], zone=zone)[member.pk]
    typed: dict[str, Any] = {
        "tier": data.get("tier"),
        "tags": frozenset(data.get("tags") or ()),
        "birthday": data.get("birthday"),
        "joined_on": data.get("joined_on"),
    }
    return person._replace(**{name: value for name, value in typed.items() if value})


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    known = goods.articles([row["sku"] for row in rows if row.get("sku")])
    tree = goods.tree()
    made = []
    for number, row in enumerate(rows, start=1):
        article = known.get(row.get("sku") or "")
        path = tree.path(row["category"]) if row.get("category") else None
        labels = frozenset(fields.split_values(row.get("labels") or ""))
        quantity = row.get("quantity") or Decimal(1)
        made.append(
            Line(
                line_no=number,
                amount=scaled(row["price"] * quantity),
                quantity=quantity,
                is_priced=bool(row["price"]),
                kind=row.get("kind") or GOODS,
                sku=row.get("sku") or "",
                category=path or (article.category_path if article else ()),
                brand=row.get("brand") or (article.brand if article else ""),
                labels=labels or (article.labels if article else frozenset()),
            )
        )
    return made


def article_names(skus: Sequence[str]) -> dict[str, str]:
    """What articles are called, for the result's lines."""
    return dict(Article.objects.filter(sku__in=[s for s in skus if s]).values_list("sku", "name"))
