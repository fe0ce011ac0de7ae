"""The five roles of a shop's staff. A starting point: the merchant edits the groups."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

_LOOK = (
    "members.view_member",
    "points.view_account",
    "points.view_entry",
    "points.view_lot",
    "sales.view_receipt",
    "sales.view_receiptline",
    "sales.view_checkout",
    "stores.view_store",
    "tiers.view_level",
    "tiers.view_standing",
    "tiers.view_standingchange",
    "tiers.view_growthday",
    "tiers.view_growthcorrection",
)
_BONDS = ("members.view_relation", "points.view_gift")
_LEDGER = (
    "points.view_hold",
    "points.view_adjustment",
    "points.view_clearingrun",
    "points.view_expirynotice",
)
_CLEARING = ("points.view_clearingplan", "points.view_clearingskip", "points.view_clearingsettings")
_PROGRAM = (
    "campaigns.view_earningruleversion",
    "campaigns.view_earningrule",
    "insights.view_backtestrun",
)
_LIABILITY = ("insights.view_liabilitysnapshot", "insights.view_liabilitysettings")
_JOBS = ("stores.view_jobstate", "stores.view_jobrun")
_FAULTS = ("campaigns.view_rulefault", "campaigns.view_event", "campaigns.view_limitcounter")
_SEGMENTS = ("members.view_segment", "insights.view_rfmrun")
_CATALOGUE = (
    "mall.view_reward",
    "mall.view_shelf",
    "mall.view_rewardcategory",
    "mall.view_variant",
    "mall.view_stockmovement",
    "mall.view_codebatch",
)
_COUPONS = (
    "mall.view_coupontemplate",
    "mall.view_coupon",
    "mall.view_coupongrant",
    "mall.view_couponbatch",
)
_MESSAGES = (
    "notifications.view_message",
    "notifications.view_notice",
    "notifications.view_preference",
    "notifications.view_recipient",
)
_GOODS = ("stores.view_category", "stores.view_article")
_DESK = ("members.view_ticket", "members.answer_ticket")
_ORDERS = ("mall.view_redemption", "mall.view_redemptionreturn")
_MONEY = ("mall.view_payment", "mall.view_refund")
_WORK_ON_ORDERS = (
    *_ORDERS,
    "mall.add_redemption",
    "mall.fulfil_redemption",
    "mall.cancel_redemption",
    "mall.hand_over_redemption",
)

# A role may ask for an adjustment or approve it; who does both still needs another person.
ROLES: dict[str, tuple[str, ...]] = {
    "运营": (
        *_LOOK,
        *_WORK_ON_ORDERS,
        *_MONEY,
        *_LEDGER,
        *_BONDS,
        "members.view_relationsettings",
        "members.change_relationsettings",
        "points.view_giftsettings",
        "points.change_giftsettings",
        "members.add_member",
        "members.change_member",
        "members.view_tag",
        "members.add_tag",
        "members.change_tag",
        *_SEGMENTS,
        "members.add_segment",
        "members.change_segment",
        "members.delete_segment",
        "members.export_segment",
        "insights.change_rfmsettings",
        "points.view_ledgersettings",
        "points.change_ledgersettings",
        *_CLEARING,
        "points.add_clearingplan",
        "points.change_clearingplan",
        "points.run_clearingplan",
        "points.change_clearingsettings",
        "points.view_openingimport",
        "points.add_openingimport",
        "points.add_adjustment",
        "campaigns.view_earningruleversion",
        "campaigns.add_earningruleversion",
        "campaigns.change_earningruleversion",
        "campaigns.delete_earningruleversion",
        "campaigns.add_event",
        "campaigns.change_event",
        "insights.view_backtestrun",
        "insights.add_backtestrun",
        "campaigns.view_earningrule",
        "campaigns.add_earningrule",
        "campaigns.change_earningrule",
        "campaigns.delete_earningrule",
        *_FAULTS,
        "sales.view_importrun",
        "sales.add_importrun",
        "sales.view_checkoutsettings",
        "sales.change_checkoutsettings",
        "insights.view_storesettlement",
        *_LIABILITY,
        *_MESSAGES,
        "notifications.change_message",
        "notifications.view_messagetemplate",
        "notifications.add_messagetemplate",
        "notifications.change_messagetemplate",
        "notifications.delete_messagetemplate",
        "notifications.view_messagesettings",
        "notifications.change_messagesettings",
        "notifications.view_announcement",
        "notifications.add_announcement",
        "notifications.change_announcement",
        "notifications.delete_announcement",
        "notifications.publish_announcement",
        *_JOBS,
        "stores.run_job",
        *_GOODS,
        *_DESK,
        *_CATALOGUE,
        *_COUPONS,
        "mall.add_coupontemplate",
        "mall.change_coupontemplate",
        "mall.add_coupon",
        "mall.change_coupon",
        "mall.export_couponbatch",
        "mall.add_reward",
        "mall.change_reward",
        "mall.add_shelf",
        "mall.change_shelf",
        "mall.add_rewardcategory",
        "mall.change_rewardcategory",
        "mall.change_variant",
        "mall.view_mallsettings",
        "mall.change_mallsettings",
        "members.view_ticketsettings",
        "members.change_ticketsettings",
        "tiers.change_level",
        "tiers.change_standing",
        "tiers.add_growthcorrection",
        "stores.add_category",
        "stores.change_category",
        "stores.add_article",
        "stores.change_article",
    ),
    "店长": (
        *_LOOK,
        *_WORK_ON_ORDERS,
        *_MONEY,
        *_LEDGER,
        *_BONDS,
        *_COUPONS,
        "mall.add_coupon",
        "mall.change_coupon",
        "members.merge_member",
        *_SEGMENTS,
        "members.add_member",
        "members.change_member",
        "members.view_tag",
        "members.view_phone",
        "members.export_member",
        "members.erase_member",
        "members.view_accesslog",
        "points.change_account",
        "points.add_adjustment",
        "points.approve_adjustment",
        *_CLEARING,
        "points.approve_clearingplan",
        "points.run_clearingplan",
        "points.undo_clearingplan",
        "sales.add_receipt",
        "tiers.change_standing",
        "tiers.add_growthcorrection",
        "campaigns.add_event",
        *_PROGRAM,
        *_FAULTS,
        *_GOODS,
        *_DESK,
        *_CATALOGUE,
        "mall.change_variant",
        "sales.change_receipt",  # to settle a return whose sale never came
    ),
    "收银": (
        "members.view_member",
        "members.add_member",
        "points.view_account",
        *_LOOK[4:],
        "mall.view_redemption",
        "mall.hand_over_redemption",
    ),
    "财务": (
        *_LOOK,
        *_ORDERS,
        *_MONEY,
        "mall.change_refund",
        *_LEDGER,
        *_COUPONS,
        "points.approve_adjustment",
        *_CLEARING,
        "points.approve_clearingplan",
        "points.undo_clearingplan",
        "points.view_ledgersettings",
        *_CATALOGUE,
        *_PROGRAM,
        *_FAULTS,
        "sales.view_importrun",
        "sales.view_checkoutsettings",
        "insights.view_storesettlement",
        *_LIABILITY,
        "insights.export_liability",
        "insights.change_liabilitysettings",
        "points.view_openingimport",
        *_JOBS,
    ),
    "客服": (
        *_LOOK,
        *_ORDERS,
        *_MONEY,
        "mall.add_redemption",
        "mall.cancel_redemption",
        *_LEDGER,
        *_DESK,
        *_BONDS,
        *_COUPONS,
        "mall.add_coupon",
        "mall.change_coupon",
        *_CATALOGUE,
        "members.merge_member",
        "campaigns.view_event",
        "campaigns.add_event",
        "campaigns.change_event",
        "members.change_member",
        "members.view_tag",
        "members.view_phone",
        "members.export_member",
        "points.change_account",
        "points.add_adjustment",
        *_MESSAGES,
        "notifications.view_announcement",
    ),
}


def ensure() -> list[str]:
    """Make the groups that are missing, with their permissions; returns their names.

    Raises LookupError for a permission that no app has, so that a renamed model is noticed.
    """
    made = []
    with transaction.atomic():
        for name, wanted in ROLES.items():
            group, is_new = Group.objects.get_or_create(name=name)
            if is_new:
                group.permissions.set(_permissions(wanted))
                made.append(name)
    return made


def widen() -> dict[str, list[str]]:
    """Give the groups of these roles what they lack of them, as after an upgrade.

    Nothing is taken away, and groups with other names are left alone. Returns the added
    permissions by group, sorted. Raises LookupError as `ensure` does.
    """
    added = {}
    with transaction.atomic():
        for name, wanted in ROLES.items():
            group = Group.objects.filter(name=name).first()
            if group is None:
                continue
            missing = set(_permissions(wanted)) - set(group.permissions.all())
            if missing:
                group.permissions.add(*missing)
                added[name] = sorted(
                    f"{one.content_type.app_label}.{one.codename}" for one in missing
                )
    return added


def _permissions(wanted: tuple[str, ...]) -> list[Permission]:
    matches = Q()
    for name in set(wanted):
        app, codename = name.split(".")
        matches |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(matches).select_related("content_type"))
    known = {f"{one.content_type.app_label}.{one.codename}" for one in found}
    if missing := set(wanted) - known:
        raise LookupError(f"no such permission: {', '.join(sorted(missing))}")
    return found
