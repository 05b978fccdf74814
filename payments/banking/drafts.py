"""A withdrawal being prepared on the pages: kept on the server, in the session, under a random id.

The id becomes the withdrawal's idempotency key. So a closed tab, the back button, a reload or a double click finds
the same draft, and sending it again finds the same withdrawal.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

SESSION_KEY = "withdraw_drafts"
DRAFTS_MAX = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """What the person has chosen so far. ``amount`` is the text they typed; ``account`` a ``ban_`` id."""

    id: str
    amount: str
    account: str

    @property
    def idempotency_key(self) -> str:
        """The withdrawal's key."""
        return key_of(self.id)


def key_of(draft_id: str) -> str:
    """The key a draft is sent under, also when the draft itself is gone."""
    return f"draft:{draft_id}"[:255]


def start(session: SessionBase, *, amount: str, account: str) -> Draft:
    """A new draft; the oldest is dropped when there are too many."""
    draft = Draft(id=secrets.token_urlsafe(16), amount=amount, account=account)
    _save(session, draft)
    return draft


def find(session: SessionBase, draft_id: str) -> Draft | None:
    """The draft of this session, or None when it is gone or somebody else's."""
    kept = _kept(session).get(draft_id)
    return Draft(**kept) if kept else None


def change(session: SessionBase, draft: Draft, *, amount: str, account: str) -> Draft:
    """The draft with other values, kept."""
    changed = replace(draft, amount=amount, account=account)
    _save(session, changed)
    return changed


def _save(session: SessionBase, draft: Draft) -> None:
    kept = {key: value for key, value in _kept(session).items() if key != draft.id}
    kept[draft.id] = asdict(draft)
    session[SESSION_KEY] = dict(list(kept.items())[-DRAFTS_MAX:])


def _kept(session: SessionBase) -> dict[str, Any]:
    found = session.get(SESSION_KEY)
    return found if isinstance(found, dict) else {}
