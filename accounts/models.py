"""Rows of the accounts rooms. Each room owns its models; Django finds them here."""

from accounts.activity.models import ActivityItem
from accounts.audit.models import Delivery, RecordedEvent
from accounts.devices.models import AppToken, WalletSession
from accounts.identity.models import OneTimeMessage, TotpUse, User
from accounts.limits.models import LimitUsage
from accounts.risk.models import RiskDecision

__all__ = [
    "ActivityItem",
    "AppToken",
    "Delivery",
    "LimitUsage",
    "OneTimeMessage",
    "RecordedEvent",
    "RiskDecision",
    "TotpUse",
    "User",
    "WalletSession",
]
