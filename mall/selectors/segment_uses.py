"""Which rewards ask for a segment: its end would close them, or make them dearer."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from mall.models import Reward


def uses_of_segment(code: str, at: datetime) -> Iterable[str]:
    """The rewards that are for a segment, or cheaper for it. One query."""
    rows = Reward.objects.filter(Q(segment=code) | Q(prices__segment=code)).distinct()
    for reward in rows.exclude(state=Reward.State.OFF).order_by("pk"):
        yield _("reward “%(name)s”") % {"name": reward.label}
