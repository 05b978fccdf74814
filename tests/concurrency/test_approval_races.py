"""Proposals that race: two checkers, approve against refuse, approve against void, two makers."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connections

from accounts.approvals import services
from accounts.approvals.errors import AlreadyProposed, ApprovalClosed
from accounts.approvals.models import Approval, ApprovalEvent
from tests.factories.approvals import PURPOSE, Things, done, officer, registered_things
from tests.factories.people import ORIGIN, now
from wallet_project.lib import db
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from accounts.identity.models import User

pytestmark = pytest.mark.usefixtures("clone_db")

CHECKERS = 10


@pytest.fixture
def things() -> Iterator[Things]:
    with registered_things() as registered:
        yield registered


def officers(count: int) -> list[User]:
    return [officer(f"o{uuid4().hex[:12]}") for _ in range(count)]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """All of them behind one barrier; what each returned or raised, in their order."""
    barrier = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait(20)
            results[place] = act()
        except WalletError as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def proposed(things: Things, maker: User) -> Approval:
    return services.propose(purpose=PURPOSE, subject_id=things.add(), maker=maker, origin=ORIGIN, at=now())


def approving(approval: Approval, checker: User) -> Callable[[], object]:
    return lambda: services.approve(approval_id=approval.pk, checker=checker, origin=ORIGIN, at=now())


class TestApprovalRaces:
    def test_of_many_checkers_one_does_it(self, things: Things) -> None:
        maker, *checkers = officers(CHECKERS + 1)
        approval = proposed(things, maker)
        results = at_once(*(approving(approval, checker) for checker in checkers))
        assert sum(isinstance(result, Approval) for result in results) == 1
        assert sum(isinstance(result, ApprovalClosed) for result in results) == CHECKERS - 1
        approval.refresh_from_db()
        assert (approval.status, done(approval.subject_id)) == ("EXECUTED", 1)
        assert ApprovalEvent.objects.filter(approval=approval, to_status="EXECUTED").count() == 1

    def test_a_double_click_does_it_once(self, things: Things) -> None:
        maker, checker = officers(2)
        approval = proposed(things, maker)
        results = at_once(*[approving(approval, checker)] * 2)
        assert [type(result) for result in results] == [Approval, Approval]
        assert done(approval.subject_id) == 1

    def test_approve_or_refuse_never_both(self, things: Things) -> None:
        for _ in range(5):
            maker, one, other = officers(3)
            approval = proposed(things, maker)

            def refusing(approval: Approval = approval, other: User = other) -> object:
                return services.refuse(approval_id=approval.pk, checker=other, reason="no", origin=ORIGIN, at=now())

            results = at_once(approving(approval, one), refusing)
            assert sorted(type(result).__name__ for result in results) == ["Approval", "ApprovalClosed"]
            approval.refresh_from_db()
            assert done(approval.subject_id) == (1 if approval.status == "EXECUTED" else 0)
            assert approval.status in {"EXECUTED", "REFUSED"}

    def test_approve_or_void_never_both(self, things: Things) -> None:
        for _ in range(5):
            maker, checker = officers(2)
            approval = proposed(things, maker)

            def voiding(approval: Approval = approval) -> object:
                with db.transaction():
                    return services.void(purpose=PURPOSE, subject_id=approval.subject_id, cause="changed", at=now())

            approved, _ = at_once(approving(approval, checker), voiding)
            approval.refresh_from_db()
            executed = approval.status == "EXECUTED"
            assert isinstance(approved, Approval) == executed
            assert executed or isinstance(approved, ApprovalClosed)
            assert done(approval.subject_id) == int(executed)

    def test_of_two_makers_one_proposes(self, things: Things) -> None:
        subject = things.add()

        def proposing(maker: User) -> Callable[[], object]:
            return lambda: services.propose(purpose=PURPOSE, subject_id=subject, maker=maker, origin=ORIGIN, at=now())

        results = at_once(*(proposing(maker) for maker in officers(2)))
        assert {type(result) for result in results} == {Approval, AlreadyProposed}
        assert Approval.objects.filter(subject_id=subject).count() == 1
