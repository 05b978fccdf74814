"""Which book this process keeps. One book is one cell: every ledger row, key and statement begins with it."""

from __future__ import annotations

from django.conf import settings


def current() -> int:
    """The number of our book (``LEDGER_BOOK``, 1 unless the wallet runs in several cells)."""
    return int(getattr(settings, "LEDGER_BOOK", 1))
