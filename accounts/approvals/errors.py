"""Why a proposal is not decided the way somebody asked."""

from __future__ import annotations

from wallet_project.lib.errors import Invalid, WalletError


class SelfApproval(WalletError):
    """Who proposed it cannot decide about it."""

    code = "self_approval"


class NotPermitted(WalletError):
    """This member of staff may not decide about this kind of act."""

    code = "not_permitted"


class ApprovalExpired(WalletError):
    """It was open for too long."""

    code = "approval_expired"


class ApprovalVoid(WalletError):
    """What was proposed has changed since, so nobody may agree to it any more."""

    code = "approval_void"


class ApprovalClosed(WalletError):
    """It was decided before."""

    code = "state_conflict"


class AlreadyProposed(WalletError):
    """Something else is proposed for the same thing and not decided yet."""

    code = "state_conflict"


class ReasonMissing(Invalid):
    """A decision against somebody says why."""

    code = "reason_missing"
