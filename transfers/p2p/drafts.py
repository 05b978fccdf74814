"""A payment being prepared on the pages: kept on the server, in the session, under a random id.

The id becomes the transfer's idempotency key. So a closed tab, the back button, a reload or a double click finds
the same draft, and sending it again finds the same transfer.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

SESSION_KEY = "send_drafts"
DRAFTS_MAX = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """What the person has chosen so far. ``amount`` is the text they typed; ``payee`` a ``pye_`` id."""

    id: str
    payee: str
    amount: str = ""
    currency: str = ""
    note: str = ""

    @property
    def idempotency_key(self) -> str:
        """The transfer's key."""
        return key_of(self.id)


def key_of(draft_id: str) -> str:
    """The key a draft is sent under, also when the draft itself is gone."""
    return f"draft:{draft_id}"[:255]


def start(session: SessionBase, *, payee: str, amount: str = "", note: str = "") -> Draft:
    """A new draft for a payee; the oldest is dropped when there are too many."""
    draft = Draft(id=secrets.token_urlsafe(16), payee=payee, amount=amount, note=note)
    save(session, draft)
    return draft


def find(session: SessionBase, draft_id: str) -> Draft | None:
    """The draft of this session, or None when it is gone or somebody else's."""
    kept = _kept(session).get(draft_id)
    return Draft(**kept) if kept else None


def save(session: SessionBase, draft: Draft) -> None:
    """Keeps the draft as the newest."""
    kept = {key: value for key, value in _kept(session).items() if key != draft.id}
    kept[draft.id] = asdict(draft)
    session[SESSION_KEY] = dict(list(kept.items())[-DRAFTS_MAX:])


def change(session: SessionBase, draft: Draft, **values: str) -> Draft:
    """The draft with other values, kept."""
    changed = replace(draft, **values)
    save(session, changed)
    return changed


def _kept(session: SessionBase) -> dict[str, Any]:
    found = session.get(SESSION_KEY)
    return found if isinstance(found, dict) else {}
