"""What a person chooses on the pages of the ledger."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from points.models import ClearingSettings, Entry
from points.policies import LIMIT
from points.policies.clearing import STAGE_MAX, days_of, quarter_of
from stores.models import Store

_KINDS = Entry.Kind

# What a person means by a word, in kinds of entries. Together the groups cover every kind.
SEGMENTS: dict[str, tuple[str, ...]] = {
    "gained": (_KINDS.EARN, _KINDS.MATURE, _KINDS.RESTORE, _KINDS.TRANSFER_IN),
    "used": (_KINDS.SPEND, _KINDS.HOLD, _KINDS.CAPTURE, _KINDS.RELEASE, _KINDS.TRANSFER_OUT),
    "expired": (_KINDS.EXPIRE,),
    "other": (_KINDS.CLAWBACK, _KINDS.ADJUST, _KINDS.FREEZE, _KINDS.UNFREEZE),
}
SEGMENT_NAMES = [
    ("", _("All")),
    ("gained", _("Earned")),
    ("used", _("Used")),
    ("expired", _("Expired")),
    ("other", _("Other")),
]


class EntriesForm(forms.Form):
    """The query of the ledger's page; both parts may be missing."""

    show = forms.ChoiceField(choices=SEGMENT_NAMES, required=False)
    before = forms.IntegerField(min_value=1, max_value=LIMIT, required=False)


class LotsForm(forms.Form):
    page = forms.IntegerField(min_value=1, max_value=10_000, required=False)


class GiftsForm(forms.Form):
    before = forms.IntegerField(min_value=1, max_value=LIMIT, required=False)


