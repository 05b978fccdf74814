"""Paying approved withdrawals out: write the file, hand it in, hear what became of it, ask when nobody says."""

from payments.payouts.services.asking import ask_due
from payments.payouts.services.attending import close, replay
from payments.payouts.services.building import build_batch
from payments.payouts.services.collecting import collect
from payments.payouts.services.handling import handle_due
from payments.payouts.services.sending import send_due

__all__ = ["ask_due", "build_batch", "close", "collect", "handle_due", "replay", "send_due"]
