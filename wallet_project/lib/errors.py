"""Refusals: a stable code with parameters, free of Django and of sentences.

An error is defined beside the function that raises it; ``lib/describing.py`` turns it into words at the edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


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
