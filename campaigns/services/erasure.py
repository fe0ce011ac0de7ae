"""What acts keep of somebody who left: that they were, and what they gave."""

from campaigns.models import Event


def forget(*, member_id: int) -> None:
    """Blank what machines and staff wrote about a member's acts; figures and entries stay."""
    mine = Event.objects.filter(member_id=member_id)
    mine.update(attributes={}, reversed_reason="")
