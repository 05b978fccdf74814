"""The tabs at the bottom of a phone and what the home page offers: every word on one line, on narrow phones too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys.matrix import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.person import Person

pytestmark = pytest.mark.browser

MEASURE = """
([boxes, label]) => [...document.querySelectorAll(boxes)].filter(box => box.offsetParent).map(box => {
  const text = box.querySelector(label), range = document.createRange();
  range.selectNodeContents(text);
  const lines = new Set([...range.getClientRects()].map(line => Math.round(line.top)));
  const word = range.getBoundingClientRect(), tab = box.getBoundingClientRect();
  return {label: text.textContent, lines: lines.size, inside: word.left >= tab.left && word.right <= tab.right};
})
"""
TABS = [".nav li", ".nav__label"]
ACTIONS = [".hero__action", "span:last-child"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_word_is_on_one_line(member: Callable[..., Person], language: str) -> None:
    ann = member("ann", Window(language=language))
    ann.go("/home/")
    assert ann.page.get_by_role("link", name=ann.say("Add money"), exact=True).first.is_visible()
    for width in (320, 360, 390):
        ann.page.set_viewport_size({"width": width, "height": 740})
        for what in (TABS, ACTIONS):
            found = ann.page.evaluate(MEASURE, what)
            assert len(found) >= 4
            lines = 2 if what is ACTIONS and width == 320 else 1  # "Add money" is two words
            assert [one for one in found if one["lines"] > lines or not one["inside"]] == [], width
