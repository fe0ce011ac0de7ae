"""What staff can do about a broken rule: have the purchase judged again."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.admin import faults
from campaigns.models import RuleFault
from members.admin.base import note
from sales.services import repairs


def judge_again(fault: RuleFault, request: HttpRequest) -> str:
    """Judge what met the fault once more, and say what came of it."""
    points = repairs.repair(reference=fault.reference, now=timezone.now())
    if points is None:
        return _("The rule is still broken; nothing was changed.")
    sentence = ngettext(
        "Made good: %(points)s point was granted.",
        "Made good: %(points)s points were granted.",
        points,
    ) % {"points": points}
    note(request, fault, sentence)
    return sentence


faults.FAULT_ACTIONS.append(("again", gettext_lazy("Judge again now"), judge_again))
