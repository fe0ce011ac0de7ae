from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from campaigns.models import EarningRuleVersion, Event
from campaigns.selectors import verification
from campaigns.selectors.rules import in_force, terms_of, upcoming
from config import demo
from config.demo.people import ZONE, people
from config.demo.shopping import Till
from insights.models import BacktestRun
from mall.models import Coupon, CouponTemplate, Redemption, Reward
from mall.selectors import catalogue, coupons, shelving, visitors
from members.models import Member, MemberTag
from points import selectors
from points.selectors import audit
from sales.models import Receipt
from stores.models import Article, Category, Store

NOW = datetime(2026, 6, 15, 4, 30, tzinfo=UTC)
FIRST_DAY = date(2025, 6, 15)


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    """The drawings of the mall go where the test's other files go."""
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.mark.django_db
def test_the_demos_books_are_true_and_show_one_of_each() -> None:
    assert demo.is_wanted()
    made = demo.seed(members=8, seed=3, now=NOW)
    assert not demo.is_wanted()
    assert (made.members, made.refused) == (8, 0)
    assert Member.objects.filter(source=Member.Source.DEMO).count() == 8
    assert Receipt.objects.count() == made.receipts
    assert Receipt.objects.filter(occurred_at__gt=NOW).count() == 0
    assert audit.run().is_clean
    verified = verification.run()
    assert verified.is_clean
    assert verified.entries > 0
    member_ids = Member.objects.values_list("pk", flat=True)
    kinds = {entry.kind for pk in member_ids for entry in selectors.entries(pk)}
    assert kinds == {
        "earn",
        "mature",
        "spend",
        "hold",
        "capture",
        "release",
        "restore",
        "clawback",
        "expire",
        "transfer_in",
        "transfer_out",
        "adjust",
        "freeze",
    }
    debtor = Member.objects.get(name="王秀英")
    assert selectors.balance(debtor.pk, NOW).debt > 0


@pytest.mark.django_db
def test_the_demo_has_a_program_one_to_come_and_a_tested_draft() -> None:
    demo.seed(members=12, seed=3, now=NOW)
    current, (coming,) = in_force(NOW), upcoming(NOW)
    assert current is not None
    assert (current.number, coming.number) == (2, 3)
    assert {rule.trigger for rule in terms_of(current).rules} == {
        "purchase",
        "registration",
        "birthday",
        "share",
    }
    for version in (current, coming):
        assert version.tested_mark == version.mark
        assert (version.untested_reason, version.short_notice_reason) == ("", "")
        assert version.announcement
        assert version.announcement_en
        assert all(rule.name_en for rule in terms_of(version).rules)
    assert coming.starts_at - NOW > timedelta(days=7)

    assert coming.tested_change is not None
    assert coming.tested_change > 0  # its friends of tea were friends by then

    draft = EarningRuleVersion.objects.drafts().get()
    assert (draft.name, draft.starts_at.astimezone(ZONE).date()) == ("双十二", date(2026, 12, 12))
    run = BacktestRun.objects.get(version=draft)
    assert (run.state, run.mark) == (BacktestRun.State.DONE, draft.tested_mark)
    assert run.result["better"] > 0
    assert run.result["worse"] > 0


@pytest.mark.django_db
def test_the_demo_has_goods_tags_and_acts() -> None:
    demo.seed(members=12, seed=3, now=NOW)
    assert Category.objects.filter(parent__code="drinks").count() == 2
    assert not Article.objects.filter(category=None).exists()
    for label in ("new", "special", "gift_card"):
        assert Article.objects.labelled(label).exists()
    assert MemberTag.objects.filter(tag__name="茶友会").exists()
    assert not Store.objects.filter(business="").exists()
    acts = Event.objects.values_list("trigger", flat=True)
    assert set(acts) == {"registration", "birthday", "share"}
    shares = Event.objects.filter(trigger="share")
    assert {5, 0} == set(shares.values_list("points", flat=True))  # once a day


@pytest.mark.django_db
def test_a_demo_may_be_small() -> None:
    assert demo.seed(members=1, seed=1, now=NOW).members == 1


@pytest.mark.django_db
@pytest.mark.parametrize("hour", [0, 16])
def test_the_year_may_end_at_any_hour(hour: int) -> None:
    """Around midnight in Shanghai the last scenes fall on another day than the last visits."""
    now = NOW.replace(hour=hour, minute=20)
    assert demo.seed(members=6, seed=5, now=now).refused == 0
    assert audit.run().is_clean


@pytest.mark.django_db
def test_real_data_is_never_mixed_with_the_demo() -> None:
    Store.objects.create(code="S1", name="西湖店")
    with pytest.raises(CommandError, match="already has stores or members"):
        call_command("seed_demo", members=1)


def test_the_same_seed_gives_the_same_year() -> None:
    def year(seed: int) -> list[object]:
        random = Random(seed)
        persons = people(count=20, random=random, first_day=FIRST_DAY)
        till = Till(persons=persons, random=random)
        days = (FIRST_DAY + timedelta(days=number) for number in range(60))
        return [persons, *(till.day(day, until=NOW).receipts for day in days)]

    assert year(1) == year(1)
    assert year(1) != year(2)


@pytest.mark.django_db
def test_the_demos_mall_has_pictures_and_orders_in_every_state() -> None:
    demo.seed(members=6, seed=3, now=NOW)
    assert Reward.objects.filter(state="on").count() == 30
    assert not Reward.objects.filter(pictures__isnull=True).exists()
    terms = shelving.money()
    judged = {reward.code: terms.judged(reward) for reward in Reward.objects.all()}
    # Sold out since autumn: the one that gave too much away, for the owner to see.
    assert [code for code, told in judged.items() if told and told.is_over] == ["mooncakes"]
    who = visitors.visitor(Member.objects.earliest("pk").pk, at=NOW)
    assert len(catalogue.ids(who, catalogue.Asked(is_limited=True), at=NOW)) == 2
    states = set(Redemption.objects.values_list("state", flat=True))
    assert states == {"unpaid", "placed", "confirmed", "shipped", "completed", "cancelled"}


@pytest.mark.django_db
def test_the_demos_wallets_have_something_in_every_tab() -> None:
    demo.seed(members=6, seed=3, now=NOW)
    owner = Coupon.objects.filter(template__code="autumn").order_by("pk")[0].member_id
    counts = coupons.counts(owner, NOW)
    assert counts["open"] >= 2
    assert counts["used"] == 1
    assert counts["expired"] >= 1
    assert Coupon.objects.filter(source="tier").exists()
    assert CouponTemplate.objects.filter(public_code="QINGCHUAN5", is_on=True).exists()
