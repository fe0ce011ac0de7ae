"""What can be refused about levels."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal

LADDER_MESSAGES: dict[str, str | Promise] = {
    "no_levels": _("There has to be at least one level."),
    "too_many_levels": _("A ladder has at most twelve levels."),
    "lowest_not_zero": _("The lowest level begins at 0, so that everybody has one."),
    "code_twice": _("Two levels have this code."),
    "not_rising": _("A higher level needs more growth than the one before it."),
    "threshold_range": _("The threshold is out of range."),
    "keep_above_threshold": _("Keeping a level cannot need more growth than reaching it."),
    "keep_without_threshold": _("A level by invitation is not kept by growth."),
    "level_in_use": _("Somebody has, or has had, this level; it cannot go."),
    "stale_simulation": _("The figures have changed since the trial. Please look at it again."),
}


class LadderRefused(Refusal):
    """A ladder that contradicts itself; `place` says which level, from 0."""

    def __init__(self, code: str, *, field: str | None = None, place: int | None = None) -> None:
        self.code = code
        self.message = LADDER_MESSAGES[code]
        self.place = place
        super().__init__(field=field)


class NoLadder(Refusal):
    code = "no_levels"
    message = _("There are no levels yet.")


class ReasonMissing(Refusal):
    code = "reason_missing"
    message = _("Give a reason.")
    field = "reason"


class NotHigher(Refusal):
    code = "level_not_higher"
    message = _("The member has this level, or a higher one.")
    field = "level"


class UntilPast(Refusal):
    code = "until_past"
    message = _("The last day lies in the past.")
    field = "until"


class AmountInvalid(Refusal):
    code = "growth_invalid"
    message = _("A correction is a whole number that is not 0, at most %(limit)s.")
    field = "amount"


class BenefitInvalid(Refusal):
    """A value of a benefit that does not fit; `field` says which."""

    code = "benefit_invalid"
    message = _("%(reason)s")
