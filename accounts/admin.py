"""Django's entry to the rooms' desk pages."""

from accounts.alerts import admin as alerts_admin
from accounts.approvals import admin as approvals_admin
from accounts.audit import admin as audit_admin
from accounts.identity import admin as identity_admin
from accounts.limits import admin as limits_admin
from accounts.mfa import admin as mfa_admin
from accounts.risk import admin as risk_admin

__all__ = [
    "alerts_admin",
    "approvals_admin",
    "audit_admin",
    "identity_admin",
    "limits_admin",
    "mfa_admin",
    "risk_admin",
]
