"""Second factors: their secrets are sealed for their owner, and a TOTP code works once (holes 2 and 3)."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter

from accounts.identity.policy import own_contact
from wallet_project.lib.crypto import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.identity.models import User

PLACE = "mfa_authenticator.data"
_OWNER: ContextVar[str] = ContextVar("mfa_owner", default="")


class NoOwner(RuntimeError):
    """A defect: a second factor is sealed for somebody, and nobody was named."""


@contextmanager
def sealing_for(user: User) -> Iterator[None]:
    """Names the owner where there is no request (demo data, commands, tests)."""
    token = _OWNER.set(str(user.pk))
    try:
        yield
    finally:
        _OWNER.reset(token)


def owner_of(sealed: str) -> str:
    """Whose second factor this ciphertext is: a row copied to somebody else's account gives itself away."""
    return unseal(sealed, place=PLACE).partition(":")[0]


class MFAAdapter(DefaultMFAAdapter):
    """allauth's second factors, sealed at rest with their owner's id inside."""

    def encrypt(self, text: str) -> str:
        """The TOTP secret or the recovery seed. Raises NoOwner."""
        owner = _OWNER.get()
        if not owner and context.request is not None and context.request.user.is_authenticated:
            owner = str(context.request.user.pk)
        if not owner:
            raise NoOwner
        return seal(f"{owner}:{text}", place=PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises CannotDecrypt; a secret in clear is refused, not used. The owner is checked where it is used."""
        return unseal(encrypted_text, place=PLACE).partition(":")[2]

    def build_totp_svg(self, url: str) -> str:
        """The picture alone: it stands in the page itself, whose policy allows no data addresses."""
        picture: str = super().build_totp_svg(url)
        return picture[picture.index("<svg") :]

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Notices are support/notifications, fed by security events."""

    def get_totp_label(self, user: User) -> str:
        """How the entry is named in the person's authenticator app."""
        return f"@{user.handle}" if user.handle else own_contact(user)
