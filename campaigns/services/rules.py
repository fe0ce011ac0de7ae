"""Publishing versions of the earning rule."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from campaigns import exceptions
from campaigns.models import EarningRuleVersion


def publish(
    *, version: EarningRuleVersion, by: AbstractBaseUser | None, now: datetime
) -> EarningRuleVersion:
    """Put a draft in force from its `starts_at` on, and freeze it under the next number.

    The first version of all may start in the past, so that an imported year can be judged; every
    later one starts not before `now` and not before the version ahead of it. Raises
    `InvalidRule`, `AlreadyPublished`, `StartsTooEarly` or `PublishedMeanwhile`.
    """
    try:
        version.full_clean()
    except ValidationError as error:
        raise exceptions.InvalidRule(reason=" ".join(error.messages)) from error
    try:
        with transaction.atomic():
            return _publish(version, by=by, now=now)
    except IntegrityError as error:
        raise exceptions.PublishedMeanwhile from error


def _publish(
    version: EarningRuleVersion, *, by: AbstractBaseUser | None, now: datetime
) -> EarningRuleVersion:
    if version.pk and EarningRuleVersion.objects.published().filter(pk=version.pk).exists():
        raise exceptions.AlreadyPublished
    last = EarningRuleVersion.objects.published().aggregate(
        number=Max("number"), starts_at=Max("starts_at")
    )
    if last["number"] and version.starts_at < max(now, last["starts_at"]):
        raise exceptions.StartsTooEarly
    version.number = (last["number"] or 0) + 1
    version.published_at = now
    version.published_by_id = by.pk if by is not None else None
    version.save()
    return version
