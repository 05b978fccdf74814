"""The bank accounts of a person: added with the PIN, cooling off, removed, ten at most."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import schwifty

from accounts.mfa.errors import PinRequired
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeExpired
from ledger.errors import AccountFrozen
from payments.banking import selectors, services
from payments.banking.errors import (
    BankAccountExists,
    TooManyBankAccounts,
)
from payments.banking.models import BankAccount
from tests.factories.people import ORIGIN, PIN, now
from tests.factories.withdrawals import (
    IBAN,
    add_account,
    freeze,
    told,
)
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


class TestBankAccounts:
    def test_it_waits_for_the_pin_and_then_cools_off(self, alice: User) -> None:
        at = now()
        added = services.add_bank_account(
            user=alice, iban=IBAN, bic="", holder_name="Alice Example", currency="EUR", origin=ORIGIN, at=at
        )
        assert added.account.status == "AWAITING_STEP_UP"
        stepup.answer(challenge_id=added.challenge.pk, user=alice, method="pin", code=PIN, at=at, origin=ORIGIN)
        account = BankAccount.objects.get(pk=added.account.pk)
        assert (account.status, account.iban, account.iban_last4, account.bic) == (
            "ACTIVE", IBAN, "3000", "COBADEFFXXX",
        )  # fmt: skip
        assert account.cool_off_until == at + timedelta(hours=48)
        assert account.last_editor_id == alice.pk
        assert account.authority_kind == "challenge"
        assert told(account) == ["bank_account.added"]

    def test_the_same_again_is_refused_and_a_waiting_one_replaced(self, alice: User) -> None:
        waiting = add_account(alice, is_confirmed=False)
        add_account(alice)
        waiting.refresh_from_db()
        assert waiting.status == "EXPIRED"
        with pytest.raises(BankAccountExists):
            add_account(alice, is_confirmed=False)
        assert sorted(BankAccount.objects.values_list("status", flat=True)) == ["ACTIVE", "EXPIRED"]

    def test_nobody_confirms_an_account_that_was_replaced(self, alice: User) -> None:
        first = services.add_bank_account(
            user=alice, iban=IBAN, bic="", holder_name="Alice Example", currency="EUR", origin=ORIGIN, at=now()
        )
        add_account(alice, is_confirmed=False)
        with pytest.raises(ChallengeExpired):
            stepup.answer(challenge_id=first.challenge.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)

    def test_a_person_without_a_pin_sets_one_first(self, mallory: User) -> None:
        with pytest.raises(PinRequired):
            add_account(mallory, is_confirmed=False)
        assert not BankAccount.objects.exists()

    def test_a_frozen_person_adds_none(self, alice: User) -> None:
        freeze(alice)
        with pytest.raises(AccountFrozen):
            add_account(alice, is_confirmed=False)
        assert not BankAccount.objects.exists()

    def test_a_removed_account_can_be_added_again_and_keeps_its_row(self, alice: User) -> None:
        first = add_account(alice)
        services.remove_bank_account(user=alice, account_id=first.pk, origin=ORIGIN, at=now())
        services.remove_bank_account(user=alice, account_id=first.pk, origin=ORIGIN, at=now())
        add_account(alice)
        assert sorted(BankAccount.objects.values_list("status", flat=True)) == ["ACTIVE", "REMOVED"]
        assert told(first).count("bank_account.removed") == 1

    def test_ten_are_enough_also_unconfirmed_ones(self, alice: User, bob: User) -> None:
        ibans = [
            str(schwifty.IBAN.generate("DE", bank_code="37040044", account_code=f"{no:010}")) for no in range(1, 12)
        ]
        first = add_account(alice, iban=ibans[0])
        for iban in ibans[1:10]:
            add_account(alice, iban=iban, is_confirmed=False)
        with pytest.raises(TooManyBankAccounts) as refused:
            add_account(alice, iban=ibans[10], is_confirmed=False)
        assert describe(refused.value).detail == "You can have at most 10 bank accounts."
        assert BankAccount.objects.filter(user=alice).count() == 10
        add_account(alice, iban=ibans[9], is_confirmed=False)  # takes the place of the one that waits
        services.remove_bank_account(user=alice, account_id=first.pk, origin=ORIGIN, at=now())
        add_account(alice, iban=ibans[10], is_confirmed=False)
        add_account(bob, iban=ibans[0])

    def test_somebody_elses_is_not_found(self, alice: User, bob: User) -> None:
        account = add_account(alice)
        with pytest.raises(NotFound):
            services.remove_bank_account(user=bob, account_id=account.pk, origin=ORIGIN, at=now())
        with pytest.raises(NotFound):
            selectors.bank_account_of(user=bob, account_id=account.pk)

    def test_nobody_confirmed_it_in_time(self, alice: User) -> None:
        account = add_account(alice, is_confirmed=False)
        at = now()
        assert services.expire_bank_accounts(at=at) == 0
        assert services.expire_bank_accounts(at=at + timedelta(minutes=16)) == 1
        account.refresh_from_db()
        assert account.status == "EXPIRED"
