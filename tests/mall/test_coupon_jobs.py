"""Coupons around what happens elsewhere: jobs, levels, merging, leaving, the copy of one's data."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mall import tasks
from mall.models import Coupon
from mall.services import coupon_grants, coupons
from members.models import Segment, SegmentMember
from members.selectors import consequences, personal_data
from members.services import erasure, merging
from stores.models import JobRun
from tests import cast
from tests.mall.making import basket, issued, shop, template
from tests.tiers.making import grow, ladder
from tiers.models import LevelBenefit
from tiers.selectors import benefits

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_the_jobs_leave_a_row_and_do_their_work() -> None:
    lin = cast.member()
    coupon = issued(lin, at=NOW - timedelta(hours=1))
    coupons.lock(
        member_id=lin.pk,
        store_id=shop().pk,
        lines=basket("20"),
        codes=[coupon.code],
        order="A-1",
        until=NOW - timedelta(minutes=1),
        actor="t",
        at=NOW - timedelta(hours=1),
    )
    segment = Segment.objects.create(code="mine", name="我的", kind="list", created_at=NOW)
    SegmentMember.objects.create(segment=segment, member=lin, since=NOW)
    coupon_grants.ask(template_id=template().pk, segment="mine", reason="店庆", actor="s", at=NOW)
    gives = template()
    params = {"template": gives.code, "count": 2}
    LevelBenefit.objects.create(level=ladder()["basic"], kind="monthly_coupon", params=params)
    tasks.tend_coupons()
    tasks.give_monthly_coupons()
    tasks.give_monthly_coupons()
    found = JobRun.objects.order_by("pk").values_list("name", "state", "detail")
    assert list(found) == [
        ("mall.tend_coupons", "done", {"released": 1, "given": 1}),
        ("mall.give_monthly_coupons", "done", {"members": 1, "short": []}),
        ("mall.give_monthly_coupons", "done", {"members": 0, "short": []}),
    ]
    assert Coupon.objects.filter(member=lin, state="open").count() == 4


def test_a_purchase_that_reaches_a_level_brings_its_coupons() -> None:
    levels, kind = ladder(), template(name_en="Silver coupon")
    silver = benefits.kind("monthly_coupon")
    assert silver is not None
    clean, wrong = benefits.checked(silver, {"template": kind.code, "count": "3"})
    assert (clean, wrong) == ({"template": kind.code, "count": 3}, {})
    assert benefits.checked(silver, {"template": "gone", "count": "3"})[1]
    LevelBenefit.objects.create(level=levels["silver"], kind="monthly_coupon", params=clean)
    lin = cast.member()
    grow(lin, 1000, at=NOW)
    assert Coupon.objects.filter(member=lin, source="tier").count() == 3
    told = benefits.told([levels["silver"]], at=NOW)["silver"]
    assert [one.kind for one in told] == ["monthly_coupon"]


def test_merging_leaving_and_the_copy_know_coupons() -> None:
    lin, other = cast.member(), cast.member("13900139000", "周可")
    kind = template(name="会员券")
    issued(lin, kind, at=NOW)
    issued(other, kind, at=NOW)
    merging.merge(kept_id=lin.pk, gone_id=other.pk, actor="staff:1", at=NOW)
    assert Coupon.objects.filter(member=lin).count() == 2
    assert ("coupons", "2") in [(loss.code, loss.value) for loss in consequences.losses(lin, NOW)]
    sections: dict[str, Any] = {one.name: one for one in personal_data.sections()}
    rows = list(sections["coupons"].rows([lin.pk, other.pk], NOW))
    assert [row[0] for row in rows] == ["会员券", "会员券"]
    assert json.dumps(rows, default=str)
    assert list(sections["coupon_uses"].rows([lin.pk], NOW)) == []
    erasure.erase(member_id=lin.pk, actor="staff:1", at=NOW)
    assert set(Coupon.objects.values_list("state", flat=True)) == {"void"}
