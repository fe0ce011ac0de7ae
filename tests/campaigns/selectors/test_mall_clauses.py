"""What the rules page says of the mall is what the mall does."""

import pytest
from django.utils.translation import override

from campaigns.selectors import mall_clauses
from mall.models import MallSettings, Reward
from tests.mall import redeeming

pytestmark = pytest.mark.django_db


def codes() -> list[str]:
    return [code for code, _params in (*mall_clauses.spending(), *mall_clauses.returns())]


def test_an_empty_mall_says_nothing() -> None:
    redeeming.reward(state=Reward.State.DRAFT)
    assert codes() == []


def test_goods_for_points_and_yuan() -> None:
    MallSettings.objects.create(unpaid_minutes=20)
    redeeming.reward(money=9, return_days=15)
    redeeming.reward(return_days=7)
    assert codes() == ["mall_redeem", "mall_unpaid", "mall_cancel", "mall_returns"]
    assert dict(mall_clauses.spending())["mall_unpaid"] == {"minutes": 20}
    assert dict(mall_clauses.returns())["mall_returns"] == {"days": 7}


def test_what_is_delivered_at_once_and_what_has_a_date() -> None:
    redeeming.reward(kind=Reward.Kind.VIRTUAL)
    redeeming.reward(kind=Reward.Kind.EXPERIENCE)
    assert codes() == ["mall_redeem", "mall_cancel", "mall_digital", "mall_experience"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_clause_is_a_sentence_in_both_languages(language: str) -> None:
    params = {"minutes": 15, "days": 7}
    with override(language):
        texts = [render(params) for render in mall_clauses.RENDERERS.values()]
    assert len(set(texts)) == len(texts)
    assert all(text.endswith("。" if language == "zh-hans" else ".") for text in texts)
