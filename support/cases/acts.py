"""What an officer sends from a case's page, and the verb of the banking room that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from payments.banking import services as banking
from payments.banking.errors import StateConflict
from support.cases import selectors
from support.cases.forms import AskForm, RefuseForm, RejectForm
from support.cases.services import is_done_already

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

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
    """One act as it was sent: its form, if it has one, and which state of the case the officer saw."""

    def __init__(self, act: str, data: QueryDict) -> None:
        self.act = act
        self.form = _FORMS[act](data) if act in _FORMS else None
        seen = data.get("revision", "")
        self.seen_revision = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else None

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
    verb, values = _verb(sent)
    try:
        verb(withdrawal_id=withdrawal_id, by=by, origin=origin, at=at, **values)
    except StateConflict:
        withdrawal = selectors.withdrawal_by_id(withdrawal_id)
        if not is_done_already(act=sent.act, withdrawal=withdrawal, by=by, text=str(values.get("question", ""))):
            raise
    return ACTS[sent.act]


def _verb(sent: Sent) -> tuple[Callable[..., object], dict[str, Any]]:
    typed = sent.values
    verbs: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
        "claim": (banking.claim, {}),
        "unclaim": (banking.unclaim, {}),
        "approve": (banking.approve, {"seen_revision": sent.seen_revision}),
        "second": (banking.approve_second, {}),
        "refuse": (banking.refuse_second, {"reason": typed.get("refusal", "")}),
        "ask": (banking.ask, {"question": typed.get("question", "")}),
        "reject": (banking.reject, {"reason": typed.get("reason", ""), "note": typed.get("note", "")}),
    }
    return verbs[sent.act]
