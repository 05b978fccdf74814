"""A table of names that rooms fill in ``AppConfig.ready()`` and lower rooms read.

It is the only way up: a lower room calls what a higher one registered, by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class Registry(Generic[T]):
    """Names to things of one kind. A name is taken once; an unknown name is a defect, so it raises KeyError."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def register(self, name: str, item: T) -> None:
        """Adds ``item``; the same name with another item raises ValueError."""
        if self._items.setdefault(name, item) != item:
            raise ValueError(f"{self.kind} {name!r} is registered twice")

    def __getitem__(self, name: str) -> T:
        return self._items[name]

    def __contains__(self, name: str) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def items(self) -> list[tuple[str, T]]:
        """Everything registered, in the order of registration."""
        return list(self._items.items())
