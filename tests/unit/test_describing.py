"""Refusals in words."""

from __future__ import annotations

import pytest
from django.utils import translation

from wallet_project.lib.describing import together


@pytest.mark.parametrize(("language", "line"), [("en", "一。 二。"), ("zh-hans", "一。二。")])
def test_two_sentences_stand_together_as_the_language_has_it(language: str, line: str) -> None:
    with translation.override(language):
        assert together("一。", "二。") == line
