"""What a member who closes the account loses of points, and what stands in the way."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import Member
from members.selectors.consequences import Loss
from points.exceptions import AccountFrozen, AccountHasHolds
from points.selectors import balances


def told(member: Member, at: datetime) -> Iterable[Loss]:
    """The figures of the account, the debt as well; always the balance. Two queries."""
    found = balances.balance(member.pk, at)
    worth = f"{found.value_in_yuan(balances.ledger_settings()):,.2f}"
    yield Loss(
        "points_available",
        str(found.available),
        ngettext(
            "%(points)s point is forfeited (worth ¥%(money)s). It cannot be brought back.",
            "%(points)s points are forfeited (worth ¥%(money)s). They cannot be brought back.",
            found.available,
        )
        % {"points": f"{found.available:,}", "money": worth},
    )
    if found.pending:
        yield Loss(
            "points_pending",
            str(found.pending),
            ngettext(
                "%(points)s point that is still pending is not credited any more.",
                "%(points)s points that are still pending are not credited any more.",
                found.pending,
            )
            % {"points": f"{found.pending:,}"},
        )
    if found.debt:
        yield Loss(
            "points_debt",
            str(found.debt),
            ngettext(
                "Your debt of %(points)s point is written off.",
                "Your debt of %(points)s points is written off.",
                found.debt,
            )
            % {"points": f"{found.debt:,}"},
        )
    yield Loss(
        "ledger",
        "",
        _(
            "The entries of the account stay in the books, as the law on bookkeeping asks, "
            "without anything that names you."
        ),
    )


def hindrance(member: Member, at: datetime) -> AccountFrozen | AccountHasHolds | None:
    """Why a member cannot close the account now: frozen, or points held by a checkout."""
    found = balances.balance(member.pk, at)
    if found.is_frozen:
        return AccountFrozen(reason=found.frozen_reason)
    return AccountHasHolds(points=found.held) if found.held else None
