"""The sentences of the payment page, in the languages it speaks."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "words"
LANGUAGES = {"en": "en", "zh": "zh-Hans"}


class Words(dict[str, str]):
    """Sentences by name, and the language they are in."""

    def __init__(self, language: str, sentences: Mapping[str, str]) -> None:
        super().__init__(sentences)
        self.language = language


def spoken_by(accept_language: str, locale: str) -> Words:
    """The merchant's `locale` decides; when it is `auto`, the browser's first known language; else English."""
    asked = [locale] if locale not in {"", "auto"} else accept_language.split(",")
    for tag in asked:
        primary = tag.split(";")[0].strip().split("-")[0].lower()
        if primary in LANGUAGES:
            return _words(primary)
    return _words("en")


@cache
def _words(primary: str) -> Words:
    text = (FOLDER / f"{primary}.json").read_text(encoding="utf-8")
    return Words(LANGUAGES[primary], json.loads(text))
