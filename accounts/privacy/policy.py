"""The switches, one per purpose, and how long what is kept. No queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

OWN_SWITCHES = ("analytics", "recommendations")
"""Kept by this room, off until somebody turns them on (GDPR art. 6(1)(a), 25(2))."""

DISCOVERY_SWITCHES = ("discoverable_by_handle", "discoverable_by_email", "discoverable_by_phone")
"""Kept on the person's row, where looking somebody up reads them."""

SWITCHES = (*OWN_SWITCHES, *DISCOVERY_SWITCHES)

RETENTION_JOB = "privacy.retention"


@dataclass(frozen=True, slots=True)
class Keep:
    """How long one kind of data is kept, why, and which job ends it.

    ``period`` is counted by the retention job; None where another job, or a law, decides, and ``until`` says so.
    """

    code: str
    what: str
    why: str
    job: str = RETENTION_JOB
    period: timedelta | None = None
    until: str = ""

    @property
    def how_long(self) -> str:
        """In words."""
        if self.period is None:
            return self.until
        years, days = divmod(self.period.days, 365)
        number, unit = (self.period.days, "day") if days else (years, "year")
        return f"{number} {unit}{'' if number == 1 else 's'}{self.until}"


RETENTION: tuple[Keep, ...] = (
    Keep(
        "codes",
        "Codes we sent, and what they would confirm",
        "worthless after",
        job="stepup.expire_challenges",
        until="until used or expired, at most 15 minutes",
    ),
    Keep(
        "one_time_messages",
        "Messages with a code",
        "worthless after",
        job="identity.one_time_messages",
        until="until sent or expired",
    ),
    Keep(
        "unverified",
        "Accounts that proved no contact",
        "nothing hangs on them",
        job="identity.forget_unverified",
        until="1 day",
    ),
    Keep(
        "sessions",
        "Sessions and devices",
        "needed while they are good for something",
        job="devices.forget_ended",
        until="until signed out or expired (browser 12 hours, app 30 days)",
    ),
    Keep(
        "failed_sign_ins",
        "Failed sign-ins with address (IP) and browser",
        "to lock out who guesses",
        period=timedelta(days=7),
    ),
    Keep(
        "looked_up",
        "People looked up and never paid or trusted",
        "to offer them again",
        period=timedelta(days=365),
    ),
    Keep(
        "statement_files",
        "Files of statements",
        "the figures stay, and the same days give the same file",
        job="statements.expire",
        until="1 year",
    ),
    Keep(
        "copies",
        "Copies of their data that people asked for",
        "to be taken; a new one can be made",
        job="privacy.expire_exports",
        until="7 days",
    ),
    Keep(
        "notices",
        "Notices in the wallet, and their messages",
        "what they told of stays in the activity",
        period=timedelta(days=2 * 365),
    ),
    Keep(
        "help_requests",
        "Help requests",
        "claims end with the third year (BGB § 195)",
        period=timedelta(days=3 * 365),
        until=" after they are closed",
    ),
    Keep(
        "consents",
        "Consents and turns of switches (ids and codes)",
        "to be able to show them (GDPR art. 7(1))",
        job="",
        until="for good",
    ),
    Keep(
        "person",
        "Name, contacts, bank accounts, payments with their notes",
        "the contract; afterwards the law against money laundering (GwG § 8)",
        job="",
        until="as long as there is a wallet, and 5 years after its end",
    ),
    Keep(
        "books",
        "The ledger and the trail (ids, amounts, codes)",
        "book-keeping (HGB § 257, AO § 147); they hold no names",
        job="",
        until="at least 10 years",
    ),
)
"""docs/concepts/privacy.md shows this table; a test compares them."""


def kept(code: str) -> timedelta:
    """The period of something that the retention job ends. Raises KeyError."""
    period = {keep.code: keep.period for keep in RETENTION}[code]
    if period is None:
        raise KeyError(code)
    return period
