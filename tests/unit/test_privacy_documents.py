"""The terms and the privacy notice: a version never changes, and the one in force is the latest that has begun."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date

import pytest
from django.conf import settings

from accounts.privacy.documents import DOCUMENTS, TITLES, Document, all_current, current, file_of, version, words
from wallet_project.lib.errors import NotFound

FIRST = DOCUMENTS[0]
NEXT = replace(FIRST, version="2027-03", effective_on=date(2027, 3, 1))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: f"{one.code}-{one.version}")
def test_what_somebody_accepted_does_not_change(document: Document) -> None:
    """To change the words, add a version with a later day."""
    assert [language for language, _ in document.digests] == [code for code, _ in settings.LANGUAGES]
    for language, digest in document.digests:
        assert hashlib.sha256(file_of(document, language).read_bytes()).hexdigest() == digest, language


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: f"{one.code}-{one.version}")
def test_every_language_says_the_same_things_in_the_same_order(document: Document) -> None:
    shapes = {
        tuple((block.kind, len(block.points)) for block in words(document, code)) for code, _ in settings.LANGUAGES
    }
    assert len(shapes) == 1
    for code, _ in settings.LANGUAGES:
        blocks = words(document, code)
        assert blocks[0].kind == "h1"
        assert document.version in blocks[1].text
        assert all(block.text or block.points for block in blocks)
    chinese = "".join(block.text + "".join(block.points) for block in words(document, "zh-hans"))
    assert len(re.findall(r"[一-鿿]", chinese)) > 500
    assert "你" not in chinese


def test_a_language_without_words_is_english() -> None:
    assert words(FIRST, "fr") == words(FIRST, "en")


@pytest.mark.parametrize(
    ("on", "wanted"), [(date(2026, 11, 1), FIRST), (date(2027, 2, 28), FIRST), (date(2027, 3, 1), NEXT)]
)
def test_the_latest_that_has_begun_is_in_force(on: date, wanted: Document) -> None:
    assert current("terms", on=on, among=[NEXT, FIRST]) == wanted


def test_nothing_is_in_force_before_the_first() -> None:
    with pytest.raises(NotFound):
        current("terms", on=date(2026, 10, 31))


def test_one_of_each_is_in_force() -> None:
    assert [one.code for one in all_current(on=date(2026, 11, 22))] == list(TITLES)


def test_an_unknown_version_is_not_found() -> None:
    assert version("terms", "2026-11") == FIRST
    with pytest.raises(NotFound):
        version("terms", "2025-01")
