"""Errors in words: the one place that turns a refusal's code into sentences, looked up only at the edge.

The catalogue (``settings.ERROR_CATALOGUE``) gives each code its title, next step and HTTP status; pages, the API and
the desk all ask ``describe``, so one refusal reads the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from wallet_project.lib.errors import WalletError


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue.

    ``detail`` and ``next_step`` are lazy translations with ``%(name)s`` placeholders for the error's params;
    ``public`` names the params the API shows as members of the problem (``remaining_minor``, ``tries_left``).
    """

    code: str
    status: int
    title: str | Promise
    detail: str | Promise
    next_step: str | Promise
    staff: str = ""
    public: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """An error as a person reads it, in the active language."""

    code: str
    status: int
    title: str
    detail: str
    next_step: str
    money_moved: bool
    members: dict[str, Any]


@cache
def _module() -> Any:
    return import_module(settings.ERROR_CATALOGUE)


@cache
def catalogue() -> dict[str, Entry]:
    """Every code with its row, from the module named by ``settings.ERROR_CATALOGUE``."""
    return {entry.code: entry for entry in _module().ENTRIES}


def describe(error: WalletError) -> Described:
    """Looks the error up; call only at the edge (view, API, admin). Unknown codes are a defect: KeyError."""
    entry = catalogue()[error.code]
    shown = {key: _readable(value) for key, value in error.params.items()}
    return Described(
        code=entry.code,
        status=entry.status,
        title=str(entry.title),
        detail=str(entry.detail) % shown,
        next_step=str(entry.next_step) % shown,
        money_moved=error.money_moved,
        members={key: error.params[key] for key in entry.public if key in error.params},
    )


def together(first: str | Promise, second: str | Promise) -> str:
    """Two whole sentences in one line: English puts a space between them, Chinese none."""
    return gettext("%(first)s %(second)s") % {"first": first, "second": second}


def _readable(value: Any) -> str:
    """Params in a sentence: by the catalogue's ``READERS``, or as they show themselves; the rest as text."""
    reader = _module().READERS.get(type(value))
    if reader is not None:
        return str(reader(value))
    show = getattr(value, "for_people", None)
    return show() if callable(show) else str(value)
