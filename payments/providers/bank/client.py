"""Talking to the bank over HTTP. Every way a call can end is one of the three answers of ``providers/base.py``."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import requests
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from payments.providers.bank.facts import Letter, PaymentAtBank, Receipt, Standing
from payments.providers.base import Refused, Retryable, Unknown
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5
SEND_SECONDS = 30
"""A file of 10,000 payments takes the bank seconds; after this its fate is unknown."""
ASK_SECONDS = 15
NOT_DECIDED = "status"
"""The code of Unknown when the bank has a payment and has neither taken nor refused it."""
_OURS_TO_MEND = frozenset({400, 401, 403, 404, 405, 411, 413, 415, 429})
"""The door did not open: nothing was read, somebody puts our side right, then the same file goes."""


class BankRail(Protocol):
    """Paying out by file and hearing what became of it."""

    def send(self, *, message_id: str, file: bytes) -> Receipt:
        """Hands a file in. Refused.code is the bank's reason for the whole file (DUPL: it has that MsgId already)."""
        ...

    def ask(self, *, end_to_end_id: str, message_id: str) -> PaymentAtBank:
        """How one payment of one file stands."""
        ...

    def waiting(self) -> list[Letter]:
        """The messages that wait in the mailbox, left there."""
        ...

    def take(self) -> list[Letter]:
        """The messages that wait, taken out of the mailbox."""
        ...

    def letter(self, number: int) -> Letter | None:
        """One message by its number, taken or not; None when there is none of that number."""
        ...


class BankOverHttp:
    """The bank's HTTP door. The mock bank of development is only another address."""

    def send(self, *, message_id: str, file: bytes) -> Receipt:
        """POST once, never repeated here. Raises Refused, Retryable, Unknown."""
        answer = _call("POST", "/payments", seconds=SEND_SECONDS, data=file)
        if answer.status_code in _OURS_TO_MEND:
            log.error("the bank does not take files from us", extra={"status": answer.status_code})
            raise Retryable(f"http_{answer.status_code}")
        said = _json(answer)
        about_us = isinstance(said, dict) and said.get("msg_id") == message_id
        if answer.status_code == 422 and about_us and said.get("status") == "RJCT":
            raise Refused(str(said.get("reason") or "NARR")[:35])
        if answer.status_code != 202 or not about_us:
            raise Unknown(f"http_{answer.status_code}")
        return Receipt(message_id, str(said.get("status", "")))

    def ask(self, *, end_to_end_id: str, message_id: str) -> PaymentAtBank:
        """GET; an EndToEndId is only unique within a file, so the file is compared too. Raises Retryable, Unknown."""
        answer = _call("GET", f"/_mock/payments/{quote(end_to_end_id, safe='')}?all", seconds=ASK_SECONDS)
        said = _json(answer)
        if answer.status_code == 404 and isinstance(said, dict) and "known" in said:
            return PaymentAtBank(Standing.NOT_THERE)
        if answer.status_code != 200 or not isinstance(said, list):
            raise Unknown(f"http_{answer.status_code}")
        mine = next((one for one in said if isinstance(one, dict) and one.get("msg_id") == message_id), None)
        if mine is None:
            return PaymentAtBank(Standing.NOT_THERE)
        standing = {"accepted": Standing.ACCEPTED, "rejected": Standing.REJECTED}.get(str(mine.get("status")))
        if standing is None:
            raise Unknown(NOT_DECIDED)
        return PaymentAtBank(standing, str(mine.get("reason") or "")[:35], f"MB-PMT-{mine.get('id')}"[:35])

    def waiting(self) -> list[Letter]:
        """GET with ``leave``: nothing is taken. Raises Retryable, Unknown."""
        return list(_letters(_call("GET", "/_mock/mailbox?leave", seconds=SEND_SECONDS)))

    def take(self) -> list[Letter]:
        """GET. What has been stored before may be taken now. Raises Retryable, Unknown."""
        return list(_letters(_call("GET", "/_mock/mailbox", seconds=SEND_SECONDS)))

    def letter(self, number: int) -> Letter | None:
        """GET by number. Whose account it is about is not said here, only in the message. Raises Retryable, Unknown."""
        answer = _call("GET", f"/_mock/mailbox/{number}", seconds=SEND_SECONDS)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise Unknown(f"http_{answer.status_code}")
        return Letter(number, None, answer.content.decode(errors="replace"))


def _letters(answer: requests.Response) -> Iterator[Letter]:
    said = _json(answer)
    if answer.status_code != 200 or not isinstance(said, list):
        raise Unknown(f"http_{answer.status_code}")
    for row in said:
        if not (isinstance(row, dict) and isinstance(row.get("id"), int) and isinstance(row.get("body"), str)):
            raise Unknown("mailbox")
        yield Letter(row["id"], str(row.get("account") or ""), row["body"])


def _call(method: str, path: str, *, seconds: int, data: bytes | None = None) -> requests.Response:
    """One call outside any transaction. Only what surely never reached the bank is Retryable."""
    db.refuse_in_transaction()
    headers = {"Content-Type": "application/xml"} if data is not None else {}
    try:
        return _session().request(
            method,
            f"{settings.BANK_URL.rstrip('/')}{path}",
            data=data,
            headers=headers,
            timeout=(CONNECT_SECONDS, seconds),
            allow_redirects=False,
        )
    except requests.ConnectTimeout as error:
        raise Retryable("connect_timeout") from error
    except requests.ConnectionError as error:
        if _never_connected(error):
            raise Retryable("no_connection") from error
        raise Unknown("connection_lost") from error
    except requests.Timeout as error:
        raise Unknown("timeout") from error
    except requests.RequestException as error:
        raise Unknown(type(error).__name__) from error


def _never_connected(error: requests.ConnectionError) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return None


@cache
def _session() -> requests.Session:
    """No proxies from the environment, no repeats: a file is sent as often as we say, once."""
    session = requests.Session()
    session.trust_env = False
    return session


@dataclass(frozen=True, slots=True)
class OurAccount:
    """The account that pays out. ``number`` is what the bank calls it in its mailbox."""

    number: str
    iban: str
    bic: str
    holder: str


def our_account() -> OurAccount:
    """From the settings."""
    return OurAccount(
        settings.BANK_ACCOUNT_ID, settings.BANK_ACCOUNT_IBAN, settings.BANK_ACCOUNT_BIC, settings.BANK_ACCOUNT_HOLDER
    )
