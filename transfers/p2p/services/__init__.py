"""The verbs of transfers between people."""

from transfers.p2p.services.closing import cancel_transfer, expire_transfers, release_transfer
from transfers.p2p.services.confirming import confirm_transfer
from transfers.p2p.services.forgetting import forget_looked_up
from transfers.p2p.services.purpose import payload_of_transfer, show_transfer
from transfers.p2p.services.reviewing import decline_in_review, release_from_review
from transfers.p2p.services.sending import Sent, send_money

__all__ = [
    "Sent",
    "cancel_transfer",
    "confirm_transfer",
    "decline_in_review",
    "expire_transfers",
    "forget_looked_up",
    "payload_of_transfer",
    "release_from_review",
    "release_transfer",
    "send_money",
    "show_transfer",
]
