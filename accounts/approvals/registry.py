"""What two people must agree on before it happens: a room registers each kind of act once.

The proposal itself (maker, payload hash, diff, checker, expiry) is one mechanism for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class ApprovalPurpose:
    """One kind of act that needs a second pair of eyes.

    ``payload`` gives what would happen now (canonical values; a change voids the proposal), ``execute`` does it once
    approved, ``permission`` is what the checker must hold, ``expires_after`` how long a proposal stays open.
    """

    title: str | Promise
    permission: str
    payload: Callable[[UUID], Mapping[str, Any]]
    execute: Callable[..., object]
    expires_after: timedelta = timedelta(days=3)


purposes: Registry[ApprovalPurpose] = Registry("approval purpose")