class GiftForm(forms.Form):
    """A gift. The key makes two clicks one gift; what is too much, the service says."""

    points = forms.IntegerField(
        label=_("Points"),
        min_value=1,
        max_value=LIMIT,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    words = forms.CharField(label=_("A few words"), max_length=60, required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)


class OpeningForm(forms.Form):
    """A file of members from a former system; rehearsed first unless somebody says no."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        help_text=_("CSV or XLSX with a header; a CSV may be compressed (.gz)."),
        widget=UnfoldAdminFileFieldWidget,
    )
    store = forms.ModelChoiceField(
        label=_("Home store of those without one"),
        queryset=Store.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    are_new = forms.BooleanField(
        label=_("These are new members"),
        required=False,
        help_text=_("People who are registered get what the rules give for joining."),
        widget=UnfoldBooleanSwitchWidget,
    )
    is_dry_run = forms.BooleanField(
        label=_("Dry run"),
        required=False,
        initial=True,
        help_text=_("Checks and counts everything, writes nothing."),
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stores = Store.objects.filter(is_active=True).order_by("code")
        self.fields["store"].queryset = stores  # type: ignore[attr-defined]  # a choice


class ClearingForm(forms.Form):
    """What a clearing takes, asked for in the way of its policy."""

    name = forms.CharField(label=_("Name"), max_length=80, widget=UnfoldAdminTextInputWidget)
    last_day = forms.DateField(
        label=_("Last day on which they count"),
        help_text=_("They are cleared when this day has ended, in the time zone of the shop."),
        widget=UnfoldAdminSingleDateWidget,
    )
    store = forms.ModelChoiceField(
        label=_("Only points that this store bears"),
        queryset=Store.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, policy: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy
        self.fields["store"].queryset = Store.objects.order_by("code")  # type: ignore[attr-defined]  # a choice
        asked = getattr(self, f"_ask_{policy}", None)
        if asked is not None:
            asked(today)
        self.order_fields(["name", "first", "last", "last_day", "store"])

    def _ask_year_end(self, today: date) -> None:
        years = [(year, str(year)) for year in range(today.year, today.year - 20, -1)]
        self._pair(years, _("Earning years, from"), _("Earning years, through"))

    def _ask_quarter_end(self, today: date) -> None:
        self._pair(_quarters(today), _("Earning quarters, from"), _("Earning quarters, through"))

    def _pair(self, choices: list[tuple[Any, str]], first: Any, last: Any) -> None:
        self.fields["first"] = forms.ChoiceField(
            label=first,
            required=False,
            choices=[("", _("from the beginning")), *choices],
            widget=UnfoldAdminSelectWidget,
        )
        self.fields["last"] = forms.ChoiceField(
            label=last, choices=choices, widget=UnfoldAdminSelectWidget
        )

    def _ask_fixed(self, _today: date) -> None:
        self.fields["first"] = forms.DateField(
            label=_("Earned from"),
            required=False,
            help_text=_("Empty: from the beginning."),
            widget=UnfoldAdminSingleDateWidget,
        )
        self.fields["last"] = forms.DateField(
            label=_("Earned through"), widget=UnfoldAdminSingleDateWidget
        )

    def values(self) -> dict[str, Any]:
        """What the service takes; empty while the form is not valid."""
        data = self.cleaned_data
        first, last = data.get("first") or None, data.get("last") or None
        if self.policy == "year_end":
            first = date(int(first), 1, 1) if first else None
            last = date(int(last), 12, 31) if last else None
        elif self.policy == "quarter_end":
            first = date.fromisoformat(first) if first else None
            last = quarter_of(date.fromisoformat(last))[1] if last else None
        return {
            "name": data["name"],
            "policy": self.policy,
            "earned_first_day": first,
            "earned_last_day": last,
            "last_day": data["last_day"],
            "store": data["store"],
        }


def _quarters(today: date) -> list[tuple[Any, str]]:
    """The last five years' quarters by their first day, the newest first."""
    found: list[tuple[Any, str]] = []
    first = quarter_of(today)[0]
    for _n in range(20):
        found.append((first.isoformat(), f"{first.year} Q{(first.month + 2) // 3}"))
        first = quarter_of(first - timedelta(days=1))[0]
    return found


class UndoForm(forms.Form):
    """Why a clearing is undone, and until when what had lapsed by itself counts again."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)
    counts_through = forms.DateField(
        label=_("Points whose own day has passed count through"),
        required=False,
        help_text=_("Points that were cleared before their own day get that day again."),
        widget=UnfoldAdminSingleDateWidget,
    )


class ExtendForm(forms.Form):
    """Until when points count that had lapsed of members who were not told."""

    counts_through = forms.DateField(
        label=_("They count through"), widget=UnfoldAdminSingleDateWidget
    )


class ClearingSettingsForm(forms.ModelForm[ClearingSettings]):
    class Meta:
        model = ClearingSettings
        fields = (
            "remind_days",
            "least_points",
            "required_days",
            "late_days",
            "nightly",
            "undo_days",
            "rehearsal_days",
        )

    def clean_remind_days(self) -> str:
        return _days(self.cleaned_data["remind_days"])

    def clean_required_days(self) -> str:
        text = _days(self.cleaned_data["required_days"])
        stages = days_of(self.cleaned_data.get("remind_days", text))
        if missing := [day for day in days_of(text) if day not in stages]:
            raise forms.ValidationError(
                _("%(day)s days ahead is not among the reminders.") % {"day": missing[0]},
                code="not_a_reminder",
            )
        return text


def _days(text: str) -> str:
    try:
        return ", ".join(str(day) for day in days_of(text))
    except ValueError:
        raise forms.ValidationError(
            _("Whole days between 1 and %(limit)s, separated by commas.") % {"limit": STAGE_MAX},
            code="days_invalid",
        ) from None


class AsOfForm(forms.Form):
    """An instant of the past, and by which clock."""

    CLOCKS = (
        ("occurred_at", _("by when things happened")),
        ("created_at", _("by when they were booked (what a screen showed)")),
    )

    at = forms.SplitDateTimeField(label=_("Balance as of"), widget=UnfoldAdminSplitDateTimeWidget)
    clock = forms.ChoiceField(
        label=_("Which clock"), choices=CLOCKS, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        if at > self.now:
            raise forms.ValidationError(_("The instant lies in the future."), code="future")
        return at
