"""Payees: the same answer for known and unknown, and a row that never follows a name to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.identity.policy import IdentifierMalformed
from accounts.stepup import services as stepup
from ledger.errors import AccountFrozen
from ledger.money import Money
from tests.factories.people import ORIGIN, PIN, available_minor, give_money, make_person, now
from tests.factories.transfers import confirm, known_payee, send
from tests.factories.withdrawals import freeze
from transfers.payees import selectors, services
from transfers.payees.errors import PayeeCannotReceive, SelfTransfer
from transfers.payees.models import Payee
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.identity.models import User


def resolve(payer: User, identifier: str) -> services.Resolved:
    return services.resolve(payer=payer, identifier=identifier, at=now())


class TestResolve:
    @pytest.mark.parametrize("typed", ["@bob", "bob", " BOB ", "＠ｂｏｂ"])
    def test_finds_by_handle_and_shows_the_masked_name(self, alice: User, bob: User, typed: str) -> None:
        found = resolve(alice, typed)
        assert (found.payee.user_id, found.payee.shown_name, found.first_time) == (bob.pk, "Bob E•••", True)

    def test_shows_only_the_masked_address_where_discovery_is_not_allowed(self, alice: User, bob: User) -> None:
        found = resolve(alice, "Bob@Example.com")
        assert (found.payee.user_id, found.payee.shown_name) == (bob.pk, "b•••@e•••.com")

    def test_shows_the_name_where_it_is_allowed(self, alice: User) -> None:
        open_person = make_person("dora", discoverable_by_email=True)
        assert resolve(alice, open_person.email).payee.shown_name == "Dora E•••"

    def test_shows_the_name_once_the_payer_has_paid_them(self, alice: User, bob: User) -> None:
        known_payee(alice, bob)
        found = resolve(alice, "bob@example.com")
        assert (found.payee.shown_name, found.first_time) == ("Bob E•••", False)

    def test_finds_a_verified_phone(self, alice: User) -> None:
        person = make_person("pho", phone="+4915123456789", phone_verified_at=now())
        found = resolve(alice, "0151 23456789")
        assert (found.payee.user_id, found.payee.shown_name) == (person.pk, "+49 151••••6789")

    def test_answers_for_nobody_as_for_somebody(self, alice: User, bob: User) -> None:
        known, unknown = resolve(alice, "bob@example.com"), resolve(alice, "rob@example.com")
        assert (unknown.payee.user_id, unknown.payee.shown_name, unknown.first_time) == (None, "r•••@e•••.com", True)
        assert len(known.payee.shown_name) == len(unknown.payee.shown_name)
        assert known.first_time == unknown.first_time

    @pytest.mark.parametrize(("known", "unknown"), [("@bob", "@rob"), ("bob@example.com", "rob@example.com")])
    def test_does_the_same_work_for_nobody(self, alice: User, bob: User, known: str, unknown: str) -> None:
        with CaptureQueriesContext(connection) as for_bob:
            resolve(alice, known)
        with CaptureQueriesContext(connection) as for_nobody:
            resolve(alice, unknown)
        assert len(for_bob) == len(for_nobody)

    @pytest.mark.parametrize("typed", ["@alice", "alice@example.com", "ALICE@example.com"])
    def test_refuses_oneself(self, alice: User, typed: str) -> None:
        with pytest.raises(SelfTransfer):
            resolve(alice, typed)
        assert Payee.objects.count() == 0

    @pytest.mark.parametrize(
        "typed", ["", " ", "@", "a b c", "not an address@", "x" * 300, "\x00", "😀", "12", "@a\u202eb"]
    )
    def test_refuses_what_names_nobody(self, alice: User, typed: str) -> None:
        with pytest.raises(IdentifierMalformed):
            resolve(alice, typed)

    def test_gives_the_same_row_again(self, alice: User, bob: User) -> None:
        assert resolve(alice, "@bob").payee.pk == resolve(alice, "bob").payee.pk

    def test_keeps_rows_of_two_payers_apart(self, alice: User, bob: User, carol: User) -> None:
        assert resolve(alice, "@bob").payee.pk != resolve(carol, "@bob").payee.pk

    def test_does_not_link_a_hidden_address_to_a_public_handle(self, alice: User, bob: User) -> None:
        assert resolve(alice, "@bob").payee.pk != resolve(alice, "bob@example.com").payee.pk

    def test_finds_nobody_behind_staff_frozen_out_and_unverified(self, alice: User, dave: User) -> None:
        assert resolve(alice, "@dave").payee.user_id is None


class TestAHandleThatChangesHands:
    """Preview, re-assignment, pay: the money goes to whom the payer saw."""

    def test_leaves_the_payee_with_the_person(self, alice: User, bob: User, mallory: User) -> None:
        seen = resolve(alice, "@bob").payee
        type(bob).objects.filter(pk=bob.pk).update(handle="bobby", handle_skeleton="bobby")
        type(mallory).objects.filter(pk=mallory.pk).update(handle="bob", handle_skeleton="bob")
        sent = send(alice, seen, 4_250)
        confirm(alice, sent)
        assert (available_minor(bob), available_minor(mallory)) == (4_250, 0)

    def test_gives_the_new_owner_another_payee(self, alice: User, bob: User, mallory: User) -> None:
        before = known_payee(alice, bob, trusted=True)
        type(bob).objects.filter(pk=bob.pk).update(handle="bobby", handle_skeleton="bobby")
        type(mallory).objects.filter(pk=mallory.pk).update(handle="bob", handle_skeleton="bob")
        after = resolve(alice, "@bob")
        assert (after.payee.pk == before.pk, after.payee.user_id, after.first_time) == (False, mallory.pk, True)
        assert after.payee.trusted_at is None

    def test_gives_a_contact_that_registers_another_payee(self, alice: User) -> None:
        before = resolve(alice, "eve@example.com").payee
        eve = make_person("eve")
        after = resolve(alice, "eve@example.com").payee
        assert (before.pk == after.pk, after.user_id) == (False, eve.pk)


class TestTrust:
    def test_needs_the_pin_and_then_pays_without(self, alice: User, bob: User) -> None:
        payee = known_payee(alice, bob)
        _, challenge = services.ask_to_trust(payer=alice, payee_id=payee.pk, at=now())
        assert challenge is not None
        payee.refresh_from_db()
        assert payee.trusted_at is None
        answered = stepup.answer(challenge_id=challenge.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
        assert answered.outcome.resource["trusted"] is True
        assert send(alice, payee, 10_000).transfer.status == "COMPLETED"

    def test_is_asked_once(self, alice: User, bob: User) -> None:
        payee = known_payee(alice, bob, trusted=True)
        assert services.ask_to_trust(payer=alice, payee_id=payee.pk, at=now())[1] is None

    def test_is_not_for_a_contact_nobody_verified(self, alice: User) -> None:
        nobody = resolve(alice, "nobody@example.com").payee
        with pytest.raises(PayeeCannotReceive):
            services.ask_to_trust(payer=alice, payee_id=nobody.pk, at=now())

    def test_is_not_for_somebody_elses_payee(self, alice: User, bob: User, mallory: User) -> None:
        payee = known_payee(alice, bob)
        with pytest.raises(NotFound):
            services.ask_to_trust(payer=mallory, payee_id=payee.pk, at=now())

    def test_is_not_given_while_the_account_is_frozen(self, alice: User, bob: User) -> None:
        payee = known_payee(alice, bob)
        _, challenge = services.ask_to_trust(payer=alice, payee_id=payee.pk, at=now())
        assert challenge is not None
        freeze(alice)
        with pytest.raises(AccountFrozen):
            stepup.answer(challenge_id=challenge.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
        with pytest.raises(AccountFrozen):
            services.ask_to_trust(payer=alice, payee_id=payee.pk, at=now())
        payee.refresh_from_db()
        assert payee.trusted_at is None


class TestRemove:
    def test_takes_it_off_the_list_and_ends_its_trust(self, alice: User, bob: User) -> None:
        payee = known_payee(alice, bob, trusted=True)
        services.remove_payee(payer=alice, payee_id=payee.pk, origin=ORIGIN, at=now())
        payee.refresh_from_db()
        assert (payee.trusted_at, list(selectors.known_payees(alice))) == (None, [])

    def test_is_the_payers_alone(self, alice: User, bob: User, mallory: User) -> None:
        payee = known_payee(alice, bob)
        with pytest.raises(NotFound):
            services.remove_payee(payer=mallory, payee_id=payee.pk, origin=ORIGIN, at=now())

    def test_comes_back_with_the_next_payment(self, alice: User, bob: User) -> None:
        payee = known_payee(alice, bob)
        services.remove_payee(payer=alice, payee_id=payee.pk, origin=ORIGIN, at=now())
        assert send(alice, payee, 100).transfer.status == "COMPLETED"
        assert [row.pk for row in selectors.known_payees(alice)] == [payee.pk]


class TestRecent:
    def test_names_each_person_once_the_last_paid_first(self, alice: User, bob: User, carol: User) -> None:
        give_money(alice, Money(1_000, "EUR"))
        by_handle, by_email = known_payee(alice, bob), resolve(alice, "bob@example.com").payee
        carols = known_payee(alice, carol)
        send(alice, carols, 100)
        send(alice, by_email, 100)
        assert [row.pk for row in selectors.recent_payees(alice)] == [by_email.pk, carols.pk]
        assert by_handle.pk not in [row.pk for row in selectors.recent_payees(alice)]
