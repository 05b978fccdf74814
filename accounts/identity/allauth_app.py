"""How ``allauth.account`` is installed with us."""

from allauth.account.apps import AccountConfig


class SealedAccountConfig(AccountConfig):
    """allauth's app with its one personal column sealed (docs/adr: e-mail addresses of allauth)."""

    def import_models(self) -> None:
        """Replaces ``EmailAddress.email`` by a field of the same column type that stores ciphertext."""
        super().import_models()
        from accounts.identity.sealing import seal_email_addresses

        seal_email_addresses()
