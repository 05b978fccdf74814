"""The terms and the privacy notice: every version there ever was, in every language. Pure; needs no database.

A version is a file of ``legal/``. Once somebody accepted it, it never changes: its digests are here, and a test
compares them. To change the words, add a version with a later day; the person is then asked once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.functional import Promise

TERMS, PRIVACY = "terms", "privacy"
TITLES: dict[str, Promise] = {TERMS: _("Terms"), PRIVACY: _("Privacy notice")}
FIRST_VERSION = "2026-11"
"""The one that sign-up showed before acceptances were recorded one by one."""
_FOLDER = Path(__file__).with_name("legal")
_LANGUAGES = {"en": "en", "zh-hans": "zh-hans"}


@dataclass(frozen=True, slots=True)
class Document:
    """One version of one document, in force from ``effective_on``. ``digests``: language → SHA-256 of its file."""

    code: str
    version: str
    effective_on: date
    digests: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        """What it is called."""
        return str(TITLES[self.code])


DOCUMENTS: tuple[Document, ...] = (
    Document(
        TERMS,
        FIRST_VERSION,
        date(2026, 11, 1),
        (
            ("en", "6eddcf77dc26a01bd7c60dd13e1c82279f91f1b269e952195970e5463bef9660"),
            ("zh-hans", "8e2937a1266e219e85043f625ea4a9112207bb72d97b020762c3d9fe46f40cfd"),
        ),
    ),
    Document(
        PRIVACY,
        FIRST_VERSION,
        date(2026, 11, 1),
        (
            ("en", "b589abd2e95e6da86cde067d83fb233fa0d487dea22e6130305b142634b0351d"),
            ("zh-hans", "d90944ffafaaa126ee4c0a3574a8f0d06e01a12e4bc9a6bcdecdc2ab42ab45f9"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document: ``h1``, ``h2``, ``p`` with its text, or ``ul`` with its points."""

    kind: str
    text: str = ""
    points: tuple[str, ...] = ()


def current(code: str, *, on: date, among: Sequence[Document] = DOCUMENTS) -> Document:
    """The version in force on a day: the latest that has begun. Raises NotFound."""
    begun = [document for document in among if document.code == code and document.effective_on <= on]
    if not begun:
        raise NotFound
    return max(begun, key=lambda document: document.effective_on)


def all_current(*, on: date, among: Sequence[Document] = DOCUMENTS) -> list[Document]:
    """The versions in force on a day, one per document."""
    codes = dict.fromkeys(document.code for document in among)
    return [current(code, on=on, among=among) for code in codes]


def version(code: str, name: str) -> Document:
    """One version by its name. Raises NotFound."""
    for document in DOCUMENTS:
        if (document.code, document.version) == (code, name):
            return document
    raise NotFound


def versions(code: str) -> list[Document]:
    """Every version of a document, the newest first."""
    return sorted((one for one in DOCUMENTS if one.code == code), key=lambda one: one.effective_on, reverse=True)


def file_of(document: Document, language: str) -> Path:
    """Where the words are."""
    return _FOLDER / f"{document.code}-{document.version}.{language}.txt"


@cache
def words(document: Document, language: str) -> tuple[Block, ...]:
    """The document in a language (English where there is none), in pieces."""
    text = file_of(document, _LANGUAGES.get(language, "en")).read_text(encoding="utf-8")
    return tuple(_block(piece) for piece in text.strip().split("\n\n"))


def _block(piece: str) -> Block:
    if piece.startswith("## "):
        return Block("h2", piece[3:].strip())
    if piece.startswith("# "):
        return Block("h1", piece[2:].strip())
    if piece.startswith("- "):
        return Block("ul", points=tuple(line.removeprefix("- ") for line in piece.splitlines()))
    return Block("p", piece.strip())
