"""Which combinations a run tries: a few always, some drawn by the run's seed, with ``bin/test --full`` all of them."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Window:
    """How somebody looks at the wallet."""

    language: str = "en"
    phone: bool = True
    javascript: bool = True

    def __str__(self) -> str:
        return f"{self.language}-{'390' if self.phone else '1280'}-{'js' if self.javascript else 'nojs'}"


WINDOWS = tuple(Window(*values) for values in product(("en", "zh-hans"), (True, False), (True, False)))


def is_full() -> bool:
    """Whether this run tries everything."""
    return os.environ.get("WALLET_TEST_FULL") == "1"


def sampled(everything: Iterable[T], *, always: Sequence[T] = (), more: int, salt: str = "") -> list[T]:
    """``always`` and ``more`` others by the seed, the same in every process; ``salt`` lets every test draw anew."""
    every = list(everything)
    if is_full():
        return every
    others = [one for one in every if one not in always]
    drawn = random.Random(os.environ.get("WALLET_TEST_SEED", "0") + salt).sample(others, more)
    return [*always, *drawn]
