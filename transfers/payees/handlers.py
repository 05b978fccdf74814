"""What the room tells the house when it is ready."""

from __future__ import annotations

from accounts.stepup.registry import Purpose, purposes
from transfers.payees import services
from transfers.payees.policy import TRUST_PURPOSE


def connect() -> None:
    """Called once when the app is ready."""
    purposes.register(
        TRUST_PURPOSE,
        Purpose(payload=services.payload_of_trust, confirm=services.confirm_trust, show=services.show_trust),
    )
