"""Fetching the bank's messages so that none is lost: peek, keep, commit, only then take.

Taking empties the whole mailbox, also of what came since the peek: whatever it hands over is kept too. Should we die
between taking and keeping, the bank's rising numbers show what is missing, and it is fetched by its number.
"""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING

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
ABSENT = ""
"""Instead of a hash: the bank has no message of this number."""
NO_ACCOUNT_OF_OURS = "no_account_of_ours"
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
        return new + keep(_missed(at=at), at=at)
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
    kind, is_ours, problem = _look(letter, content)
    state = MessageState.RECEIVED if is_ours else MessageState.IGNORED
    row = BankMessage(
        id=ids.uuid7(at),
        number=letter.number,
        kind=kind.value,
        body=text if is_ours else "",
        sha256=sha256,
        state=(MessageState.FAILED if problem else state).value,
        problem=problem,
        received_at=at,
        next_attempt_at=at if is_ours and not problem else None,
    )
    with db.transaction():
        BankMessage.objects.bulk_create([row], ignore_conflicts=True)
        return BankMessage.objects.filter(pk=row.pk).exists()


def _look(letter: Letter, content: bytes) -> tuple[MessageKind, bool, str]:
    """What it is, whether it is about our account, and what is wrong with it. What cannot be read is kept for a person.

    A letter addressed to us that speaks only of accounts we do not know (as under another kind of number) is a problem.
    """
    if letter.account and letter.account != our_account().number:
        return MessageKind.OTHER, False, ""
    kind = MessageKind.OTHER
    try:
        kind = kind_of(content)
        if letter.account is None and kind in _ABOUT_PAYMENTS:
            return kind, _names_ours(kind, content), ""
        if kind not in _ABOUT_AN_ACCOUNT:
            return kind, True, ""
        accounts = _accounts(content, until=our_account().iban)
    except Unreadable:
        return kind, True, ""
    if letter.account is None:
        return kind, our_account().iban in accounts, ""
    is_strange = bool(accounts) and not accounts & {"", our_account().iban}
    return kind, True, NO_ACCOUNT_OF_OURS if is_strange else ""


def _accounts(content: bytes, *, until: str) -> set[str]:
    """The accounts a message is about, read no further than to ``until``."""
    found: set[str] = set()
    for fact in read_account(content):
        if isinstance(fact, StatementHead):
            found.add(fact.account)
            if fact.account == until:
                break
    return found


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


def _missed(*, at: datetime) -> Iterator[Letter]:
    """Messages above the numbers we have, then those missing between, newest first, as far as the bank has them.

    A number below the top that the bank does not have is remembered: a bank may begin anywhere.
    """
    known = set(BankMessage.objects.order_by("-number").values_list("number", flat=True)[: policy.GAP_WINDOW])
    top = max(known, default=0)
    for number in range(top + 1, top + policy.GAPS_PER_RUN + 1):
        letter = BANK.letter(number)
        if letter is None:
            break
        yield letter
    lowest = min(known, default=1) if len(known) >= policy.GAP_WINDOW else 1
    between = (number for number in range(top - 1, lowest - 1, -1) if number not in known)
    for number in islice(between, policy.GAPS_PER_RUN):
        letter = BANK.letter(number)
        if letter is None:
            _remember_absent(number, at=at)
        else:
            yield letter


def _remember_absent(number: int, *, at: datetime) -> None:
    """So that it is not asked for again; a message that has this number later is kept all the same."""
    row = BankMessage(
        id=ids.uuid7(at),
        number=number,
        kind=MessageKind.OTHER.value,
        sha256=ABSENT,
        state=MessageState.IGNORED.value,
        received_at=at,
    )
    with db.transaction():
        BankMessage.objects.bulk_create([row], ignore_conflicts=True)
