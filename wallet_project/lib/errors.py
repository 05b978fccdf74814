"""Refusals: a stable code with parameters, and the one place that turns them into sentences.

An error is defined beside the function that raises it and knows no sentence. The catalogue
(``settings.ERROR_CATALOGUE``) gives each code its title, next step and HTTP status; pages, the API and
the desk all ask ``describe`` for them, so one refusal reads the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import Promise


class WalletError(Exception):
    """A refusal a person can be told about. ``code`` is stable; ``params`` fill the sentence.

    ``money_moved`` is true only where the money moved although the request failed.
    """

    code: ClassVar[str] = "internal"
    money_moved: ClassVar[bool] = False

    def __init__(self, **params: Any) -> None:
        self.params: dict[str, Any] = params
        super().__init__(self.code, params)

    def __str__(self) -> str:
        return self.code


class NotFound(WalletError):
    """The thing does not exist, or belongs to somebody else: the two are one answer."""

    code = "not_found"


class Invalid(WalletError):
    """A value of the wrong type or shape. ``fields`` maps a field name to its (code, params)."""

    code = "invalid"

    def __init__(self, fields: Mapping[str, str] | None = None, **params: Any) -> None:
        self.fields: dict[str, str] = dict(fields or {})
        super().__init__(**params)


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
    from django.conf import settings

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


def _readable(value: Any) -> str:
    """Params in a sentence: by the catalogue's ``READERS``, or as they show themselves; the rest as text."""
    reader = _module().READERS.get(type(value))
    if reader is not None:
        return str(reader(value))
    show = getattr(value, "for_people", None)
    return show() if callable(show) else str(value)
