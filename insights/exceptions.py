"""What the insights can refuse, each with a stable code."""

from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal


class InsightRefusal(Refusal):
    code = "insight_refused"


class PeriodInvalid(InsightRefusal):
    code = "period_invalid"
    message = _("The period must end after it begins, and span at most ten years.")
    field = "days"


class DraftInvalid(InsightRefusal):
    """What could not be published cannot be played either."""

    code = "rule_invalid"
    message = _("This version cannot be back-tested: %(reason)s")
    field = "version"


class NotADraft(InsightRefusal):
    code = "not_a_draft"
    message = _("Only a draft is back-tested; this version is published.")
    field = "version"


class RfmSettingsInvalid(InsightRefusal):
    code = "rfm_settings_invalid"
    message = _("Lost members must have been silent longer than sleeping ones.")
    field = "lost_days"


class SegmentDefinitionInvalid(InsightRefusal):
    code = "segment_definition_invalid"
    message = _("These conditions cannot be used: %(reason)s")
    field = "definition"
