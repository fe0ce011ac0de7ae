"""Asking the full-text index of rewards."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from mall.models import Reward
from mall.policies import search

# Where a question is answered: in the name, in the name and what is said of it, anywhere.
_PLACES = {"postgresql": ("A", "AB", ""), "sqlite": ("{name}", "{name more}", "")}


@dataclass(frozen=True, slots=True)
class Question:
    """The terms of what somebody typed; empty when it has no word at all."""

    terms: tuple[str, ...]
    begun: str

    @property
    def is_empty(self) -> bool:
        return not self.terms and not self.begun


def question(text: str) -> Question:
    terms, begun = search.question(text)
    return Question(tuple(terms), begun)


def matching(rows: QuerySet[Reward], asked: Question) -> QuerySet[Reward]:
    """Those rewards that answer it, each with its `relevance`: 2 where the name alone does, 1
    where the name, its line, category or article number do, 0 where the description has to.

    A question without a word finds nothing: it asked for something, and that is not here.
    """
    if asked.is_empty:
        return rows.none().annotate(relevance=Value(0))
    name, said, anywhere = _PLACES[connection.vendor]
    relevance = Case(
        When(pk__in=_ids(asked, name), then=Value(2)),
        When(pk__in=_ids(asked, said), then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return rows.filter(pk__in=_ids(asked, anywhere)).annotate(relevance=relevance)


def _ids(asked: Question, place: str) -> RawSQL:
    if connection.vendor == "postgresql":
        sql = "SELECT rowid FROM mall_reward_search WHERE document @@ %s::tsquery"
        return RawSQL(sql, [_tsquery(asked, place)])  # noqa: S611 — the text is a parameter
    sql = "SELECT rowid FROM mall_reward_search WHERE mall_reward_search MATCH %s"
    return RawSQL(sql, [_match(asked, place)])  # noqa: S611 — the text is a parameter


def _tsquery(asked: Question, place: str) -> str:
    """Terms are letters and digits, and quoted: none of them can be an operator."""
    suffix = f":{place}" if place else ""
    parts = [f"'{term}'{suffix}" for term in asked.terms]
    if asked.begun:
        parts.append(f"'{asked.begun}':*{place}")
    return " & ".join(parts)


def _match(asked: Question, place: str) -> str:
    parts = [f'"{term}"' for term in asked.terms]
    if asked.begun:
        parts.append(f'"{asked.begun}" *')
    together = " AND ".join(parts)
    return f"{place} : ({together})" if place else together
