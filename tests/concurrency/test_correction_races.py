"""Two officers release a payment in the very moment in which the bank's statement has it: one of the two counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connections

from accounts.approvals import services as approvals
from accounts.approvals.models import Approval
from ledger.money import Money
from payments.payouts import services
from payments.payouts.models import PayoutBatch
from payments.payouts.services.collecting import keep
from payments.payouts.services.sending import become_unknown
from payments.providers.bank.facts import Letter
from payments.reconciliation.models import ReconciliationBreak
from payments.reconciliation.services import propose_not_paid, reconcile_due
from tests.factories.bank_statements import entry, say, written
from tests.factories.payouts import approved, bank_account, books, status_of
from tests.factories.people import ORIGIN, give_money, make_person
from tests.factories.staff import make_officer
from tests.fakes.bank import Bank
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.usefixtures("clone_db")

ROUNDS = 5
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = "2026-11-23"


@pytest.fixture(scope="module")
def bank_of_module() -> Iterator[Bank]:
    with Bank() as bank:
        yield bank


@pytest.fixture
def bank(bank_of_module: Bank, settings: SettingsWrapper) -> Bank:
    settings.BANK_URL = bank_of_module.url
    return bank_of_module


def at_once(*acts: Callable[[], object]) -> list[str]:
    """All of them behind one barrier; what each was refused with, or ""."""
    barrier = threading.Barrier(len(acts))
    ends = ["lost"] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait(20)
            act()
            ends[place] = ""
        except WalletError as refusal:
            ends[place] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends


def test_released_or_settled_and_never_both(bank: Bank) -> None:
    maker = make_officer(f"m{uuid4().hex[:8]}", "treasury")
    checkers = [make_officer(f"c{uuid4().hex[:8]}", "treasury") for _ in range(3)]
    for turn in range(ROUNDS):
        person = make_person(f"payee{uuid4().hex[:8]}", pin=None)
        give_money(person, Money(30_000, "EUR"))
        before = books(person)
        (row,) = approved(bank_account(person, at=AT), [10_000], at=AT)
        services.build_batch(at=AT)
        PayoutBatch.objects.filter(status="PREPARED").update(status="SENDING", sending_at=AT)
        become_unknown(PayoutBatch.objects.get(status="SENDING").pk, cause="duplicate", at=AT)
        number, has, left = 2 * turn + 1, f"{9_000 - 100 * turn}.00", f"{8_900 - 100 * turn}.00"
        say(number, day=DAY, opening=has, closing=has, at=AT)
        proposal = propose_not_paid(withdrawal_id=row.pk, by=maker, reason="No", evidence="No", origin=ORIGIN, at=LATER)
        body = written(number + 1, entry(row.end_to_end_id), day=DAY, opening=has, closing=left)
        told = Letter(number + 1, "WALLET", body)

        def booked(letter: Letter = told) -> None:
            keep([letter], at=LATER)
            services.handle_due(at=LATER)

        def agree(place: int, approval: Approval = proposal) -> None:
            approvals.approve(approval_id=approval.pk, checker=checkers[place], origin=ORIGIN, at=LATER)

        ends = at_once(lambda: agree(0), booked, lambda: agree(1), lambda: agree(2))

        assert "lost" not in ends
        services.handle_due(at=LATER)
        reconcile_due(at=LATER)
        proposal.refresh_from_db()
        released = proposal.status == "EXECUTED"
        assert sum(end == "" for end in (ends[0], *ends[2:])) == int(released)
        assert status_of(row) == ("FAILED" if released else "SETTLED")
        found = ReconciliationBreak.objects.filter(details__end_to_end_id=row.end_to_end_id)
        assert list(found.values_list("kind", flat=True)) == (["PAID_AFTER_FAILURE"] if released else [])
        after = books(person)
        taken = (0, 0) if released else (10_050, 10_000)
        assert (before.wallet - after.wallet, after.bank - before.bank) == taken
        assert (after.held, after.clearing) == (0, before.clearing)
    call_command("check_ledger", verbosity=0)
