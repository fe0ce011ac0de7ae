"""The demo's groups of members: last night's RFM analysis, and two that the merchant has built."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from config.demo.people import ZONE
from insights.policies.rfm import Thresholds
from insights.services import rfm, segments
from stores.services import jobs

# A shop that people visit every other week: whoever stays away a month and a half is asleep.
_THRESHOLDS = Thresholds(sleeping_days=45, lost_days=120, vip_purchases=20, vip_yuan=Decimal(3000))

_BUILT: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "tea-regulars",
        "常喝茶的会员",
        "近 90 天买过至少 3 次茶",
        {
            "all": [
                {"all": [{"kind": "purchases", "min": 3, "last_days": 90, "categories": ["tea"]}]}
            ]
        },
    ),
    (
        "points-asleep",
        "积分多、很久没来",
        "沉睡或流失，积分还有 200 分以上，值得叫回来",
        {
            "all": [
                {"all": [{"kind": "balance", "min": 200}]},
                {
                    "any": [
                        {"kind": "rfm", "in": ["sleeping", "lost"]},
                        {"kind": "last_purchase", "min": 60},
                    ]
                },
            ]
        },
    ),
)


def sort(*, now: datetime) -> None:
    """Work the groups out as the jobs of last night would have."""
    night = datetime.combine(now.astimezone(ZONE).date(), time(2), ZONE)
    if night > now:
        night -= timedelta(days=1)
    rfm.change_settings(thresholds=_THRESHOLDS)
    with jobs.recorded(name="insights.compute_rfm", now=night) as job:
        run = rfm.run_nightly(now=night)
        job.result = {"as_of": run.as_of.isoformat(), "members": run.members}
    for code, name, description, definition in _BUILT:
        made = segments.create(
            code=code, name=name, description=description, definition=definition, at=night
        )
        segments.refresh(segment_id=made.pk, at=night)
