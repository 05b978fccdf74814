"""The tabs at the bottom of a phone: every word on one line and inside its tab, on the narrowest phones too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys.matrix import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.person import Person

pytestmark = pytest.mark.browser

MEASURE = """
[...document.querySelectorAll('.nav li')].filter(li => li.offsetParent).map(li => {
  const label = li.querySelector('.nav__label'), range = document.createRange();
  range.selectNodeContents(label);
  const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
  const word = range.getBoundingClientRect(), tab = li.getBoundingClientRect();
  return {label: label.textContent, lines: lines.size, inside: word.left >= tab.left && word.right <= tab.right};
})
"""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_tab_says_its_word_on_one_line(member: Callable[..., Person], language: str) -> None:
    ann = member("ann", Window(language=language))
    ann.go("/home/")
    assert ann.page.get_by_role("link", name=ann.say("Add money"), exact=True).first.is_visible()
    for width in (320, 360, 390):
        ann.page.set_viewport_size({"width": width, "height": 740})
        tabs = ann.page.evaluate(MEASURE)
        assert len(tabs) >= 4
        assert [tab for tab in tabs if tab["lines"] != 1 or not tab["inside"]] == [], width
