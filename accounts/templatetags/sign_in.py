"""What allauth's pages know about a code under way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import template

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def code_expires(context: Context) -> datetime | None:
    """Until when the code of this page works; None where the page has none."""
    view: Any = context.get("view")
    process = getattr(view, "_process", None) or getattr(view, "process", None)
    if process is None:
        return None
    return datetime.fromtimestamp(process.state["at"], UTC) + timedelta(seconds=process.timeout)
