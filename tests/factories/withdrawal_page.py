"""The page of one withdrawal on the desk, for tests: its addresses, what it shows, what is done there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.factories.staff import desk
from tests.factories.withdrawals import seen

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal


def url(row: Withdrawal, act: str = "") -> str:
    """The address of its page, or of something done there."""
    page = f"/admin/payments/withdrawal/{row.pk}/"
    return f"{page}act/{act}/" if act else f"{page}change/"


def act(officer: User, row: Withdrawal, name: str, **sent: Any) -> Any:
    """Something an officer does on a page made now."""
    return desk(officer).post(url(row, name), {**shown(row), **sent}, follow=True)


def shown(row: Withdrawal) -> dict[str, Any]:
    """The hidden fields of a page made now."""
    what = seen(row)
    return {
        "revision": what.revision,
        "account_revision": what.account_revision,
        "approval": what.approval_id or "",
    }


def words(answer: Any) -> str:
    """The page's text, in one line."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.replace("&#x27;", "'").split())
