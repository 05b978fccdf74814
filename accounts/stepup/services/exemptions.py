"""Payments that need no step-up: to a trusted payee, and small ones in small numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from accounts.mfa import services as mfa
from accounts.stepup.policy import SMALL_AMOUNT, TRUSTED_PAYEE, small_amounts_for
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.identity.models import User
    from accounts.stepup.policy import Authority
    from ledger.money import Money

_COUNT = """
INSERT INTO accounts_smallamountcounter AS counter (user_id, currency, count, total_minor)
VALUES (%(user)s, %(currency)s, 1, %(amount)s)
ON CONFLICT (user_id, currency) DO UPDATE
   SET count = counter.count + 1, total_minor = counter.total_minor + excluded.total_minor
 WHERE counter.count < %(count)s AND counter.total_minor + excluded.total_minor <= %(total)s
RETURNING count
"""


def exemption_for(*, user: User, amount: Money, trusted: bool, at: datetime) -> Authority | None:
    """The exemption ``amount`` may move under, or None: then a step-up is needed.

    ``trusted``: the payer put this payee on their list with step-up (PSD2 RTS art. 13); costs no query when ``user``
    was loaded with its ``pin_device``. Otherwise at most EUR 30 each, 5 in a row and EUR 100 in all since the last
    step-up (art. 16), counted by one statement in the caller's transaction, so parallel payments cannot slip past.
    Never call it for a first payment to somebody who is not trusted. Raises PinLocked, PinResetRequired: while the
    PIN is locked nothing leaves the account.
    """
    mfa.refuse_if_locked(user, at=at)
    if trusted:
        return TRUSTED_PAYEE
    rule = small_amounts_for(amount)
    if rule is None:
        return None
    db.transaction_required()
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "user": user.pk,
                "currency": amount.currency,
                "amount": amount.amount_minor,
                "count": rule.count,
                "total": rule.total_minor,
            },
        )
        return SMALL_AMOUNT if cursor.fetchone() else None
