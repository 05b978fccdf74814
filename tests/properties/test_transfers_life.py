"""Any sequence of sends, confirmations, cancellations and lapses of time leaves the books as a simple model says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.limits.services import OverLimit
from accounts.stepup.errors import ChallengeExpired, ChallengeUsed
from ledger.errors import InsufficientFunds
from ledger.money import Money
from tests.factories.people import ORIGIN, available_minor, give_money, make_person, now
from tests.factories.transfers import known_payee, send
from transfers.p2p import services
from transfers.p2p.errors import StateConflict
from transfers.p2p.models import MOVES, Transfer, TransferEvent
from transfers.p2p.policy import clean_note, payload
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from accounts.identity.models import User

REFUSALS = (InsufficientFunds, OverLimit, ChallengeExpired, ChallengeUsed, StateConflict)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send_trusted", "confirm", "cancel", "expire"]),
        st.integers(min_value=1, max_value=20_000),
        st.integers(min_value=0, max_value=5),
    ),
    max_size=14,
)


def confirm_without_pin(alice: User, transfer: Transfer) -> None:
    """As ``stepup.answer`` does once the PIN was right: the PIN itself is tested elsewhere, and slow on purpose."""
    from accounts.stepup import services as stepup
    from accounts.stepup.models import Challenge

    with db.transaction():
        challenge = stepup.open_challenge(
            user=alice, purpose="transfer", subject_id=transfer.pk, payload=payload(transfer), at=now()
        )
        Challenge.objects.filter(pk=challenge.pk).update(state="ANSWERED", answered_at=now())
    services.confirm_transfer(subject_id=transfer.pk, challenge_id=challenge.pk, origin=ORIGIN, at=now())


@pytest.mark.usefixtures("clone_db")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_the_books_agree_with_the_model(acts: list[tuple[str, int, int]]) -> None:
    alice, bob = (make_person(f"{name}{ids.uuid7().hex[-10:]}") for name in ("a", "b"))
    give_money(alice, Money(30_000, "EUR"))
    payee = known_payee(alice, bob)
    waiting: list[Transfer] = []
    paid = 0
    for act, minor, place in acts:
        chosen = waiting[place % len(waiting)] if waiting else None
        try:
            if act.startswith("send"):
                type(payee).objects.filter(pk=payee.pk).update(trusted_at=now() if act == "send_trusted" else None)
                made = send(alice, payee, minor).transfer
                paid += minor if made.status == "COMPLETED" else 0
                waiting += [made] if made.status == "AWAITING_STEP_UP" else []
            elif act == "confirm" and chosen is not None:
                confirm_without_pin(alice, chosen)
                waiting.remove(chosen)
                paid += chosen.amount_minor
            elif act == "cancel" and chosen is not None:
                services.cancel_transfer(sender=alice, transfer_id=chosen.pk, origin=ORIGIN, at=now())
                waiting.remove(chosen)
            elif act == "expire":
                assert services.expire_transfers(at=now() + timedelta(minutes=16)) == len(waiting)
                waiting.clear()
        except REFUSALS:
            pass
        held = sum(transfer.amount_minor for transfer in waiting)
        assert (available_minor(alice), available_minor(bob)) == (30_000 - paid - held, paid)
    services.expire_transfers(at=now() + timedelta(minutes=16))
    every = Transfer.objects.filter(sender=alice)
    assert sum(transfer.amount_minor for transfer in every if transfer.status == "COMPLETED") == paid
    for before, after in TransferEvent.objects.filter(transfer__in=every).values_list("from_status", "to_status"):
        assert after in MOVES[before]


@given(st.text(max_size=400))
def test_a_clean_note_is_short_stable_and_on_one_line(text: str) -> None:
    from transfers.p2p.errors import NoteTooLong

    try:
        note = clean_note(text)
    except NoteTooLong:
        assert len(text) > 140
        return
    assert len(note) <= 140
    assert clean_note(note) == note
    assert note == note.strip()
    assert note.isprintable() or "\u200c" in note or "\u200d" in note
    note.encode()
