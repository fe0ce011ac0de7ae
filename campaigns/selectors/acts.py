"""Acts of members that are there already."""

from campaigns.models import Event


def by_number(source: str, external_id: str) -> Event | None:
    """The act that `source` has told under this number."""
    return Event.objects.filter(source=source, external_id=external_id).first()
