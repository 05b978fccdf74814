"""The verbs of the ledger. It records; whoever calls it announces.

``post``, ``capture_hold``, their plurals and the hold verbs join the caller's transaction and need one: business row,
entry and event commit together or not at all. Call them last: they lock balances until the commit. A refusal spoils the
transaction (only ``post_each`` and ``capture_each`` answer refusals); whoever must record the refusal does so in a new
one. Each verb is one round trip and safe to repeat.
"""

from ledger.services.accounts import (
    close_account,
    freeze,
    open_account,
    open_chart,
    set_limits,
    unfreeze,
)
from ledger.services.bulk import capture_each, capture_many, post_each, post_many
from ledger.services.checkpoints import export_checkpoint, sign_checkpoint
from ledger.services.holds import expire_holds, extend_hold, place_hold, release_hold
from ledger.services.posting import capture_hold, post, post_and_hold, reverse
from ledger.services.verification import Look, check_books

__all__ = [
    "Look",
    "capture_each",
    "capture_hold",
    "capture_many",
    "check_books",
    "close_account",
    "expire_holds",
    "export_checkpoint",
    "extend_hold",
    "freeze",
    "open_account",
    "open_chart",
    "place_hold",
    "post",
    "post_and_hold",
    "post_each",
    "post_many",
    "release_hold",
    "reverse",
    "set_limits",
    "sign_checkpoint",
    "unfreeze",
]
