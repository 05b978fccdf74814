"""Home: the newest rows, and what needs its person however old, in eight queries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from accounts.activity.selectors import ASKED, front
from accounts.activity.services import record
from tests.factories.activity import new_item
from tests.factories.people import now
from tests.factories.sessions import browser
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def long_history(alice: User) -> User:
    """Thirty rows, an hour apart, and an older one about which our team asked something."""
    latest = now()
    rows = [
        new_item(alice, -1_000 - place, shown_name=f"Person {place}", occurred_at=latest - timedelta(hours=place))
        for place in range(1, 31)
    ]
    asked = new_item(
        alice, -9_950, shown_name="NL•• 4300", state=ASKED, url_name="withdrawal", reference="wdr_1",
        occurred_at=latest - timedelta(days=9),
    )  # fmt: skip
    with db.transaction_if_not_already():
        record(*rows, asked)
    return alice


def test_asks_the_database_at_most_eight_times(long_history: User, django_assert_max_num_queries) -> None:
    client = browser(long_history)
    client.get("/home/")
    with django_assert_max_num_queries(8):
        page = client.get("/home/")
    shown = page.content.decode()
    assert "/withdrawals/wdr_1/" in shown
    assert "Person 7" in shown
    assert "Person 20" not in shown


def test_the_front_is_the_newest_and_what_needs_its_person(long_history: User) -> None:
    old = new_item(long_history, -77, subject_id=ids.uuid7(), occurred_at=now() - timedelta(days=400))
    with db.transaction_if_not_already():
        record(old)
    seen = front(long_history.pk, {old.subject_id}, size=3, at=now())
    assert [row.amount_minor for row in seen.newest] == [30_000, -1_001, -1_002]
    assert [row.amount_minor for row in seen.needing] == [-9_950, -77]
    assert front(ids.uuid7(), set(), size=3, at=now()).newest == []


def test_a_row_that_is_new_and_needs_its_person_is_there_once(alice: User) -> None:
    row = new_item(alice, -500, subject_id=ids.uuid7(), state=ASKED, occurred_at=now() + timedelta(minutes=1))
    with db.transaction_if_not_already():
        record(row)
    seen = front(alice.pk, {row.subject_id}, size=3, at=now())
    assert [one.amount_minor for one in seen.newest] == [-500, 30_000]
    assert [one.amount_minor for one in seen.needing] == [-500]
