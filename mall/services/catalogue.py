"""Putting rewards on the shelf and taking them down."""

from datetime import datetime

from django.db import connection, transaction

from mall.exceptions.catalogue import RewardIncomplete
from mall.models import Reward
from mall.policies import texts
from mall.selectors import shelving
from mall.services import search

_STATE = Reward.State


def put_on(*, reward_id: int, at: datetime) -> Reward:
    """Put a reward on the shelf; nothing happens when it stands there already.

    Locks its row. Raises `RewardIncomplete` for one that nobody could redeem.
    """
    with transaction.atomic():
        reward = _locked(reward_id)
        missing = shelving.faults(reward, reward.variants.all(), at=at)
        if missing:
            raise RewardIncomplete(missing)
        if reward.state != _STATE.ON:
            reward.state = _STATE.ON
            reward.listed_at = at
            reward.save(update_fields=["state", "listed_at"])
        search.index(reward_ids=[reward.pk])
    return reward


def take_down(*, reward_id: int) -> Reward:
    """Take a reward off the shelf. Orders that were placed go on."""
    with transaction.atomic():
        reward = _locked(reward_id)
        if reward.state == _STATE.ON:
            reward.state = _STATE.OFF
            reward.save(update_fields=["state"])
    return reward


def saved(*, reward_id: int) -> None:
    """What follows from a change of a reward, its variants or prices: it is found anew."""
    search.index(reward_ids=[reward_id])


def clean(reward: Reward) -> None:
    """Clean the texts that pages show as they are. Called before every save of them."""
    reward.description = texts.cleaned(reward.description)
    reward.description_en = texts.cleaned(reward.description_en)


def _locked(reward_id: int) -> Reward:
    rows = Reward.objects.filter(pk=reward_id)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    return rows.get()
