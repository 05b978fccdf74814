"""What the room tells the house when it is ready."""

from __future__ import annotations

from accounts.identity.registry import signing_up
from accounts.privacy import services


def connect() -> None:
    """Called once when the app is ready."""
    signing_up.register("privacy.consents", services.accept_at_sign_up)
