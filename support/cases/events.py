"""Names that are stored: they never change."""

from __future__ import annotations

READ_KIND = "personal_data_read"
"""The kind of the security event that says a member of staff read somebody's contact data."""
