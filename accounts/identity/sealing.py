"""Makes allauth's ``EmailAddress.email`` a sealed column.

allauth offers no swappable model, so its app is installed through our ``AppConfig``, which puts another field in
the place of the one it declared: same column, same type, same name; allauth only ever looks addresses up by
equality of their lower-case form, which a deterministic cipher answers. A system check and a test that reads the
raw column hold this in place (docs/adr).
"""

from __future__ import annotations

from typing import Any

from django.core import checks

from wallet_project.lib.crypto import FindableEmailField

PLACE = "account_emailaddress.email"


def seal_email_addresses() -> None:
    """Swaps the field; a second call changes nothing."""
    from allauth.account.models import EmailAddress

    declared = EmailAddress._meta.get_field("email")
    if isinstance(declared, FindableEmailField):
        return
    _name, _path, args, kwargs = declared.deconstruct()
    sealed = FindableEmailField(*args, place=PLACE, **kwargs)
    sealed.creation_counter = declared.creation_counter
    EmailAddress._meta.local_fields.remove(declared)
    sealed.contribute_to_class(EmailAddress, "email")


@checks.register(checks.Tags.security)
def email_addresses_are_sealed(**_: Any) -> list[checks.CheckMessage]:
    """E001 when allauth was installed without our AppConfig, and addresses would be stored in clear."""
    from allauth.account.models import EmailAddress

    if isinstance(EmailAddress._meta.get_field("email"), FindableEmailField):
        return []
    return [
        checks.Error(
            "allauth would store e-mail addresses in clear.",
            hint="Install accounts.identity.allauth_app.SealedAccountConfig in place of allauth.account.",
            id="accounts.E001",
        )
    ]
