"""What the room tells the house when it is ready."""

from __future__ import annotations

from accounts.identity.registry import discovery_changed, signing_up
from accounts.privacy import services


def connect() -> None:
    """Called once when the app is ready."""
    discovery_changed.register("privacy.switches", services.note_turns)
    signing_up.register("privacy.consents", services.accept_at_sign_up)
