"""The verbs of step-up: challenges, exemptions, and the flows of the payment PIN that use them."""

from accounts.stepup.services.challenges import (
    Answered,
    answer,
    cancel,
    consume,
    expire_challenges,
    open_challenge,
    renew,
    send_code,
    void,
)
from accounts.stepup.services.exemptions import exemption_for
from accounts.stepup.services.pins import begin_pin, begin_reset, change_pin, confirm_pin

__all__ = [
    "Answered",
    "answer",
    "begin_pin",
    "begin_reset",
    "cancel",
    "change_pin",
    "confirm_pin",
    "consume",
    "exemption_for",
    "expire_challenges",
    "open_challenge",
    "renew",
    "send_code",
    "void",
]
