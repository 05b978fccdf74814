"""Four eyes: proposed by one, done by another, never twice, never changed on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection

from accounts.approvals import services
from accounts.approvals.errors import (
    AlreadyProposed,
    ApprovalClosed,
    ApprovalExpired,
    ApprovalVoid,
    NotPermitted,
    ReasonMissing,
    SelfApproval,
)
from accounts.approvals.models import Approval, ApprovalEvent
from accounts.approvals.selectors import differences, open_for, waiting
from accounts.audit.models import RecordedEvent
from tests.factories.approvals import PERMISSION, PURPOSE, Gone, Things, done, in_an_hour, officer, registered_things
from tests.factories.people import ORIGIN, make_person, now
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def things() -> Iterator[Things]:
    with registered_things() as registered:
        yield registered


@pytest.fixture
def maker(db: None) -> User:
    return officer("maker")


@pytest.fixture
def checker(db: None) -> User:
    return officer("checker")


def propose(maker: User, subject_id: UUID, **values: object) -> Approval:
    return services.propose(purpose=PURPOSE, subject_id=subject_id, maker=maker, origin=ORIGIN, at=now(), **values)  # type: ignore[arg-type]  # reason and before


def approve(approval: Approval, checker: User, **values: object) -> Approval:
    return services.approve(
        approval_id=approval.pk,
        checker=checker,
        origin=ORIGIN,
        **({"at": now()} | values),  # type: ignore[arg-type]  # the moment
    )


def refuse(approval: Approval, checker: User, reason: str = "not needed") -> Approval:
    return services.refuse(approval_id=approval.pk, checker=checker, reason=reason, origin=ORIGIN, at=now())


def moves(approval: Approval) -> list[tuple[str, str, str]]:
    rows = ApprovalEvent.objects.filter(approval=approval).order_by("occurred_at", "id")
    return list(rows.values_list("from_status", "to_status", "cause"))


def told(subject_id: UUID) -> list[str]:
    rows = RecordedEvent.objects.filter(subject_id=subject_id).order_by("recorded_at", "id")
    return [row.payload.get("status", "PROPOSED") for row in rows]


class TestPropose:
    def test_keeps_what_would_happen_and_who_asks(self, things: Things, maker: User) -> None:
        subject = things.add()
        approval = propose(maker, subject, reason=" limit  too low ", before={"amount_minor": 5, "currency": "EUR"})
        approval.refresh_from_db()
        assert approval.status == "PROPOSED"
        assert approval.payload == {"amount_minor": 10, "currency": "EUR"}
        assert approval.before == {"amount_minor": 5, "currency": "EUR"}
        assert (approval.maker, approval.checker, approval.reason) == (maker, None, "limit too low")
        assert approval.expires_at - approval.proposed_at == timedelta(hours=1)
        assert moves(approval) == [("", "PROPOSED", "proposed")]
        assert told(subject) == ["PROPOSED"]
        assert done(subject) == 0
        assert (open_for(PURPOSE, subject), waiting().count) == (approval, 1)

    def test_the_same_again_is_the_same_proposal(self, things: Things, maker: User) -> None:
        subject = things.add()
        assert propose(maker, subject).pk == propose(maker, subject).pk
        assert Approval.objects.count() == 1

    def test_another_maker_or_another_payload_must_wait(self, things: Things, maker: User, checker: User) -> None:
        subject = things.add()
        propose(maker, subject)
        with pytest.raises(AlreadyProposed):
            propose(checker, subject)
        things.values[subject] = 11
        with pytest.raises(AlreadyProposed):
            propose(maker, subject)
        assert Approval.objects.count() == 1

    def test_an_old_one_makes_room(self, things: Things, maker: User) -> None:
        subject = things.add()
        old = propose(maker, subject)
        new = services.propose(purpose=PURPOSE, subject_id=subject, maker=maker, origin=ORIGIN, at=in_an_hour())
        old.refresh_from_db()
        assert (old.status, new.status) == ("EXPIRED", "PROPOSED")

    def test_nothing_is_left_when_the_thing_is_gone(self, things: Things, maker: User) -> None:
        with pytest.raises(Gone):
            propose(maker, uuid4())
        assert not Approval.objects.exists()


class TestApprove:
    def test_does_it_once(self, things: Things, maker: User, checker: User) -> None:
        subject = things.add()
        approval = approve(propose(maker, subject), checker)
        assert (approval.status, approval.checker, done(subject)) == ("EXECUTED", checker, 1)
        assert [move[1] for move in moves(approval)] == ["PROPOSED", "APPROVED", "EXECUTED"]
        assert told(subject) == ["PROPOSED", "EXECUTED"]
        assert approve(approval, checker).status == "EXECUTED"
        assert done(subject) == 1
        assert things.refused == []

    def test_a_third_person_is_too_late(self, things: Things, maker: User, checker: User) -> None:
        approval = approve(propose(maker, things.add()), checker)
        with pytest.raises(ApprovalClosed):
            approve(approval, officer("third"))

    def test_the_maker_never_decides(self, things: Things, maker: User) -> None:
        subject = things.add()
        approval = propose(maker, subject)
        for decide in (approve, refuse):
            with pytest.raises(SelfApproval):
                decide(approval, maker)
        approval.refresh_from_db()
        assert (approval.status, done(subject)) == ("PROPOSED", 0)

    def test_who_lacks_the_permission_or_is_not_staff_never_decides(self, things: Things, maker: User) -> None:
        subject = things.add()
        approval = propose(maker, subject)
        customer = make_person("alice")
        customer.is_superuser = True
        for somebody in (officer("reader", "accounts.view_approval"), customer):
            for decide in (approve, refuse):
                with pytest.raises(NotPermitted):
                    decide(approval, somebody)
        assert done(subject) == 0
        assert Approval.objects.get().status == "PROPOSED"

    def test_what_changed_is_void_and_stays_so(self, things: Things, maker: User, checker: User) -> None:
        subject = things.add()
        approval = propose(maker, subject)
        things.values[subject] = 11
        with pytest.raises(ApprovalVoid):
            approve(approval, checker)
        approval.refresh_from_db()
        assert (approval.status, approval.checker, done(subject)) == ("VOIDED", None, 0)
        assert moves(approval)[-1] == ("PROPOSED", "VOIDED", "payload_changed")
        assert things.refused == [(subject, "VOIDED")]
        things.values[subject] = 10
        with pytest.raises(ApprovalClosed):
            approve(approval, checker)

    def test_what_waits_no_more_is_void(self, things: Things, maker: User, checker: User) -> None:
        subject = things.add()
        approval = propose(maker, subject)
        del things.values[subject]
        with pytest.raises(ApprovalVoid):
            approve(approval, checker)
        assert Approval.objects.get().status == "VOIDED"

    def test_too_late_is_too_late(self, things: Things, maker: User, checker: User) -> None:
        subject = things.add()
        approval = propose(maker, subject)
        with pytest.raises(ApprovalExpired):
            approve(approval, checker, at=in_an_hour())
        approval.refresh_from_db()
        assert (approval.status, done(subject), things.refused) == ("EXPIRED", 0, [(subject, "EXPIRED")])

    def test_a_refusal_of_the_room_leaves_it_open(self, things: Things, maker: User, checker: User) -> None:
        subject = things.add()
        approval = propose(maker, subject)
        things.failure = Gone()
        with pytest.raises(Gone):
            approve(approval, checker)
        approval.refresh_from_db()
        assert (approval.status, approval.checker, done(subject)) == ("PROPOSED", None, 0)
        assert moves(approval) == [("", "PROPOSED", "proposed")]

    def test_an_unknown_one_is_not_found(self, checker: User) -> None:
        with pytest.raises(NotFound):
            services.approve(approval_id=uuid4(), checker=checker, origin=ORIGIN, at=now())


class TestRefuse:
    def test_says_why_and_moves_the_row_back(self, things: Things, maker: User, checker: User) -> None:
        subject = things.add()
        approval = refuse(propose(maker, subject), checker, " wrong\nperson ")
        approval.refresh_from_db()
        assert (approval.status, approval.note, approval.checker) == ("REFUSED", "wrong person", checker)
        assert things.refused == [(subject, "REFUSED")]
        assert refuse(approval, checker).status == "REFUSED"
        assert things.refused == [(subject, "REFUSED")]
        assert done(subject) == 0

    def test_needs_a_reason(self, things: Things, maker: User, checker: User) -> None:
        approval = propose(maker, things.add())
        with pytest.raises(ReasonMissing):
            refuse(approval, checker, "  ")
        assert Approval.objects.get().status == "PROPOSED"

    def test_then_it_can_be_proposed_again(self, things: Things, maker: User, checker: User) -> None:
        subject = things.add()
        refuse(propose(maker, subject), checker)
        assert propose(maker, subject).status == "PROPOSED"


class TestVoidAndExpire:
    def test_the_room_voids_what_it_changes(self, things: Things, maker: User, checker: User) -> None:
        subject = things.add()
        approval = propose(maker, subject)
        with db.transaction():
            services.void(purpose=PURPOSE, subject_id=subject, cause="account_corrected", at=now())
            assert services.void(purpose=PURPOSE, subject_id=subject, cause="account_corrected", at=now()) is None
        approval.refresh_from_db()
        assert (approval.status, things.refused) == ("VOIDED", [])
        assert moves(approval)[-1] == ("PROPOSED", "VOIDED", "account_corrected")
        with pytest.raises(ApprovalClosed):
            approve(approval, checker)

    def test_needs_the_callers_transaction(self, things: Things) -> None:
        with pytest.raises(db.NotInTransaction):
            services.void(purpose=PURPOSE, subject_id=things.add(), cause="x", at=now())

    def test_the_job_ends_what_is_over_and_nothing_else(self, things: Things, maker: User) -> None:
        subject = things.add()
        propose(maker, subject)
        assert services.expire_due(at=now()) == 0
        assert services.expire_due(at=in_an_hour()) == 1
        assert services.expire_due(at=in_an_hour()) == 0
        assert Approval.objects.get().status == "EXPIRED"
        assert things.refused == [(subject, "EXPIRED")]


class TestDifferences:
    def test_marks_what_would_change(self, things: Things, maker: User) -> None:
        approval = propose(maker, things.add(), before={"amount_minor": 5, "currency": "EUR", "old": "x"})
        told_lines = [(line.label, line.before, line.after, line.changed) for line in differences(approval)]
        assert told_lines == [
            ("Amount minor", "5", "10", True),
            ("Currency", "EUR", "EUR", False),
            ("Old", "x", "—", True),
        ]


class TestTheDatabase:
    """What no code may write."""

    def _run(self, sql: str, *values: object) -> None:
        with db.transaction(), connection.cursor() as cursor:
            cursor.execute(sql, list(values))

    def test_refuses_the_maker_as_checker(self, things: Things, maker: User) -> None:
        approval = propose(maker, things.add())
        with pytest.raises(IntegrityError, match="approval_maker_is_not_checker"):
            self._run(
                "UPDATE accounts_approval SET status = 'APPROVED', checker_id = maker_id, decided_at = now()"
                " WHERE id = %s",
                approval.pk,
            )

    def test_refuses_a_decision_of_nobody(self, things: Things, maker: User) -> None:
        approval = propose(maker, things.add())
        with pytest.raises(IntegrityError, match="approval_decided_by_somebody"):
            self._run("UPDATE accounts_approval SET status = 'APPROVED', decided_at = now() WHERE id = %s", approval.pk)

    @pytest.mark.parametrize(
        "change",
        [
            "payload = '{}'", "payload_hash = 'x'", "subject_id = gen_random_uuid()", "purpose = 'other'",
            "expires_at = expires_at + interval '1 day'", "before = '{\"a\": 1}'",
        ],
    )  # fmt: skip
    def test_refuses_another_payload(self, things: Things, maker: User, change: str) -> None:
        approval = propose(maker, things.add())
        with pytest.raises(DatabaseError, match="does not change"):
            self._run(f"UPDATE accounts_approval SET {change}, status = 'VOIDED' WHERE id = %s", approval.pk)

    def test_refuses_to_open_what_has_ended(self, things: Things, maker: User, checker: User) -> None:
        approval = refuse(propose(maker, things.add()), checker)
        with pytest.raises(DatabaseError, match="cannot go from REFUSED to PROPOSED"):
            self._run(
                "UPDATE accounts_approval SET status = 'PROPOSED', checker_id = NULL, decided_at = NULL WHERE id = %s",
                approval.pk,
            )

    def test_refuses_one_that_begins_as_done(self, things: Things, maker: User, checker: User) -> None:
        approval = propose(maker, things.add())
        with pytest.raises(DatabaseError, match="begins as a proposal"):
            self._run(
                "INSERT INTO accounts_approval (id, purpose, subject_id, payload, payload_hash, before, status,"
                " maker_id, checker_id, reason, note, proposed_at, decided_at, expires_at)"
                " SELECT gen_random_uuid(), purpose, gen_random_uuid(), payload, payload_hash, before, 'EXECUTED',"
                " maker_id, %s, '', '', proposed_at, now(), expires_at FROM accounts_approval WHERE id = %s",
                checker.pk,
                approval.pk,
            )

    @pytest.mark.parametrize("table", ["accounts_approval", "accounts_approvalevent"])
    def test_deletes_nothing(self, things: Things, maker: User, table: str) -> None:
        propose(maker, things.add())
        with pytest.raises(DatabaseError, match=r"permission denied|never allowed"):
            self._run(f"DELETE FROM {table}")

    def test_knows_the_moves(self, things: Things, maker: User) -> None:
        approval = propose(maker, things.add())
        with pytest.raises(IntegrityError, match="approval_event_move_known"):
            ApprovalEvent.objects.create(
                approval=approval, from_status="REFUSED", to_status="EXECUTED", actor="x", cause="x", occurred_at=now()
            )


def test_the_permission_of_these_tests_exists() -> None:
    assert officer("somebody").has_perm(PERMISSION)
