"""Publishing versions of the program."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from campaigns import exceptions
from campaigns.models import EarningRule, EarningRuleVersion, RuleFault
from campaigns.selectors import problems
from campaigns.selectors import rules as selectors
from campaigns.services import announcing, editions

# How long before its start members are told of a change, and of one for the worse.
NOTICE = timedelta(days=7)
NOTICE_OF_WORSE = timedelta(days=30)


def publish(
    *,
    version: EarningRuleVersion,
    by: AbstractBaseUser | None,
    now: datetime,
    reason: str = "",
    short_notice_reason: str = "",
) -> EarningRuleVersion:
    """Put a draft in force from its `starts_at` on, and freeze it under the next number.

    The first version of all may start in the past, so that an imported year can be judged; every
    later one starts not before `now` and not before the version ahead of it. A later version
    needs a back-test of exactly this content, or the `reason` why there is none; and a notice of
    seven days (thirty when the back-test shows fewer points), or `short_notice_reason`. Both
    reasons are kept. A version that repairs another takes that one's start.

    Raises `InvalidRule`, `AlreadyPublished`, `StartsTooEarly`, `BacktestMissing`,
    `NoticeTooShort`, `NothingToRepair` or `PublishedMeanwhile`.
    """
    if version.repairs_id is not None and version.repairs is not None:
        version.starts_at = version.repairs.starts_at
    try:
        version.full_clean()
    except ValidationError as error:
        raise exceptions.InvalidRule(reason=" ".join(error.messages)) from error
    try:
        with transaction.atomic():
            return _publish(version, by, now, reason.strip(), short_notice_reason.strip())
    except IntegrityError as error:
        raise exceptions.PublishedMeanwhile from error


def _publish(
    version: EarningRuleVersion,
    by: AbstractBaseUser | None,
    now: datetime,
    reason: str,
    short_notice_reason: str,
) -> EarningRuleVersion:
    if version.pk:
        # Nobody edits the rules while they are being frozen.
        EarningRuleVersion.objects.select_for_update().filter(pk=version.pk).first()
        if EarningRuleVersion.objects.published().filter(pk=version.pk).exists():
            raise exceptions.AlreadyPublished
    terms = selectors.terms_of(version)
    if wrong := list(problems.of_program(terms)):
        raise exceptions.InvalidRule(reason=problems.told(wrong))
    version.mark = selectors.mark_of(terms)
    last = EarningRuleVersion.objects.published().aggregate(
        number=Max("number"), starts_at=Max("starts_at")
    )
    if last["number"]:
        _check_successor(version, now, last["starts_at"], reason, short_notice_reason)
    version.number = (last["number"] or 0) + 1
    version.published_at = now
    version.published_by_id = by.pk if by is not None else None
    version.untested_reason = "" if version.tested_mark == version.mark else reason
    version.short_notice_reason = short_notice_reason
    version.save()
    editions.record(now)
    announcing.announce(version, now=now)
    return version


def _check_successor(
    version: EarningRuleVersion,
    now: datetime,
    last_start: datetime,
    reason: str,
    short_notice_reason: str,
) -> None:
    if version.repairs_id is not None:
        faults = RuleFault.objects.filter(version=version.repairs_id, state=RuleFault.State.OPEN)
        if not faults.exists():
            raise exceptions.NothingToRepair
    elif version.starts_at < max(now, last_start):
        raise exceptions.StartsTooEarly
    if version.tested_mark != version.mark and not reason:
        raise exceptions.BacktestMissing
    notice = notice_of(version)
    if version.repairs_id is None and version.starts_at < now + notice and not short_notice_reason:
        raise exceptions.NoticeTooShort(days=notice.days)


def notice_of(version: EarningRuleVersion) -> timedelta:
    """How long before its start members have to be told of this version."""
    change = version.tested_change
    return NOTICE_OF_WORSE if change is not None and change < 0 else NOTICE


def copy(*, version: EarningRuleVersion, name: str, starts_at: datetime) -> EarningRuleVersion:
    """A draft with the content of `version`, its rules under the same keys."""
    rules = list(EarningRule.objects.filter(version=version).order_by("position", "pk"))
    skipped = {"id", "number", "published_at", "published_by", "created_at", "mark", "repairs"}
    skipped |= {"tested_mark", "tested_at", "tested_change"}
    skipped |= {"untested_reason", "short_notice_reason", "announcement", "announcement_en"}
    values = {
        field.name: getattr(version, field.name)
        for field in EarningRuleVersion._meta.concrete_fields
        if field.name not in skipped
    }
    with transaction.atomic():
        draft = EarningRuleVersion.objects.create(
            **(values | {"name": name, "starts_at": starts_at})
        )
        for rule in rules:
            rule.pk = None
            rule.version = draft
        EarningRule.objects.bulk_create(rules)
    return draft


def note_backtest(*, version_id: int, mark: str, change: int, at: datetime) -> None:
    """Note that the draft with content `mark` was back-tested: `change` points against today."""
    EarningRuleVersion.objects.drafts().filter(pk=version_id).update(
        tested_mark=mark, tested_change=change, tested_at=at
    )
