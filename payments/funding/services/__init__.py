"""Adding money by card: start it, open the provider's page, settle it from what the provider says, or stop it."""

from payments.funding.services.settling import Settled, settle_from_provider
from payments.funding.services.starting import BelowMinimum, Started, WalletMissing, open_page, start_top_up
from payments.funding.services.stopping import ProviderUnavailable, TopUpNotCancellable, cancel_top_up
from payments.funding.services.sweeping import check_due, release_matured

__all__ = [
    "BelowMinimum",
    "ProviderUnavailable",
    "Settled",
    "Started",
    "TopUpNotCancellable",
    "WalletMissing",
    "cancel_top_up",
    "check_due",
    "open_page",
    "release_matured",
    "settle_from_provider",
    "start_top_up",
]
