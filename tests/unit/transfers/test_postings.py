"""What a transfer does to the books."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from ledger.entries import Leg
from transfers.p2p.postings import Movement, hold_id, pay
from wallet_project.lib import ids

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRANSFER = UUID("01890000-0000-7000-8000-000000000001")
MOVEMENT = Movement(TRANSFER, 11, 12, 4250, "EUR")


class TestPay:
    def test_takes_from_the_sender_and_gives_to_the_receiver(self) -> None:
        entry = pay(MOVEMENT, at=AT, actor="person:x")
        assert entry.legs == (Leg(11, -4250, "EUR"), Leg(12, 4250, "EUR"))
        assert (entry.kind, entry.reference, entry.actor) == ("transfer", ids.public("trf", TRANSFER), "person:x")

    def test_is_the_same_entry_whenever_it_is_tried(self) -> None:
        again = pay(MOVEMENT, at=AT.replace(hour=13), actor="worker")
        assert again.entry_id == pay(MOVEMENT, at=AT, actor="person:x").entry_id
        assert again.request_hash == pay(MOVEMENT, at=AT, actor="person:x").request_hash


def test_hold_id_belongs_to_the_transfer() -> None:
    assert hold_id(TRANSFER) == hold_id(TRANSFER)
    assert hold_id(TRANSFER) != hold_id(UUID("01890000-0000-7000-8000-000000000002"))
    assert hold_id(TRANSFER) != pay(MOVEMENT, at=AT, actor="x").entry_id
