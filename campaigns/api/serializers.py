"""What the rules page looks like to a program."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from campaigns.models import RulebookEdition
from campaigns.selectors import rulebook
from campaigns.selectors.rulebook import Change, Edition
from campaigns.selectors.rulebook.reading import in_language


class ClauseSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="The same from one edition to the next.")
    code = serializers.CharField(help_text="Stable; what kind of clause it is.")
    params = serializers.JSONField(help_text="The figures of which the text is made.")
    title = serializers.CharField(allow_blank=True, help_text="The name of a rule, or empty.")
    text = serializers.CharField()
    example = serializers.CharField(allow_blank=True)


class SectionSerializer(serializers.Serializer[Any]):
    section = serializers.ChoiceField(choices=list(rulebook.SECTIONS))
    title = serializers.CharField()
    clauses = ClauseSerializer(many=True)


class ChangeSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["added", "removed", "changed"])
    section = serializers.CharField(allow_blank=True)
    section_title = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class EditionLabelSerializer(serializers.Serializer[Any]):
    edition = serializers.CharField(help_text="`v7`, or `v7.1` for a later revision.")
    version = serializers.IntegerField()
    revision = serializers.IntegerField()
    since = serializers.DateTimeField()


class UpcomingSerializer(EditionLabelSerializer):
    announcement = serializers.CharField(allow_blank=True)
    changes = ChangeSerializer(many=True, help_text="Against what is in force.")


class EditionSerializer(EditionLabelSerializer):
    unit = serializers.CharField(allow_blank=True, help_text="What points are called, if not so.")
    preface = serializers.ListField(child=serializers.CharField(), help_text="Paragraphs.")
    announcement = serializers.CharField(allow_blank=True)
    sections = SectionSerializer(many=True)


class RulesSerializer(EditionSerializer):
    upcoming = UpcomingSerializer(many=True)


class ChangesSerializer(serializers.Serializer[Any]):
    edition = serializers.CharField()
    before = serializers.CharField(allow_null=True, help_text="null for the first edition.")
    changes = ChangeSerializer(many=True)


def label(found: Edition | RulebookEdition) -> dict[str, Any]:
    return {
        "edition": found.label,
        "version": found.version.number,
        "revision": found.revision,
        "since": timezone.localtime(found.since).isoformat(),
    }


def edition(found: Edition) -> dict[str, Any]:
    reading = rulebook.read(found.book)
    return label(found) | {
        "unit": reading.unit,
        "preface": reading.preface,
        "announcement": announcement(found),
        "sections": [
            {
                "section": section.section,
                "title": section.title,
                "clauses": [
                    {
                        "key": clause.key,
                        "code": clause.code,
                        "params": clause.params,
                        "title": clause.title,
                        "text": clause.text,
                        "example": clause.example,
                    }
                    for clause in section.clauses
                ],
            }
            for section in reading.sections
        ],
    }


def announcement(found: Edition) -> str:
    version = found.version
    return in_language({"zh": version.announcement, "en": version.announcement_en})


def upcoming(found: Edition, current: Edition | None) -> dict[str, Any]:
    before = None if current is None else current.book
    return label(found) | {
        "announcement": announcement(found),
        "changes": changes(rulebook.changes_between(before, found.book)),
    }


def changes(found: list[Change]) -> list[dict[str, Any]]:
    return [change._asdict() for change in found]
