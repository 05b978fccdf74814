"""Collecting the sentences of the code and the templates, in Python: a bare machine has no gettext."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from babel.messages.catalog import Message

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
NOISE = tuple(
    f'"{header}:'.encode()
    for header in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
TEMPLATE_ENDINGS = {".html", ".txt"}


def collect(root: Path, folders: Iterable[str], *, skip: str) -> Catalog:
    """Every sentence below ``folders`` of ``root``; paths that match the pattern ``skip`` are left out."""
    found = Catalog(fuzzy=False)
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            place = path.relative_to(root).as_posix()
            if path.is_file() and not re.search(skip, place):
                for line, message, context in _sentences(path, place):
                    found.add(message, locations=[(place, line)], context=context)
    return found


def _sentences(path: Path, place: str) -> Iterator[tuple[int, str | tuple[str, ...], str | None]]:
    if path.suffix == ".py":
        source = path.read_bytes()
    elif path.suffix in TEMPLATE_ENDINGS:
        # What is not a sentence becomes X; without indentation the Python tokenizer reads it like a module.
        lines = templatize(path.read_text(), origin=place).splitlines()
        source = "\n".join(line.strip() for line in lines).encode()
    else:
        return
    for line, message, _comments, context in extract("python", BytesIO(source), keywords=KEYWORDS):
        yield line, message, context


def said_in(found: Catalog, place: str) -> Catalog:
    """Of ``found`` only the sentences that stand in the file ``place``."""
    those = Catalog(fuzzy=False)
    for message in found:
        if any(file == place for file, _line in message.locations):
            those.add(message.id, locations=message.locations, context=message.context)
    return those


def merge(existing: bytes, found: Catalog) -> bytes:
    """The catalogue ``existing`` with exactly the sentences of ``found``; translations are kept, none is guessed."""
    catalogue = read_po(BytesIO(existing), abort_invalid=True)
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return written(catalogue)


def written(catalogue: Catalog) -> bytes:
    """The catalogue as its file holds it: no dates and no line numbers, so that only words make a difference."""
    out = BytesIO()
    write_po(out, catalogue, width=110, include_lineno=False)
    return b"".join(line for line in out.getvalue().splitlines(keepends=True) if not line.startswith(NOISE))


def said(message: Message) -> bool:
    """Whether every form of the sentence has words."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(forms)
