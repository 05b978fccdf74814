"""What an officer sends from a case's page, and the verb of the banking room that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from payments.banking import services as banking
from payments.banking.errors import StateConflict
from payments.banking.officers import Seen
from support.cases import selectors
from support.cases.forms import AskForm, RefuseForm, RejectForm
from support.cases.services import is_done_already

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django import forms
    from django.http import QueryDict
    from django.utils.functional import Promise

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin

ACTS: dict[str, str | Promise] = {
    "claim": _("It is yours now."),
    "unclaim": _("It is back in the queue."),
    "approve": _("You approved it."),
    "second": _("You gave the second approval."),
    "refuse": _("You did not agree. It is back in review."),
    "ask": _("The question is with the customer."),
    "reject": _("It is rejected and the money is released."),
}
"""What is said when it is done."""

_FORMS: dict[str, type[forms.Form]] = {"reject": RejectForm, "ask": AskForm, "refuse": RefuseForm}


class Sent:
    """One act as it was sent: its form, if it has one, and what the officer's page showed (None: it does not say)."""

    def __init__(self, act: str, data: QueryDict) -> None:
        self.act = act
        self.form = _FORMS[act](data) if act in _FORMS else None
        self.seen = _seen(data)

    def is_valid(self) -> bool:
        """Whether the form, if there is one, has everything."""
        return self.form is None or self.form.is_valid()

    @property
    def text(self) -> str:
        """The words that were typed, to be kept when nothing came of them."""
        if self.form is None:
            return ""
        return str(self.form.data.get({"reject": "note", "ask": "question", "refuse": "refusal"}[self.act], ""))

    @property
    def values(self) -> dict[str, Any]:
        """What was typed."""
        return self.form.cleaned_data if self.form is not None else {}


def carry_out(sent: Sent, *, withdrawal_id: UUID, by: User, origin: Origin, at: datetime) -> str | Promise:
    """Does it and returns the sentence to say. Sent twice, the second says the same as the first.

    Raises what the verb raises.
    """
    try:
        verb, values = _verb(sent)
        verb(withdrawal_id=withdrawal_id, by=by, origin=origin, at=at, **values)
    except StateConflict:
        withdrawal = selectors.withdrawal_by_id(withdrawal_id)
        if not is_done_already(act=sent.act, withdrawal=withdrawal, by=by, text=sent.text):
            raise
    return ACTS[sent.act]


def _verb(sent: Sent) -> tuple[Callable[..., object], dict[str, Any]]:
    typed = sent.values
    if sent.act in {"approve", "second"}:
        if sent.seen is None:
            raise StateConflict(status="")
        return (banking.approve if sent.act == "approve" else banking.approve_second), {"seen": sent.seen}
    verbs: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
        "claim": (banking.claim, {}),
        "unclaim": (banking.unclaim, {}),
        "refuse": (banking.refuse_second, {"reason": typed.get("refusal", "")}),
        "ask": (banking.ask, {"question": typed.get("question", "")}),
        "reject": (banking.reject, {"reason": typed.get("reason", ""), "note": typed.get("note", "")}),
    }
    return verbs[sent.act]


def _seen(data: QueryDict) -> Seen | None:
    approval = data.get("approval", "")
    try:
        revision, account_revision = (_whole(data.get(field, "")) for field in ("revision", "account_revision"))
        return Seen(revision, account_revision, UUID(approval) if approval else None)
    except ValueError:
        return None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise ValueError(text)
    return int(text)
