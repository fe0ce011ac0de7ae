"""A program's terms in plain words, for the builder, the rules page and whoever asks why."""

from campaigns.selectors.wording.conditions import condition_phrase
from campaigns.selectors.wording.findings import finding_sentence, reason_phrase
from campaigns.selectors.wording.names import Names, name_of
from campaigns.selectors.wording.samples import example_of
from campaigns.selectors.wording.terms import (
    effect_phrase,
    limit_phrase,
    rule_sentence,
    timing_phrase,
    trigger_phrase,
    validity_phrase,
)

__all__ = [
    "Names",
    "condition_phrase",
    "effect_phrase",
    "example_of",
    "finding_sentence",
    "limit_phrase",
    "name_of",
    "reason_phrase",
    "rule_sentence",
    "timing_phrase",
    "trigger_phrase",
    "validity_phrase",
]
