"""What a person does with a withdrawal: asking for it, confirming, cancelling, letting it expire."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from accounts.activity.models import ActivityItem
from accounts.limits.models import LimitUsage
from accounts.limits.services import OverLimit
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeExpired, ChallengeUsed, ChallengeVoid
from accounts.stepup.selectors import open_challenge_of
from accounts.wallets.selectors import wallet_of
from ledger import selectors as ledger_selectors
from ledger import services as ledger
from ledger.errors import AccountFrozen, CurrencyMismatch, InsufficientFunds
from ledger.money import Money
from payments.banking import policy, selectors, services
from payments.banking.errors import (
    AmountTooSmall,
    BankAccountNotUsable,
    StateConflict,
)
from payments.banking.models import BankAccount, Withdrawal, WithdrawalEvent
from payments.banking.postings import hold_id
from payments.banking.selectors import latest_screening
from payments.banking.tasks import expire
from tests.factories.payouts import Books, books
from tests.factories.people import ORIGIN, PIN, available_minor, give_money, make_person, now
from tests.factories.withdrawals import (
    OTHER_IBAN,
    NothingMoved,
    add_account,
    confirmed,
    freeze,
    renewed_and_answered,
    requested,
    told,
)
from wallet_project.lib import ids
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

HELD_10 = Books(wallet=30_000, held=1_050, clearing=0, bank=0, fees=0)
UNTOUCHED = Books(wallet=30_000, held=0, clearing=0, bank=0, fees=0)


def moves(row: Withdrawal) -> list[tuple[str, str]]:
    return list(WithdrawalEvent.objects.filter(withdrawal=row).order_by("no").values_list("from_status", "to_status"))


def failed_codes(row: Withdrawal) -> list[str]:
    return [condition.code for condition in latest_screening(row) if not condition.passed]


def used_minor(user: User) -> int:
    rows = LimitUsage.objects.filter(user=user, product="WITHDRAW")
    return sum(rows.values_list("used_minor", flat=True))


class TestRequest:
    def test_amount_and_fee_are_held_at_once(self, alice: User) -> None:
        account = add_account(alice)
        row = requested(alice, account, 1_000)
        assert (row.status, row.amount_minor, row.fee_minor, row.shown_target) == (
            "AWAITING_STEP_UP", 1_000, 50, "DE•• •••• 3000",
        )  # fmt: skip
        assert books(alice) == HELD_10
        assert available_minor(alice) == 28_950
        assert used_minor(alice) == 1_000
        assert moves(row) == [("", "AWAITING_STEP_UP")]
        assert told(row) == ["withdrawal.requested"]
        hold = ledger_selectors.hold(hold_id(row.pk))
        assert (hold.amount, hold.reason, hold.state, hold.expires_at) == (
            Money(1_050, "EUR"), "WITHDRAWAL", "OPEN", None,
        )  # fmt: skip
        (item,) = ActivityItem.objects.filter(subject_id=row.pk)
        assert (item.amount_minor, item.direction, item.state) == (-1_050, "OUT", "AWAITING_STEP_UP")

    def test_the_same_key_is_the_same_withdrawal(self, alice: User) -> None:
        account = add_account(alice)
        key = {"idempotency_key": "once", "at": now()}
        asked = {"user": alice, "bank_account_id": account.pk, "amount": Money(1_000, "EUR"), "origin": ORIGIN}
        first = services.request_withdrawal(**asked, **key)
        again = services.request_withdrawal(**asked, **key)
        assert not first.replayed
        assert again.replayed
        assert again.withdrawal.pk == first.withdrawal.pk
        assert again.challenge == first.challenge
        assert books(alice) == HELD_10
        with pytest.raises(IdempotencyKeyReused):
            services.request_withdrawal(**(asked | {"amount": Money(1_001, "EUR")}), **key)
        assert Withdrawal.objects.count() == 1

    def test_a_replay_tells_how_it_stands_now(self, alice: User) -> None:
        account = add_account(alice)
        row = confirmed(alice, account, 1_000, idempotency_key="once")
        again = services.request_withdrawal(
            user=alice,
            bank_account_id=account.pk,
            amount=Money(1_000, "EUR"),
            idempotency_key="once",
            origin=ORIGIN,
            at=now(),
        )
        assert (again.withdrawal.status, again.challenge, again.replayed) == (row.status, None, True)

    def test_all_that_is_there_can_leave_but_not_a_cent_more(self, alice: User) -> None:
        account = add_account(alice)
        with NothingMoved(alice), pytest.raises(InsufficientFunds):
            requested(alice, account, 29_951)
        requested(alice, account, 29_950)
        assert books(alice) == Books(wallet=30_000, held=30_000, clearing=0, bank=0, fees=0)

    def test_what_is_too_small_or_of_another_currency_is_refused(self, alice: User) -> None:
        account = add_account(alice)
        with NothingMoved(alice), pytest.raises(AmountTooSmall):
            requested(alice, account, 99)
        with NothingMoved(alice), pytest.raises(CurrencyMismatch):
            requested(alice, account, 1_000, amount=Money(1_000, "USD"))

    def test_ten_thousand_euros_a_day(self, alice: User) -> None:
        account = add_account(alice)
        give_money(alice, Money(3_000_000, "EUR"))
        with NothingMoved(alice), pytest.raises(OverLimit) as refused:
            requested(alice, account, 1_000_001)
        assert refused.value.params["remaining_minor"] == 1_000_000
        requested(alice, account, 600_000)
        with NothingMoved(alice), pytest.raises(OverLimit) as refused:
            requested(alice, account, 400_001)
        assert refused.value.params["remaining_minor"] == 400_000
        requested(alice, account, 400_000)

    def test_an_account_that_waits_or_was_removed_is_not_usable(self, alice: User) -> None:
        waiting = add_account(alice, is_confirmed=False)
        removed = add_account(alice, iban=OTHER_IBAN[0])
        services.remove_bank_account(user=alice, account_id=removed.pk, origin=ORIGIN, at=now())
        for account in (waiting, removed):
            with NothingMoved(alice), pytest.raises(BankAccountNotUsable):
                requested(alice, account, 1_000)

    def test_somebody_elses_account_is_not_found(self, alice: User, bob: User) -> None:
        account = add_account(alice)
        give_money(bob, Money(5_000, "EUR"))
        with NothingMoved(bob), pytest.raises(NotFound):
            requested(bob, account, 1_000)

    def test_a_frozen_person_withdraws_nothing(self, alice: User) -> None:
        account = add_account(alice)
        freeze(alice)
        with NothingMoved(alice), pytest.raises(AccountFrozen):
            requested(alice, account, 1_000)

    def test_a_frozen_wallet_gives_nothing(self, alice: User) -> None:
        account = add_account(alice)
        wallet = wallet_of(alice, "EUR")
        assert wallet is not None
        ledger.freeze(account_id=wallet.id, debit=True, credit=False, at=now())
        with NothingMoved(alice), pytest.raises(AccountFrozen):
            requested(alice, account, 1_000)


class TestConfirm:
    def test_when_every_condition_holds_the_rules_approve(self, alice: User) -> None:
        account = add_account(alice)
        row = confirmed(alice, account, 1_000)
        assert failed_codes(row) == []
        assert (row.status, row.auto_approved, row.approved_by_id) == ("APPROVED", True, None)
        assert row.authority_kind == "challenge"
        assert moves(row) == [
            ("", "AWAITING_STEP_UP"),
            ("AWAITING_STEP_UP", "SCREENING"),
            ("SCREENING", "APPROVED"),
        ]
        assert told(row) == ["withdrawal.requested", "withdrawal.approved"]
        assert books(alice) == HELD_10

    def test_a_new_account_is_looked_at(self, alice: User) -> None:
        row = confirmed(alice, add_account(alice, cooled_off=False), 1_000)
        assert (row.status, failed_codes(row)) == ("UNDER_REVIEW", ["account_cooled_off"])
        assert row.review_due_at is not None
        assert told(row) == ["withdrawal.requested", "withdrawal.under_review"]
        assert books(alice) == HELD_10

    def test_another_name_is_looked_at(self, alice: User) -> None:
        row = confirmed(alice, add_account(alice, holder="Bob Somebody"), 1_000)
        assert failed_codes(row) == ["holder_name_matches"]

    def test_an_account_of_two_people_is_looked_at(self, alice: User, bob: User) -> None:
        add_account(bob)
        row = confirmed(alice, add_account(alice), 1_000)
        assert failed_codes(row) == ["account_not_shared"]

    def test_large_sums_and_large_days_are_looked_at(self, alice: User) -> None:
        give_money(alice, Money(500_000, "EUR"))
        account = add_account(alice)
        assert failed_codes(confirmed(alice, account, 50_000)) == []
        assert failed_codes(confirmed(alice, account, 50_000)) == []
        assert failed_codes(confirmed(alice, account, 100)) == ["day_total"]
        assert failed_codes(confirmed(alice, account, 50_001)) == ["tier_allows", "day_total"]

    def test_a_second_officer_is_needed_from_two_thousand_on(self, alice: User) -> None:
        give_money(alice, Money(500_000, "EUR"))
        account = add_account(alice)
        assert not requested(alice, account, 199_999).second_approval_needed
        assert requested(alice, account, 200_000).second_approval_needed

    def test_what_was_to_be_confirmed_has_changed(self, alice: User) -> None:
        account = add_account(alice)
        row = requested(alice, account, 1_000)
        challenge = open_challenge_of(row.pk)
        assert challenge is not None
        account.bic, account.revision = "DEUTDEFF", 2
        account.save()
        with NothingMoved(alice), pytest.raises(ChallengeVoid):
            stepup.answer(challenge_id=challenge.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)

    def test_the_fifteen_minutes_are_over(self, alice: User) -> None:
        account = add_account(alice)
        row = requested(alice, account, 1_000)
        late = now() + timedelta(minutes=16)
        challenge = stepup.renew(challenge_id=_challenge(row), user=alice, at=late, origin=ORIGIN)
        with NothingMoved(alice), pytest.raises(ChallengeExpired):
            stepup.answer(challenge_id=challenge.pk, user=alice, method="pin", code=PIN, at=late, origin=ORIGIN)

    def test_frozen_before_confirming(self, alice: User) -> None:
        account = add_account(alice)
        row = requested(alice, account, 1_000)
        challenge = _challenge(row)
        freeze(alice)
        with NothingMoved(alice), pytest.raises(AccountFrozen):
            stepup.answer(challenge_id=challenge, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
        row.refresh_from_db()
        assert row.status == "AWAITING_STEP_UP"

    def test_an_account_removed_meanwhile_stays_the_target(self, alice: User) -> None:
        account = add_account(alice)
        row = requested(alice, account, 1_000)
        services.remove_bank_account(user=alice, account_id=account.pk, origin=ORIGIN, at=now())
        stepup.answer(challenge_id=_challenge(row), user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
        row.refresh_from_db()
        assert row.status == "APPROVED"
        assert row.bank_account_id == account.pk


def _challenge(row: Withdrawal) -> object:
    challenge = open_challenge_of(row.pk)
    assert challenge is not None
    return challenge.pk


class TestCancel:
    def test_everything_comes_back_the_fee_too(self, alice: User) -> None:
        account = add_account(alice)
        for ask_for in (requested, confirmed):
            row = ask_for(alice, account, 1_000)
            cancelled = services.cancel_withdrawal(user=alice, withdrawal_id=row.pk, origin=ORIGIN, at=now())
            assert cancelled.status == "CANCELLED"
            assert cancelled.closed_at is not None
            assert books(alice) == UNTOUCHED
            assert used_minor(alice) == 0
            assert ledger_selectors.hold(hold_id(row.pk)).state == "RELEASED"
            assert told(row)[-1] == "withdrawal.cancelled"
            assert ActivityItem.objects.get(subject_id=row.pk).state == "CANCELLED"

    def test_twice_changes_nothing(self, alice: User) -> None:
        row = requested(alice, add_account(alice), 1_000)
        services.cancel_withdrawal(user=alice, withdrawal_id=row.pk, origin=ORIGIN, at=now())
        with NothingMoved(alice):
            services.cancel_withdrawal(user=alice, withdrawal_id=row.pk, origin=ORIGIN, at=now())

    def test_instead_of_confirming(self, alice: User) -> None:
        row = requested(alice, add_account(alice), 1_000)
        stepup.cancel(challenge_id=_challenge(row), user=alice, at=now(), origin=ORIGIN)
        row.refresh_from_db()
        assert row.status == "CANCELLED"
        assert books(alice) == UNTOUCHED

    def test_somebody_elses_is_not_found(self, alice: User, bob: User) -> None:
        row = requested(alice, add_account(alice), 1_000)
        with NothingMoved(alice), pytest.raises(NotFound):
            services.cancel_withdrawal(user=bob, withdrawal_id=row.pk, origin=ORIGIN, at=now())

    def test_an_expired_one_cannot_be_cancelled(self, alice: User) -> None:
        row = requested(alice, add_account(alice), 1_000)
        services.expire_withdrawals(at=now() + timedelta(minutes=16))
        with NothingMoved(alice), pytest.raises(StateConflict):
            services.cancel_withdrawal(user=alice, withdrawal_id=row.pk, origin=ORIGIN, at=now())

    def test_an_old_confirmation_undoes_nothing_that_was_confirmed_anew(self, alice: User) -> None:
        account = add_account(alice, is_confirmed=False)
        old = renewed_and_answered(account, alice)
        with NothingMoved(alice), pytest.raises(ChallengeUsed):
            stepup.cancel(challenge_id=old, user=alice, at=now(), origin=ORIGIN)
        with NothingMoved(alice), pytest.raises(StateConflict):
            services.release_bank_account(subject_id=account.pk, origin=ORIGIN, at=now())
        assert BankAccount.objects.get(pk=account.pk).status == "ACTIVE"
        row = requested(alice, account, 1_000)
        old = renewed_and_answered(row, alice)
        with NothingMoved(alice), pytest.raises(ChallengeUsed):
            stepup.cancel(challenge_id=old, user=alice, at=now(), origin=ORIGIN)
        with NothingMoved(alice), pytest.raises(StateConflict):
            services.release_withdrawal(subject_id=row.pk, origin=ORIGIN, at=now())
        assert Withdrawal.objects.get(pk=row.pk).status == "UNDER_REVIEW"
        assert books(alice) == HELD_10


class TestExpire:
    def test_the_job_says_how_many(self, alice: User) -> None:
        requested(alice, add_account(alice), 1_000, at=now() - timedelta(minutes=16))
        waiting = add_account(alice, iban=OTHER_IBAN[0], is_confirmed=False)
        BankAccount.objects.filter(pk=waiting.pk).update(expires_at=now())
        assert expire.apply().result == 2
        assert expire.apply().result == 0

    def test_releases_what_nobody_confirmed(self, alice: User) -> None:
        account = add_account(alice)
        waiting, approved = requested(alice, account, 1_000), confirmed(alice, account, 2_000)
        assert services.expire_withdrawals(at=now()) == 0
        assert services.expire_withdrawals(at=now() + timedelta(minutes=16)) == 1
        waiting.refresh_from_db()
        approved.refresh_from_db()
        assert (waiting.status, approved.status) == ("EXPIRED", "APPROVED")
        assert books(alice) == Books(wallet=30_000, held=2_050, clearing=0, bank=0, fees=0)
        assert used_minor(alice) == 2_000
        assert told(waiting)[-1] == "withdrawal.expired"


class TestQuestionsAboutIt:
    def test_terms_before_anything_is_asked(self, alice: User) -> None:
        add_account(alice)
        terms = selectors.terms(user=alice, amount=Money(1_000, "EUR"), at=now())
        assert (terms.fee, terms.total, terms.likely_review) == (Money(50, "EUR"), Money(1_050, "EUR"), False)
        assert terms.arrives_on == policy.arrives_on(now())
        assert selectors.terms(user=alice, amount=Money(50_001, "EUR"), at=now()).likely_review

    def test_without_an_account_that_cooled_off_it_is_looked_at(self, alice: User) -> None:
        add_account(alice, cooled_off=False)
        assert selectors.terms(user=alice, amount=Money(1_000, "EUR"), at=now()).likely_review

    def test_pages_of_withdrawals(self, alice: User) -> None:
        account = add_account(alice)
        made = [requested(alice, account, 1_000).pk for _ in range(5)]
        first, position = selectors.withdrawals_of(alice, size=3)
        rest, end = selectors.withdrawals_of(alice, after=position, size=3)
        assert [row.pk for row in (*first, *rest)] == made[::-1]
        assert end is None

    def test_somebody_elses_is_not_found(self, alice: User) -> None:
        row = requested(alice, add_account(alice), 1_000)
        with pytest.raises(NotFound):
            selectors.withdrawal_of(user=make_person("zoe"), withdrawal_id=row.pk)
        assert selectors.withdrawal_of(user=alice, withdrawal_id=row.pk) == row
        with pytest.raises(NotFound):
            selectors.withdrawal_of(user=alice, withdrawal_id=ids.uuid7())
