"""The desk's reasons, by their former name."""

from accounts.staff.wording import READ_REASONS

__all__ = ["READ_REASONS"]
