"""Searching what the database cannot read: one-way marks of words, different for every person.

A mark answers only "does this person's row hold a word that begins so?". Marks of two people never meet, so
nobody can learn from the table who writes the same as whom.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

from wallet_project.lib.crypto import blind_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

PREFIX_MAX = 10
MARKS_MAX = 96
_PURPOSE = "activity.search"
# Chinese, Japanese and Korean are written without spaces: neighbouring pairs of characters stand for words.
_RUNS = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)|([^\W_]+)")


def marks(user_id: UUID, *texts: str) -> list[int]:
    """The marks to store for one row: every beginning of every word, at most ``MARKS_MAX``."""
    found = dict.fromkeys(part for text in texts for part in _stored_parts(text))
    return _marked(user_id, list(found)[:MARKS_MAX])


def marks_of_query(user_id: UUID, query: str) -> list[int]:
    """The marks a row must have, all of them, to answer ``query``. Empty when the query has no words."""
    return _marked(user_id, list(dict.fromkeys(_asked_parts(query)))[:MARKS_MAX])


def _marked(user_id: UUID, parts: list[str]) -> list[int]:
    if not parts:
        return []
    key = bytes.fromhex(blind_index(str(user_id), _PURPOSE))
    digests = (hashlib.blake2b(part.encode(), key=key, digest_size=8).digest() for part in parts)
    return [int.from_bytes(digest, "big", signed=True) for digest in digests]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    for match in _RUNS.finditer(unicodedata.normalize("NFKC", text).casefold()):
        yield match.group(), match.group(1) is not None


def _stored_parts(text: str) -> Iterator[str]:
    for run, without_spaces in _runs(text):
        if without_spaces:
            yield from run
            yield from (run[i : i + 2] for i in range(len(run) - 1))
        else:
            yield from (run[:length] for length in range(1, min(len(run), PREFIX_MAX) + 1))


def _asked_parts(text: str) -> Iterator[str]:
    for run, without_spaces in _runs(text):
        if without_spaces and len(run) > 1:
            yield from (run[i : i + 2] for i in range(len(run) - 1))
        else:
            yield run[:PREFIX_MAX]
