"""How kinds and states of operations read in the feed, and what can be filtered by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Kind:
    """``out`` and ``into`` say in a word or two what happened; ``icon`` is a name of the sprite."""

    out: str | Promise
    into: str | Promise
    icon_out: str
    icon_in: str


KINDS: dict[str, Kind] = {
    "transfer": Kind(_("Sent"), _("Received"), "arrow-up-right", "arrow-down-left"),
    "top_up": Kind(_("Given back"), _("Added money"), "undo-2", "plus"),
    "withdrawal": Kind(_("Withdrawn"), _("Came back"), "banknote", "undo-2"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """``tone`` is the look's (ok, wait, needs, bad, quiet); ``void`` means that no money moved in the end."""

    label: str | Promise
    tone: str
    void: bool = False


# Every state of states.md that a row of the feed can be in.
STATES: dict[str, Shown] = {
    "DRAFT": Shown(_("Not started"), "wait"),
    "AWAITING_METHOD": Shown(_("Waiting for you"), "needs"),
    "AWAITING_ACTION": Shown(_("Waiting for you"), "needs"),
    "AWAITING_STEP_UP": Shown(_("Waiting for your PIN"), "needs"),
    "AWAITING_CLAIM": Shown(_("Waiting to be picked up"), "wait"),
    "GRACE": Shown(_("Being sent"), "wait"),
    "PROCESSING": Shown(_("Processing"), "wait"),
    "SCREENING": Shown(_("Being checked"), "wait"),
    "UNDER_REVIEW": Shown(_("Being checked"), "wait"),
    "MISMATCH": Shown(_("Being checked"), "wait"),
    "AWAITING_CUSTOMER": Shown(_("Waiting for your answer"), "needs"),
    # Who else looks at it is the desk's affair: to its person it is being checked.
    "AWAITING_SECOND_APPROVAL": Shown(_("Being checked"), "wait"),
    "APPROVED": Shown(_("Approved"), "wait"),
    "SUBMITTED": Shown(_("On its way to the bank"), "wait"),
    "UNKNOWN": Shown(_("On its way to the bank"), "wait"),
    "SENT": Shown(_("Sent by our bank"), "wait"),
    "SETTLED": Shown(_("Arrived"), "ok"),
    "RETURNED": Shown(_("Back in your wallet"), "ok"),
    "CREDITED": Shown(_("Arrived"), "ok"),
    "COMPLETED": Shown(_("Completed"), "ok"),
    "DECLINED": Shown(_("Declined"), "bad", void=True),
    "REJECTED": Shown(_("Not approved"), "bad", void=True),
    "DECLINED_BY_PAYEE": Shown(_("Not accepted"), "quiet", void=True),
    "TAKEN_BACK": Shown(_("Taken back"), "quiet", void=True),
    "FAILED": Shown(_("Failed"), "bad", void=True),
    "CANCELLED": Shown(_("Cancelled"), "quiet", void=True),
    "EXPIRED": Shown(_("Expired"), "quiet", void=True),
}

# What ``type`` may be: a kind, or one direction of it.
TYPES: dict[str, tuple[str, str]] = {
    "transfer": ("transfer", ""),
    "sent": ("transfer", "OUT"),
    "received": ("transfer", "IN"),
    "top_up": ("top_up", "IN"),
    "withdrawal": ("withdrawal", ""),
}

TYPE_NAMES: dict[str, str | Promise] = {
    "sent": _("Sent"),
    "received": _("Received"),
    "top_up": _("Added money"),
    "withdrawal": _("Withdrawn"),
}


def title(kind: str, direction: str) -> str | Promise:
    """What happened, in a word or two."""
    return KINDS[kind].into if direction == "IN" else KINDS[kind].out


def icon(kind: str, direction: str) -> str:
    """The sprite's name for it."""
    return KINDS[kind].icon_in if direction == "IN" else KINDS[kind].icon_out
