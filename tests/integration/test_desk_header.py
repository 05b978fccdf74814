"""The head of the desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from accounts.staff.policy import COMPLIANCE
from tests.factories.staff import desk, make_officer

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def erin(db: None) -> User:
    return make_officer("erin", COMPLIANCE)


def test_it_greets_in_one_piece(erin: User) -> None:
    """Its parts stand apart: a full stop that is a part of its own would stand apart too."""
    page = desk(erin).get("/admin/").content.decode()
    assert re.search(r'<div id="user-tools">\s*<span>\s*Welcome,\s+<strong>erin</strong>\.\s*</span>', page)
