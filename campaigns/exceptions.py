"""What the campaigns can refuse, each with a stable code."""

from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal


class CampaignRefusal(Refusal):
    code = "campaign_refused"


class AlreadyPublished(CampaignRefusal):
    """A published version stands for ever: what it gave has to stay explainable."""

    code = "rule_already_published"
    message = _("This version is published and cannot be changed. Make a new one.")


class StartsTooEarly(CampaignRefusal):
    """A new version would change, after the fact, which rule applied to purchases."""

    code = "rule_starts_too_early"
    message = _("A new version cannot start in the past, nor before the version ahead of it.")
    field = "starts_at"


class PublishedMeanwhile(CampaignRefusal):
    code = "rule_published_meanwhile"
    message = _("Somebody else published a version at the same moment. Look at it and try again.")


class InvalidRule(CampaignRefusal):
    code = "rule_invalid"
    message = _("This rule cannot be used: %(reason)s")
