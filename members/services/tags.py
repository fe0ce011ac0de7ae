"""Tags that people can be given."""

from collections.abc import Sequence

from members.models import Tag


def put(*, names: Sequence[str]) -> None:
    """Make the tags of these names that are not there yet."""
    Tag.objects.bulk_create([Tag(name=name) for name in names], ignore_conflicts=True)
