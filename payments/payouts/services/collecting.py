"""Fetching the bank's messages so that none is lost: peek, keep, commit, only then take.

Taking empties the whole mailbox, also of what came since the peek: whatever it hands over is kept too. Should we die
between taking and keeping, the bank's rising numbers show what is missing, and it is fetched by its number.
"""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING

from django.db.models import Max

from payments.payouts import policy
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.payouts.services.sending import BANK
from payments.payouts.states import MessageState
from payments.providers.bank.client import our_account
from payments.providers.bank.facts import FileStatus, MessageKind, StatementHead
from payments.providers.bank.reader import Unreadable, kind_of, read_account, read_returns, read_status
from payments.providers.base import ProviderError
from wallet_project.lib import db, ids
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from payments.providers.bank.facts import Letter

_ABOUT_AN_ACCOUNT = (MessageKind.NOTICE, MessageKind.STATEMENT, MessageKind.REPORT)
_ABOUT_PAYMENTS = (MessageKind.STATUS, MessageKind.RETURN)


def collect(*, at: datetime) -> int:
    """Brings what waits at the bank into our database; returns how many messages are new.

    Without an answer from the bank nothing changes and the next run tries again.
    """
    try:
        waiting = BANK.waiting()
        new = keep(waiting, at=at)
        failpoint("payout.message_stored")
        if waiting:
            taken = BANK.take()
            failpoint("payout.message_taken")
            new += keep(taken, at=at)
        return new + keep(_missed(), at=at)
    except ProviderError:
        return 0


def keep(letters: Iterable[Letter], *, at: datetime) -> int:
    """Stores each message once, by number and content, each in its own transaction; returns how many were new."""
    return sum(_keep(letter, at=at) for letter in letters)


def _keep(letter: Letter, *, at: datetime) -> bool:
    text = letter.body.strip()  # by its number the bank gives the same message with another end of line
    content = text.encode()
    sha256 = hashlib.sha256(content).hexdigest()
    if BankMessage.objects.filter(number=letter.number, sha256=sha256).exists():
        return False
    kind, is_ours = _look(letter, content)
    row = BankMessage(
        id=ids.uuid7(at),
        number=letter.number,
        kind=kind.value,
        body=text if is_ours else "",
        sha256=sha256,
        state=(MessageState.RECEIVED if is_ours else MessageState.IGNORED).value,
        received_at=at,
        next_attempt_at=at if is_ours else None,
    )
    with db.transaction():
        BankMessage.objects.bulk_create([row], ignore_conflicts=True)
        return BankMessage.objects.filter(pk=row.pk).exists()


def _look(letter: Letter, content: bytes) -> tuple[MessageKind, bool]:
    """What it is, and whether it is about our account. What cannot be read is kept: a person looks at it."""
    if letter.account and letter.account != our_account().number:
        return MessageKind.OTHER, False
    try:
        kind = kind_of(content)
        if letter.account is None and kind in _ABOUT_PAYMENTS:
            return kind, _names_ours(kind, content)
        if letter.account or kind not in _ABOUT_AN_ACCOUNT:
            return kind, True
        heads = (fact for fact in read_account(content) if isinstance(fact, StatementHead))
        return kind, any(head.account == our_account().iban for head in heads)
    except Unreadable:
        return MessageKind.OTHER, True


def _names_ours(kind: MessageKind, content: bytes) -> bool:
    """Whether a letter without an address speaks of a file or a payment of ours: the mailbox is shared."""
    facts = read_status(content) if kind is MessageKind.STATUS else read_returns(content)
    while chunk := list(islice(facts, policy.CHUNK)):
        if PayoutBatch.objects.filter(message_id__in={fact.message_id for fact in chunk}).exists():
            return True
        payments = [fact.end_to_end_id for fact in chunk if not isinstance(fact, FileStatus)]
        if PayoutItem.objects.filter(end_to_end_id__in=payments).exists():
            return True
    return False


def _missed() -> Iterator[Letter]:
    """Messages with numbers between and above those we have, as far as the bank has them."""
    known = set(BankMessage.objects.order_by("-number").values_list("number", flat=True)[: policy.GAP_WINDOW])
    top = BankMessage.objects.aggregate(top=Max("number"))["top"] or 0
    first = min(known, default=1) if len(known) >= policy.GAP_WINDOW else 1
    fetched = 0
    for number in range(first, top + policy.GAPS_PER_RUN + 1):
        if number in known:
            continue
        if fetched >= policy.GAPS_PER_RUN:
            return
        letter = BANK.letter(number)
        fetched += 1
        if letter is None and number > top:
            return
        if letter is not None:
            yield letter
