"""Levels as the API tells them."""

from typing import Any

from rest_framework import serializers

from tiers.models import Level
from tiers.selectors.benefits import Told
from tiers.selectors.pages import Mine


class BenefitSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="What it is, for programs; more kinds may come.")
    name = serializers.CharField()
    text = serializers.CharField(help_text="What it gives, in the language of the request.")


class LevelSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    rank = serializers.IntegerField(help_text="Its place, lowest first.")
    threshold = serializers.IntegerField(
        allow_null=True, help_text="Growth to reach it; null: by invitation only."
    )
    keep = serializers.IntegerField(allow_null=True, help_text="Growth to keep it.")
    surface = serializers.CharField(help_text="plain, silver, gold, platinum or black.")
    benefits = BenefitSerializer(many=True)


class LadderSerializer(serializers.Serializer[Any]):
    basis = serializers.CharField(help_text="spent (yuan), earned or bought (points).")
    window = serializers.CharField(help_text="lifetime, rolling (12 months) or year.")
    levels = LevelSerializer(many=True)


class MyLevelSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    surface = serializers.CharField()
    held_by = serializers.CharField(help_text="growth, invitation or staff.")
    since = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True, help_text="The last day; null: no end.")
    grace_until = serializers.DateField(allow_null=True)
    is_warned = serializers.BooleanField()
    growth = serializers.IntegerField(help_text="Of the window, in yuan or points as `basis` says.")
    basis = serializers.CharField()
    window = serializers.CharField()
    next_code = serializers.CharField(allow_null=True)
    next_name = serializers.CharField(allow_null=True)
    missing = serializers.IntegerField(allow_null=True, help_text="Growth to the next level.")
    keep_from = serializers.IntegerField(allow_null=True)
    keep_growth = serializers.IntegerField()
    keep_missing = serializers.IntegerField(allow_null=True)
    benefits = BenefitSerializer(many=True)


def benefits(told: list[Told]) -> list[dict[str, str]]:
    return [{"kind": one.kind, "name": one.name, "text": one.text} for one in told]


def level(row: Level, told: list[Told]) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.label,
        "rank": row.rank,
        "threshold": row.threshold,
        "keep": None if row.is_by_invitation else row.step.keeps_from,
        "surface": row.surface,
        "benefits": benefits(told),
    }


def mine(found: Mine, told: list[Told]) -> dict[str, Any]:
    held = found.standing
    return {
        "code": found.level.code,
        "name": found.level.label,
        "surface": found.level.surface,
        "held_by": held.by.value,
        "since": held.since.isoformat(),
        "valid_until": held.valid_until.isoformat() if held.valid_until else None,
        "grace_until": held.grace_until.isoformat() if held.grace_until else None,
        "is_warned": held.is_warned,
        "growth": found.growth,
        "basis": found.rules.basis.value,
        "window": found.rules.window.value,
        "next_code": found.next.code if found.next else None,
        "next_name": found.next.label if found.next else None,
        "missing": found.missing,
        "keep_from": found.keep_from,
        "keep_growth": found.keep_growth,
        "keep_missing": found.keep_missing,
        "benefits": benefits(told),
    }
