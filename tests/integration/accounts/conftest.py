"""Limits start anew in every test."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper


@pytest.fixture(autouse=True)
def fresh_limits(settings: SettingsWrapper) -> None:
    """What one test spends of a limit is nothing to the next."""
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"
