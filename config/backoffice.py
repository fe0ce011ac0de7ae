"""How the back office looks and is arranged; read by its theme from the settings."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Group, its models in their order, and a drawing for each. A model that is not named here is
# shown in the last group, so that nothing gets lost; what a person may not see is left out.
_GROUPS: list[tuple[str | Promise, dict[str, str]]] = [
    (
        gettext_lazy("Members"),
        {
            "members.member": "person",
            "tiers.level": "stairs",
            "tiers.standing": "military_tech",
            "tiers.standingchange": "history",
            "members.tag": "label",
            "members.ticket": "support_agent",
            "members.segment": "group_work",
            "insights.rfmrun": "grid_on",
            "members.devicesession": "devices",
            "members.consent": "verified_user",
            "members.accesslog": "visibility",
            "members.retentionsettings": "auto_delete",
            "members.relation": "group",
            "members.relationsettings": "tune",
            "members.ticketsettings": "timer",
        },
    ),
    (
        gettext_lazy("Points"),
        {
            "points.account": "account_balance_wallet",
            "points.entry": "receipt_long",
            "points.lot": "layers",
            "points.hold": "lock_clock",
            "points.adjustment": "edit_note",
            "points.gift": "redeem",
            "points.clearingplan": "event_busy",
            "points.clearingrun": "history",
            "points.clearingskip": "person_off",
            "points.expirynotice": "notification_important",
            "points.clearingsettings": "tune",
            "points.giftsettings": "tune",
            "points.ledgersettings": "tune",
        },
    ),
    (
        gettext_lazy("Points mall"),
        {
            "mall.redemption": "local_shipping",
            "mall.redemptionreturn": "assignment_return",
            "mall.reward": "featured_seasonal_and_gifts",
            "mall.shelf": "shelves",
            "mall.rewardcategory": "category",
            "mall.variant": "inventory",
            "mall.stockmovement": "swap_vert",
            "mall.codebatch": "password",
            "mall.coupontemplate": "confirmation_number",
            "mall.coupon": "local_activity",
            "mall.coupongrant": "group_add",
            "mall.couponbatch": "pin",
            "mall.payment": "payments",
            "mall.refund": "currency_exchange",
            "mall.mallsettings": "tune",
        },
    ),
    (
        gettext_lazy("Sales"),
        {
            "sales.receipt": "point_of_sale",
            "sales.checkout": "shopping_cart_checkout",
            "sales.checkoutsettings": "tune",
            "insights.storesettlement": "currency_exchange",
            "insights.liabilitysnapshot": "balance",
            "insights.liabilitysettings": "tune",
            "sales.importrun": "upload_file",
            "points.openingimport": "group_add",
        },
    ),
    (
        gettext_lazy("Program"),
        {
            "campaigns.earningruleversion": "rule",
            "insights.backtestrun": "science",
            "campaigns.event": "bolt",
            "campaigns.rulefault": "report",
            "campaigns.limitcounter": "data_usage",
        },
    ),
    (
        gettext_lazy("Stores"),
        {
            "stores.store": "storefront",
            "stores.category": "account_tree",
            "stores.article": "inventory_2",
            "stores.apikey": "key",
        },
    ),
    (
        gettext_lazy("Messages"),
        {
            "notifications.announcement": "campaign",
            "notifications.messagetemplate": "edit_note",
            "notifications.message": "outbox",
            "notifications.notice": "notifications",
            "notifications.preference": "toggle_on",
            "notifications.recipient": "alternate_email",
            "notifications.messagesettings": "tune",
        },
    ),
    (
        gettext_lazy("Operation"),
        {
            "stores.jobstate": "schedule",
            "stores.jobrun": "history",
            "auth.user": "badge",
            "auth.group": "groups",
        },
    ),
]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: what this person may open, in the merchant's order rather than by app."""
    from django.contrib import admin  # the settings read this file before any app is loaded

    left = {
        f"{app['app_label']}.{model['object_name'].lower()}": model
        for app in admin.site.get_app_list(request)
        for model in app["models"]
        if model["admin_url"]
    }
    groups: list[dict[str, Any]] = [
        {
            "items": [
                {"title": _("Overview"), "icon": "home", "link": reverse("admin:index")},
                *_set_up(request),
                *_counter(request),
            ]
        }
    ]
    for title, models in _GROUPS:
        items = [_item(left.pop(name), icon) for name, icon in models.items() if name in left]
        if items:
            groups.append({"title": title, "separator": True, "collapsible": False, "items": items})
    if left:
        items = [_item(model, "table_rows") for model in left.values()]
        groups.append({"title": _("More"), "separator": True, "items": items})
    return groups


def _set_up(request: HttpRequest) -> list[dict[str, Any]]:
    """Where a merchant begins: a page, not a model."""
    if not request.user.has_perm("campaigns.view_earningruleversion"):
        return []
    link = reverse("admin:campaigns_earningruleversion_set_up")
    return [{"title": _("Set up"), "icon": "rocket_launch", "link": link}]


def _counter(request: HttpRequest) -> list[dict[str, Any]]:
    """Where staff hand over what members redeemed."""
    if not request.user.has_perm("mall.hand_over_redemption"):
        return []
    link = reverse("admin:mall_redemption_scan")
    return [{"title": _("Hand over"), "icon": "qr_code_scanner", "link": link}]


def _item(model: dict[str, Any], icon: str) -> dict[str, Any]:
    return {"title": str(model["name"]), "icon": icon, "link": model["admin_url"]}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": gettext_lazy("Judian"),
    "SITE_HEADER": gettext_lazy("Judian"),
    "SITE_SUBHEADER": gettext_lazy("Members and points"),
    "SITE_SYMBOL": "local_activity",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("img/favicon.svg"),
        }
    ],
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        # The member pages' green, from the softest surface to the deepest text.
        "primary": {
            "50": "#f1f8f5",
            "100": "#e6f2ee",
            "200": "#c4e0d7",
            "300": "#94c7b7",
            "400": "#5cc2a6",
            "500": "#1f8a72",
            "600": "#0f5c4d",
            "700": "#0d5043",
            "800": "#0a4438",
            "900": "#08382f",
            "950": "#052620",
        },
    },
    "DASHBOARD_CALLBACK": "config.dashboard.callback",
    "SIDEBAR": {"show_search": True, "navigation": navigation},
}
