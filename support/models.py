"""Django's entry to the rooms' rows."""

from support.help.models import HelpRequest
from support.notifications.models import NoticeMessage, Notification

__all__ = ["HelpRequest", "NoticeMessage", "Notification"]
