"""The feed: written with its operation, read by position, searched without the database reading along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from accounts.activity.models import ActivityItem
from accounts.activity.selectors import Filters, item, page, pending_in, position_from
from accounts.activity.services import change_state, record
from tests.factories.activity import happened, new_item
from tests.factories.people import now
from wallet_project.lib import db
from wallet_project.lib.errors import Invalid, NotFound

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def _found(user: User, **filters: object) -> list[str]:
    return [row.note for row in page(user.pk, filters=Filters(**filters)).items]  # type: ignore[arg-type]  # by name


class TestRecord:
    def test_both_sides_are_one_insert(
        self, alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with db.transaction(), django_assert_num_queries(1):
            record(new_item(alice, -500), new_item(bob, 500))
        assert [row.amount_minor for row in page(alice.pk, size=1).items] == [-500]
        assert [row.amount_minor for row in page(bob.pk).items] == [500]

    def test_names_and_notes_are_sealed(self, alice: User) -> None:
        made = happened(alice, note="Dinner with Mei")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT shown_name, note, search_words::text FROM accounts_activity_item WHERE id = %s", [made.pk]
            )
            stored = " ".join(cursor.fetchone())
        assert "Mei" not in stored
        assert "Dinner" not in stored
        read = ActivityItem.objects.get(pk=made.pk)
        assert (read.shown_name, read.note) == ("Mei C•••", "Dinner with Mei")

    def test_needs_the_callers_transaction(self, alice: User) -> None:
        before = ActivityItem.objects.count()
        with pytest.raises(db.NotInTransaction):
            record(new_item(alice))
        assert ActivityItem.objects.count() == before

    def test_an_unknown_kind_is_a_defect(self, alice: User) -> None:
        with pytest.raises(KeyError), db.transaction():
            record(new_item(alice, kind="magic"))

    def test_the_database_refuses_a_second_row_for_one_side(self, alice: User) -> None:
        subject = uuid4()
        happened(alice, subject_id=subject)
        with pytest.raises(IntegrityError):
            happened(alice, subject_id=subject)

    @pytest.mark.parametrize(("minor", "direction"), [(-5, "IN"), (5, "OUT"), (0, "IN"), (0, "OUT")])
    def test_the_database_refuses_a_sign_against_its_direction(self, alice: User, minor: int, direction: str) -> None:
        with pytest.raises(IntegrityError):
            happened(alice, minor, direction=direction)


class TestChangeState:
    def test_changes_every_side_of_the_subject_and_nothing_else(self, alice: User, bob: User) -> None:
        subject, at = uuid4(), now()
        other = happened(alice, state="AWAITING_STEP_UP")
        with db.transaction():
            record(
                new_item(alice, -500, subject_id=subject, state="AWAITING_STEP_UP"),
                new_item(bob, 500, subject_id=subject, state="AWAITING_STEP_UP"),
            )
            assert change_state(subject_id=subject, state="COMPLETED", at=at) == 2
        rows = ActivityItem.objects.filter(subject_id=subject)
        assert {(row.state, row.updated_at) for row in rows} == {("COMPLETED", at)}
        other.refresh_from_db()
        assert other.state == "AWAITING_STEP_UP"


class TestPage:
    def test_newest_first_and_on_by_position_without_gap_or_repeat(self, bob: User) -> None:
        moments = [AT, AT, AT, AT - timedelta(seconds=1), AT - timedelta(days=1), AT, AT + timedelta(seconds=1)]
        for number, moment in enumerate(moments):
            happened(bob, note=str(number), occurred_at=moment)
        seen, position = [], None
        while True:
            found = page(bob.pk, after=position, size=2)
            seen += found.items
            position = found.next
            if position is None:
                break
            position = position_from(position.as_cursor())
        assert len(seen) == 7
        assert [(row.occurred_at, row.pk) for row in seen] == sorted(
            ((row.occurred_at, row.pk) for row in seen), reverse=True
        )
        assert seen[0].note == "6"
        assert seen[-1].note == "4"

    def test_what_arrives_meanwhile_does_not_shift_the_next_page(self, bob: User) -> None:
        for number in range(4):
            happened(bob, note=str(number), occurred_at=AT + timedelta(minutes=number))
        first = page(bob.pk, size=2)
        happened(bob, note="new", occurred_at=AT + timedelta(hours=1))
        assert [row.note for row in page(bob.pk, after=first.next, size=2).items] == ["1", "0"]

    def test_is_one_query_and_reads_the_index(
        self, bob: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        happened(bob)
        with django_assert_num_queries(1):
            page(bob.pk)

    def test_shows_only_ones_own(self, alice: User, bob: User) -> None:
        happened(alice, note="hers")
        assert page(bob.pk).items == []

    @pytest.mark.parametrize(
        "cursor",
        [
            {},
            {"at": "x", "id": "y"},
            {"at": 1, "id": 2},
            {"at": "2026-05-04T10:00:00", "id": str(uuid4())},
            {"at": None},
        ],
    )
    def test_refuses_a_position_of_others_making(self, cursor: dict[str, object]) -> None:
        with pytest.raises(Invalid):
            position_from(cursor)


class TestItem:
    def test_is_found_by_its_person_only(self, alice: User, bob: User) -> None:
        made = happened(alice)
        assert item(alice.pk, made.pk) == made
        with pytest.raises(NotFound):
            item(bob.pk, made.pk)
        with pytest.raises(NotFound):
            item(alice.pk, uuid4())


class TestFilters:
    @pytest.fixture(autouse=True)
    def _history(self, bob: User) -> None:
        happened(bob, -2_000, note="dinner", occurred_at=AT)
        happened(bob, 5_000, note="rent back", occurred_at=AT + timedelta(days=1))
        happened(bob, 10_000, note="", kind="top_up", shown_name="Visa •••• 4242", occurred_at=AT + timedelta(days=2))
        happened(bob, -700, note="dinner tip", currency="USD", occurred_at=AT + timedelta(days=3))

    def test_by_kind_and_direction(self, bob: User) -> None:
        assert _found(bob, type="transfer") == ["dinner tip", "rent back", "dinner"]
        assert _found(bob, type="sent") == ["dinner tip", "dinner"]
        assert _found(bob, type="received") == ["rent back"]
        assert _found(bob, type="top_up") == [""]

    def test_by_amount_without_its_sign(self, bob: User) -> None:
        assert _found(bob, min_minor=2_000, max_minor=5_000) == ["rent back", "dinner"]
        assert _found(bob, min_minor=5_001) == [""]
        assert _found(bob, max_minor=700) == ["dinner tip"]
        assert _found(bob, max_minor=0) == []

    def test_by_time_with_an_open_end(self, bob: User) -> None:
        assert _found(bob, since=AT + timedelta(days=1), before=AT + timedelta(days=3)) == ["", "rent back"]

    def test_by_currency(self, bob: User) -> None:
        assert _found(bob, currency="USD") == ["dinner tip"]

    def test_by_words_of_note_and_name(self, bob: User) -> None:
        assert _found(bob, q="din") == ["dinner tip", "dinner"]
        assert _found(bob, q="mei rent") == ["rent back"]
        assert _found(bob, q="visa") == [""]
        assert _found(bob, q="visa rent") == []

    def test_by_reference(self, bob: User) -> None:
        reference = page(bob.pk, filters=Filters(q="rent")).items[0].reference
        assert _found(bob, q=f" {reference} ") == ["rent back"]

    @pytest.mark.parametrize("query", ["•••", "' OR 1=1 --", "%", "\u202e", "🎉"])
    def test_odd_queries_find_nothing(self, bob: User, query: str) -> None:
        assert _found(bob, q=query) == []

    def test_together(self, bob: User) -> None:
        assert _found(bob, q="dinner", type="sent", currency="EUR", min_minor=1) == ["dinner"]

    def test_an_unknown_kind_is_a_defect(self, bob: User) -> None:
        with pytest.raises(KeyError):
            _found(bob, type="magic")


def test_pending_is_what_is_on_its_way_in(alice: User) -> None:
    for minor, state in ((100, "PROCESSING"), (20, "UNDER_REVIEW"), (3, "CREDITED"), (4, "AWAITING_ACTION")):
        happened(alice, minor, kind="top_up", state=state)
    happened(alice, 5, kind="top_up", state="PROCESSING", currency="USD")
    happened(alice, -6, state="UNDER_REVIEW")
    assert pending_in(alice.pk) == {"EUR": 120, "USD": 5}
