"""Rows of the accounts rooms. Each room owns its models; Django finds them here."""

from accounts.activity.models import ActivityItem
from accounts.alerts.models import SecurityEventRecord
from accounts.approvals.models import Approval, ApprovalEvent
from accounts.audit.models import AuditCheckpoint, Delivery, JobRun, RecordedEvent
from accounts.devices.models import AppToken, WalletSession
from accounts.identity.models import OneTimeMessage, TotpUse, User
from accounts.limits.models import LimitUsage
from accounts.mfa.models import (
    AuthenticatorDevice,
    EmailDevice,
    PasswordDevice,
    PaymentPinDevice,
    PendingPin,
    SMSDevice,
)
from accounts.privacy.models import Consent, Export, ExportFile, PrivacySwitches, SwitchChange
from accounts.risk.models import RiskDecision
from accounts.statements.models import Statement, StatementFile
from accounts.stepup.models import Challenge, ChallengeEvent, SmallAmountCounter

__all__ = [
    "ActivityItem",
    "AppToken",
    "Approval",
    "ApprovalEvent",
    "AuditCheckpoint",
    "AuthenticatorDevice",
    "Challenge",
    "ChallengeEvent",
    "Consent",
    "Delivery",
    "EmailDevice",
    "Export",
    "ExportFile",
    "JobRun",
    "LimitUsage",
    "OneTimeMessage",
    "PasswordDevice",
    "PaymentPinDevice",
    "PendingPin",
    "PrivacySwitches",
    "RecordedEvent",
    "RiskDecision",
    "SMSDevice",
    "SecurityEventRecord",
    "SmallAmountCounter",
    "Statement",
    "StatementFile",
    "SwitchChange",
    "TotpUse",
    "User",
    "WalletSession",
]
