"""Django's entry to the rooms' rows."""

from payments.funding.models import MaturedAtOnce, TopUp, TopUpEvent
from payments.inbox.models import ProviderEvent

__all__ = ["MaturedAtOnce", "ProviderEvent", "TopUp", "TopUpEvent"]
