"""What the rules register with the apps below when the process starts."""

import pytest
from django.utils import translation

from campaigns.policies.events import EVENT_TRIGGERS
from points.selectors import labels


@pytest.mark.parametrize("trigger", EVENT_TRIGGERS)
def test_every_act_that_gives_points_is_a_source_with_words(trigger: str) -> None:
    with translation.override("zh-hans"):
        assert not labels.source(trigger).isascii()
