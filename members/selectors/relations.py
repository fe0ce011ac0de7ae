"""Who is bound to whom."""

from dataclasses import dataclass
from datetime import datetime

from members.models import Member, Relation


@dataclass(frozen=True, slots=True)
class Bond:
    """A relation as one of the two sees it."""

    relation_id: int
    kind: str
    kind_label: str
    other: Member
    bound_at: datetime


def between(one_id: int, other_id: int) -> Relation | None:
    """The standing relation of two members, or None."""
    first, second = sorted([one_id, other_id])
    return Relation.objects.standing().filter(first_id=first, second_id=second).first()


def bonds(member_id: int) -> list[Bond]:
    """The member's relatives and friends, the longest bound first. One query; few by limit."""
    rows = Relation.objects.standing().of(member_id).select_related("first", "second")
    return [
        Bond(
            relation_id=row.pk,
            kind=row.kind,
            kind_label=row.get_kind_display(),
            other=row.second if row.first_id == member_id else row.first,
            bound_at=row.bound_at,
        )
        for row in rows.order_by("bound_at", "pk")
    ]


def bond(member_id: int, relation_id: int) -> Bond | None:
    """One standing relation of the member's, or None."""
    return next((one for one in bonds(member_id) if one.relation_id == relation_id), None)
