"""Webhooks: verified before they are believed, stored once, and only ever a hint to look."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from django.test import Client

from ledger import selectors as books
from payments.funding.models import TopUp
from payments.inbox.models import InboxState, ProviderEvent
from payments.inbox.policy import ATTEMPTS_MAX, BODY_MAX_BYTES
from payments.inbox.selectors import unmatched
from payments.inbox.services import process_due
from tests.factories.people import now
from tests.factories.top_ups import (
    DECLINED_CARD,
    SECURE_CARD,
    NothingMoves,
    answer_bank,
    deliver,
    enter_card,
    euros,
    moves,
    notice_body,
    paid,
    post_webhook,
    settle,
    signature,
    start,
    told,
    wish,
)
from wallet_project.lib import clock, counters, ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_django.fixtures import SettingsWrapper

    from accounts.identity.models import User
    from tests.fakes.simulator import Simulator
    from tests.fakes.webhook_receiver import Received, WebhookReceiver


def refused_today() -> int:
    return counters.on_day("webhook_refused", at=clock.now()) or 0


def kind_of(notice: Received) -> str:
    return str(json.loads(notice.body)["type"])


def waiting(cards: Simulator, receiver: WebhookReceiver) -> list[Received]:
    """Everything the provider has sent so far, in its order."""
    cards.settle()
    return list(receiver.received)


def bring(notices: Sequence[Received], *, look_after_each: bool = True) -> None:
    for notice in notices:
        assert deliver(notice) == 200
        if look_after_each:
            process_due(at=now())
    process_due(at=now())


def end_of(top_up: TopUp, person: User) -> dict[str, Any]:
    """Everything that must be the same however the notices came."""
    row = TopUp.objects.get(pk=top_up.pk)
    entry: Any = ()
    if row.status == "CREDITED":
        entry = sorted(
            leg.amount_minor for leg in books.own_legs(books.entry_with_postings(ids.derive(row.pk, "credit")))
        )
    return {
        "status": row.status,
        "reason": row.reason,
        "moves": moves(row),
        "told": told(row),
        "euros": euros(person),
        "entry": entry,
        "turnover": [wallet.available_minor + wallet.held_minor for wallet in _wallets(person)],
    }


def _wallets(person: User) -> list[Any]:
    return books.wallets_of(owner_kind="person", owner_id=person.pk, code="wallet")


class TestDoor:
    @pytest.mark.parametrize(
        "forged",
        [
            "",
            "t=1,v1=00",
            "nonsense",
            "t=abc,v1=zz",
            "v1=" + "0" * 64,
            "t=99999999999999999999,v1=" + "0" * 64,
            "\u00b2",
        ],
    )
    def test_a_wrong_signature_is_counted_and_leaves_no_row(self, cards: Simulator, bob: User, forged: str) -> None:
        before = refused_today()
        with NothingMoves(bob):
            assert post_webhook(notice_body(), forged) == 400
        assert refused_today() == before + 1

    def test_a_changed_body_is_refused(self, cards: Simulator, bob: User) -> None:
        body = notice_body()
        with NothingMoves(bob):
            assert post_webhook(body + b" ", signature(body)) == 400

    def test_another_secret_is_refused(self, cards: Simulator, bob: User) -> None:
        body = notice_body()
        with NothingMoves(bob):
            assert post_webhook(body, signature(body, secret="whsec_other")) == 400

    def test_both_secrets_pass_while_one_is_rolled(self, cards: Simulator, db: None, settings: SettingsWrapper) -> None:
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_old"]
        for secret in settings.STRIPE_WEBHOOK_SECRETS:
            body = notice_body()
            assert post_webhook(body, signature(body, secret=secret)) == 200

    def test_an_old_notice_is_refused(self, cards: Simulator, bob: User) -> None:
        body = notice_body()
        with NothingMoves(bob):
            assert post_webhook(body, signature(body, timestamp=int(time.time()) - 301)) == 400

    @pytest.mark.parametrize(
        "body",
        [
            notice_body(livemode=True),
            b"null",
            b"[]",
            b'"text"',
            b"{",
            b"\xff\xfe",
            b"{}",
            notice_body(data=None),
            notice_body(data={"object": []}),
            notice_body(created="yesterday"),
            notice_body(created=10**30),
            notice_body(id="evt_\x00"),
        ],
    )
    def test_what_is_signed_but_wrong_is_refused(self, cards: Simulator, bob: User, body: bytes) -> None:
        with NothingMoves(bob):
            assert post_webhook(body, signature(body)) == 400

    def test_five_megabytes_are_not_even_read(self, cards: Simulator, bob: User) -> None:
        body = notice_body(padding="x" * 5_000_000)
        with NothingMoves(bob):
            assert post_webhook(body, signature(body)) == 413

    def test_the_largest_body_that_is_read(self, cards: Simulator, db: None) -> None:
        body = notice_body()
        body += b" " * (BODY_MAX_BYTES - len(body))
        assert post_webhook(body, signature(body)) == 200
        assert post_webhook(body + b" ", signature(body + b" ")) == 413

    @pytest.mark.parametrize("length", ["", "-1", "1e3", "\u00b2", "9" * 5_000])
    def test_a_length_that_is_none_is_refused(self, cards: Simulator, db: None, length: str) -> None:
        body = notice_body()
        response = Client().generic(
            "POST",
            "/webhooks/stripe/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signature(body)},
            CONTENT_LENGTH=length,
        )
        assert response.status_code == 413

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_only_posts_come_in(self, cards: Simulator, db: None, method: str) -> None:
        assert Client().generic(method, "/webhooks/stripe/").status_code == 405

    def test_the_same_notice_twice_is_one_row(self, cards: Simulator, db: None) -> None:
        body = notice_body()
        assert [post_webhook(body, signature(body)) for _ in range(3)] == [200, 200, 200]
        assert ProviderEvent.objects.count() == 1

    def test_what_a_notice_said_does_not_change_and_is_not_forgotten(self, cards: Simulator, db: None) -> None:
        body = notice_body()
        post_webhook(body, signature(body))
        row = ProviderEvent.objects.get()
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            ProviderEvent.objects.filter(pk=row.pk).update(reference="other")
        with pytest.raises(DatabaseError), transaction.atomic():
            ProviderEvent.objects.filter(pk=row.pk)._raw_delete("default")
        row.pk = ids.uuid7()
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)


class TestProcess:
    def test_credits_when_the_person_never_comes_back(
        self, cards: Simulator, receiver: WebhookReceiver, bob: User
    ) -> None:
        top_up = start(bob)
        enter_card(cards, top_up)
        bring(waiting(cards, receiver))
        assert end_of(top_up, bob)["status"] == "CREDITED"
        assert euros(bob) == (2_500, 0)
        assert set(ProviderEvent.objects.values_list("state", flat=True)) == {"DONE"}

    def test_after_the_return_page_it_finds_the_work_done(
        self, cards: Simulator, receiver: WebhookReceiver, bob: User
    ) -> None:
        top_up = start(bob)
        enter_card(cards, top_up)
        settle(top_up, cause="return")
        before = end_of(top_up, bob)
        bring(waiting(cards, receiver))
        assert end_of(top_up, bob) == before

    def test_before_our_row_knows_its_page(self, cards: Simulator, receiver: WebhookReceiver, bob: User) -> None:
        """The provider made the page, its answer was lost, the person paid: the webhook finds a DRAFT."""
        cards.order("faults", kind="drop_after", times=1)
        top_up = start(bob)
        assert top_up.status == "DRAFT"
        session = next(one for one in cards.tell("sessions") if one["client_reference_id"] == str(top_up.pk))
        cards.order("pay", session=session["id"], card="4242424242424242")
        bring(waiting(cards, receiver))
        assert end_of(top_up, bob)["status"] == "CREDITED"

    def test_without_an_answer_of_the_provider_it_is_tried_again(
        self, cards: Simulator, receiver: WebhookReceiver, bob: User
    ) -> None:
        top_up = start(bob)
        enter_card(cards, top_up)
        (succeeded,) = [one for one in waiting(cards, receiver) if kind_of(one) == "payment_intent.succeeded"]
        deliver(succeeded)
        cards.order("faults", kind="error_before", times=1, status=500)
        at = now()
        assert process_due(at=at) == 0
        row = ProviderEvent.objects.get()
        assert (row.state, row.attempts, row.next_attempt_at) == ("RECEIVED", 1, at + timedelta(seconds=2))
        assert process_due(at=at + timedelta(seconds=1)) == 0
        assert process_due(at=at + timedelta(seconds=2)) == 1
        assert euros(bob) == (2_500, 0)

    def test_a_decline_by_notice_closes_the_page_and_fails(
        self, cards: Simulator, receiver: WebhookReceiver, bob: User
    ) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, DECLINED_CARD)
        bring(waiting(cards, receiver))
        assert end_of(top_up, bob)["status"] == "FAILED"
        assert enter_card(cards, top_up).status_code == 409

    def test_a_late_decline_after_the_money_changes_nothing(
        self, cards: Simulator, receiver: WebhookReceiver, bob: User
    ) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, DECLINED_CARD)
        enter_card(cards, top_up)
        notices = waiting(cards, receiver)
        bring(sorted(notices, key=lambda notice: kind_of(notice) == "payment_intent.payment_failed"))
        assert end_of(top_up, bob)["status"] == "CREDITED"
        assert euros(bob) == (2_500, 0)

    def test_a_notice_for_a_credited_top_up_asks_nobody(self, cards: Simulator, bob: User) -> None:
        done = paid(cards, bob)
        subject = {"id": "pi_x", "metadata": {"top_up": str(done.pk)}}
        body = notice_body(type="payment_intent.payment_failed", data={"object": subject})
        cards.order("faults", kind="error_before", times=0, status=500)
        assert post_webhook(body, signature(body)) == 200
        assert process_due(at=now()) == 1
        assert (end_of(done, bob)["status"], euros(bob)) == ("CREDITED", (2_500, 0))

    def test_a_forged_success_credits_nothing(self, cards: Simulator, bob: User) -> None:
        """Even a correctly signed notice is only a hint: the provider itself says what was received."""
        top_up = start(bob)
        subject = {"id": "pi_x", "amount_received": 10**9, "metadata": {"top_up": str(top_up.pk)}}
        body = notice_body(data={"object": subject})
        post_webhook(body, signature(body))
        assert process_due(at=now()) == 1
        assert (end_of(top_up, bob)["status"], euros(bob)) == ("AWAITING_ACTION", (0, 0))

    @pytest.mark.parametrize("reference", ["", "not-a-uuid", "0193a000-0000-7000-8000-00000000dead"])
    def test_money_for_a_row_we_do_not_have_is_kept_tried_again_and_then_shown(
        self, cards: Simulator, db: None, reference: str
    ) -> None:
        body = notice_body(data={"object": {"id": "pi_x", "metadata": {"top_up": reference}}})
        post_webhook(body, signature(body))
        at = now()
        for _ in range(ATTEMPTS_MAX):
            assert ProviderEvent.objects.get().state == InboxState.RECEIVED
            assert process_due(at=at) == 0
            at += timedelta(hours=1)
        assert ProviderEvent.objects.get().state == InboxState.UNMATCHED
        assert unmatched().count == 1
        assert process_due(at=at + timedelta(days=1)) == 0

    def test_a_row_that_appears_later_is_found(self, cards: Simulator, bob: User) -> None:
        """The notice overtook our own commit."""
        at = now()
        top_up_id = ids.uuid7(at)
        body = notice_body(data={"object": {"id": "pi_x", "metadata": {"top_up": str(top_up_id)}}})
        post_webhook(body, signature(body))
        assert process_due(at=at) == 0
        TopUp.objects.bulk_create([_same_with_id(wish(bob).top_up, top_up_id)])
        assert process_due(at=now() + timedelta(seconds=5)) == 1

    def test_kinds_that_concern_nothing_are_done_at_once(self, cards: Simulator, db: None) -> None:
        body = notice_body(type="customer.created")
        post_webhook(body, signature(body))
        assert process_due(at=now()) == 1
        assert ProviderEvent.objects.get().state == InboxState.DONE


def _same_with_id(row: TopUp, new_id: Any) -> TopUp:
    fields = {field.attname: getattr(row, field.attname) for field in TopUp._meta.concrete_fields}
    return TopUp(**(fields | {"id": new_id, "idempotency_key": "later"}))


class TestEveryOrder:
    """However the notices of one payment come, the books end the same."""

    def _all_ends(self, notices: list[Received], top_up: TopUp, person: User) -> list[dict[str, Any]]:
        orders = [(order, True) for order in itertools.permutations(notices)]
        orders += [(tuple(notices), False), (tuple(reversed(notices)), False)]
        ends = []
        for order, look_after_each in orders:
            mark = transaction.savepoint()
            bring(order, look_after_each=look_after_each)
            ends.append(end_of(top_up, person))
            transaction.savepoint_rollback(mark)
        return ends

    def test_declined_then_paid(self, cards: Simulator, receiver: WebhookReceiver, bob: User) -> None:
        top_up = start(bob, 15_000)
        enter_card(cards, top_up, DECLINED_CARD)
        enter_card(cards, top_up)
        wanted = {
            "payment_intent.payment_failed",
            "payment_intent.succeeded",
            "checkout.session.completed",
            "charge.succeeded",
        }
        notices = [one for one in waiting(cards, receiver) if kind_of(one) in wanted]
        assert Counter(map(kind_of, notices)) == Counter(wanted)
        ends = self._all_ends(notices, top_up, bob)
        assert len(ends) == 26
        assert all(end == ends[0] for end in ends)
        assert (ends[0]["status"], ends[0]["entry"]) == ("CREDITED", [-15_000, 15_000])
        assert ends[0]["euros"] == (10_000, 5_000)

    def test_paid_with_three_d_secure(self, cards: Simulator, receiver: WebhookReceiver, bob: User) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, SECURE_CARD)
        answer_bank(cards, top_up, "approve")
        wanted = {"payment_intent.requires_action", "payment_intent.succeeded", "checkout.session.completed"}
        notices = [one for one in waiting(cards, receiver) if kind_of(one) in wanted]
        ends = self._all_ends(notices, top_up, bob)
        assert len(ends) == 8
        assert all(end == ends[0] for end in ends)
        assert (ends[0]["status"], ends[0]["euros"]) == ("CREDITED", (2_500, 0))

    def test_declined_for_good(self, cards: Simulator, receiver: WebhookReceiver, bob: User) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, DECLINED_CARD)
        first = waiting(cards, receiver)
        mark = transaction.savepoint()
        bring(first)  # closes the page; the provider tells that too
        transaction.savepoint_rollback(mark)
        wanted = {
            "payment_intent.payment_failed",
            "charge.failed",
            "payment_intent.canceled",
            "checkout.session.expired",
        }
        notices = [one for one in waiting(cards, receiver) if kind_of(one) in wanted]
        assert Counter(map(kind_of, notices)) == Counter(wanted)
        ends = self._all_ends(notices, top_up, bob)
        assert all(end == ends[0] for end in ends)
        assert (ends[0]["status"], ends[0]["reason"], ends[0]["euros"]) == ("FAILED", "card_declined", (0, 0))
