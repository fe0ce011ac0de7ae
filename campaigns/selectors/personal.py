"""Acts in a member's copy of their data."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from campaigns.models import Event
from members.selectors.personal_data import Cell, Section, windowed


def _events(ids: Sequence[int], at: datetime) -> Iterator[Sequence[Cell]]:
    for row in windowed(Event.objects.filter(member_id__in=ids).select_related("store")):
        yield (
            *(row.occurred_at, row.trigger, row.get_trigger_display(), row.code),
            *(row.store and row.store.name, row.quantity, row.amount, row.points, row.state),
            "; ".join(f"{name}: {value}" for name, value in sorted(row.attributes.items())),
        )


SECTIONS = (
    Section(
        "events",
        _("Acts"),
        (
            *("occurred_at", "kind", "kind_label", "code", "store", "quantity", "amount"),
            *("points", "state", "attributes"),
        ),
        _events,
    ),
)
