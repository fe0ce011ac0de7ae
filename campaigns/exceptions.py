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


class BacktestMissing(CampaignRefusal):
    """Nobody has seen what this version would have done to real purchases."""

    code = "backtest_missing"
    message = _(
        "This version was not back-tested as it stands now. Back-test it, or say why it is "
        "published without."
    )
    field = "reason"


class NoticeTooShort(CampaignRefusal):
    """Members are to know of a change some time before; of one for the worse, longer."""

    code = "notice_too_short"
    message = _(
        "Members have to be told %(days)s days ahead. Let the version start later, or say why it "
        "cannot wait."
    )
    field = "short_notice_reason"


class NothingToRepair(CampaignRefusal):
    """Only a version whose rules have met a fault may be replaced after the fact."""

    code = "nothing_to_repair"
    message = _("The version to be repaired has no open fault.")
    field = "repairs"


class UnknownMember(CampaignRefusal):
    code = "unknown_member"
    message = _("There is no such member.")
    field = "member"


class EventConflict(CampaignRefusal):
    """The number was used before for something else."""

    code = "duplicate_number"
    message = _("An event with the number %(number)s is there already, with other content.")
    field = "external_id"


class EventNotFound(CampaignRefusal):
    code = "event_not_found"
    message = _("There is no event with this number.")
    field = "external_id"


class InvalidEvent(CampaignRefusal):
    code = "event_invalid"
    message = _("This event cannot be taken: %(reason)s")


class UnknownPreset(CampaignRefusal):
    code = "unknown_preset"
    message = _("There is no preset called %(name)s.")
    field = "name"


class InvalidPreset(CampaignRefusal):
    """A file among the presets that is none."""

    code = "preset_invalid"
    message = _("The preset in %(name)s cannot be used: %(reason)s")
    field = "name"
