from django.utils.translation import gettext_lazy as _

from members.admin.base import register_link
from points.admin.accounts import AccountAdmin
from points.admin.adjustments import AdjustmentAdmin
from points.admin.clearings import ClearingPlanAdmin, ClearingSettingsAdmin
from points.admin.disputes import DisputeCorrectionAdmin
from points.admin.gifts import GiftAdmin
from points.admin.ledger import ClearingRunAdmin, EntryAdmin, HoldAdmin, LotAdmin
from points.admin.notices import ClearingSkipAdmin, ExpiryNoticeAdmin
from points.admin.openings import OpeningImportAdmin, OpeningIssueAdmin
from points.admin.settings import GiftSettingsAdmin, LedgerSettingsAdmin

register_link(_("Point account"), "admin:points_account_changelist")
register_link(_("Expiry notices"), "admin:points_expirynotice_changelist")
register_link(_("Gifts"), "admin:points_gift_changelist")

__all__ = [
    "AccountAdmin",
    "AdjustmentAdmin",
    "ClearingPlanAdmin",
    "ClearingRunAdmin",
    "ClearingSettingsAdmin",
    "ClearingSkipAdmin",
    "DisputeCorrectionAdmin",
    "EntryAdmin",
    "ExpiryNoticeAdmin",
    "GiftAdmin",
    "GiftSettingsAdmin",
    "HoldAdmin",
    "LedgerSettingsAdmin",
    "LotAdmin",
    "OpeningImportAdmin",
    "OpeningIssueAdmin",
]
