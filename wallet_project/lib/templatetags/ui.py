"""The components every page is built from; ``docs/concepts/look.md`` shows each with an example.

The tags only arrange text that is already safe to show: they ask no database and know no business word.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django import template
from django.forms.fields import Field
from django.forms.widgets import CheckboxInput, RadioSelect, Select
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext

from wallet_project.lib import theme as themes

if TYPE_CHECKING:
    from datetime import datetime

    from django.forms import BaseForm
    from django.forms.boundfield import BoundField
    from django.template.context import Context
    from django.utils.safestring import SafeString

register = template.Library()

TONES = {
    "ok": "check",
    "wait": "clock",
    "needs": "triangle-alert",
    "bad": "circle-x",
    "info": "info",
    "quiet": "circle-dashed",
}
"""The six tones of tags and banners, each with its icon, so that no meaning rests on colour alone."""


# --- signs


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One lucide icon of the sprite. Decorative unless ``label`` says what it means."""
    href = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.inclusion_tag("components/status.html")
def status(tone: str, label: str, icon: str = "") -> dict[str, Any]:
    """A state as icon and word. ``tone`` is one of TONES; another name raises KeyError."""
    return {"tone": tone, "label": label, "icon": icon or TONES[tone]}


@register.inclusion_tag("components/avatar.html")
def avatar(name: str = "", icon: str = "", size: str = "") -> dict[str, Any]:
    """A round sign for a person (initials of a shown, already masked name) or for a thing (an icon)."""
    return {"initials": initials(name), "icon": icon, "size": size}


@register.filter
def initials(name: str) -> str:
    """At most two letters of a shown name: "Mei C•••" → "MC", "•美" → "美", "a•••@e•••.com" → "A".

    Written scripts without letter case (Chinese, Japanese, Korean) give one sign, the last of a short name.
    """
    letters = "".join(sign if unicodedata.category(sign)[0] == "L" else " " for sign in name.split("@")[0])
    words = letters.split()
    if not words:
        return ""
    if unicodedata.category(words[0][0]) == "Lo":
        return words[0][-1] if len(words[0]) <= 3 else words[0][0]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


# --- forms


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str = "", hint: str = "", optional: bool | None = None) -> dict[str, Any]:
    """A form field with its label, hint and errors, joined for screen readers. ``hint`` replaces help_text."""
    return _field_context(bound, label=label, hint=hint, optional=optional)


@register.inclusion_tag("components/amount_field.html")
def amount_field(
    bound: BoundField, currency: str = "", currency_field: BoundField | None = None, label: str = "", hint: str = ""
) -> dict[str, Any]:
    """The big amount. ``currency`` is an ISO code to show beside it; ``currency_field`` a select to choose it."""
    context = _field_context(bound, label=label, hint=hint, optional=False)
    return context | {"currency": currency, "currency_field": currency_field}


def _field_context(bound: BoundField, *, label: str, hint: str, optional: bool | None) -> dict[str, Any]:
    hint = hint or str(bound.help_text)
    described = [f"{bound.auto_id}_helptext"] if hint else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    widget = bound.field.widget
    input_type = getattr(widget, "input_type", "")
    grouped = bool(widget.use_fieldset)
    attributes: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described and not grouped else {}
    if "placeholder" in widget.attrs:
        attributes["placeholder"] = False  # it repeats the label (allauth), and goes when one needs it
    return {
        "field": bound,
        "errors": _said(bound),
        "control": bound.as_widget(attrs=attributes),
        "label": label or bound.label,
        "hint": hint,
        "hidden": bound.is_hidden,
        "single_check": input_type == "checkbox" and not grouped,
        "grouped": grouped,
        "described": " ".join(described),
        "reveal": input_type == "password" and "inputmode" not in widget.attrs,
        "optional": _may_stay_empty(bound) if optional is None else optional,
    }


def _said(bound: BoundField) -> list[str]:
    """The field's errors. Where Django would only say that something is required, the sentence names the field."""
    plain = Field.default_error_messages["required"]
    return [
        gettext("Fill in “%(field)s”.") % {"field": bound.label} if error == plain else str(error)
        for error in bound.errors
    ]


def _may_stay_empty(bound: BoundField) -> bool:
    """Typed fields say "(optional)"; a choice always has an answer, so it would only be noise there."""
    choice = isinstance(bound.field.widget, (Select, RadioSelect, CheckboxInput))
    return not bound.field.required and not choice


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """What is wrong with the form, each line a link to its field; it takes the focus when the page opens."""
    lines = [(bound.id_for_label or bound.auto_id, error) for bound in form.visible_fields() for error in _said(bound)]
    lines += [("", error) for bound in form.hidden_fields() for error in _said(bound)]
    return {"lines": lines, "general": form.non_field_errors()}


@register.inclusion_tag("components/button.html")
def button(
    label: str,
    tone: str = "primary",
    icon: str = "",
    name: str = "",
    value: str = "",
    form: str = "",
    busy: str = "",
) -> dict[str, Any]:
    """A submit button. ``tone``: primary, secondary, quiet or danger; ``busy`` is its word while the form is sent."""
    return {"label": label, "tone": tone, "icon": icon, "name": name, "value": value, "form": form, "busy": busy}


@register.inclusion_tag("components/link_button.html")
def link_button(label: str, url: str, tone: str = "primary", icon: str = "") -> dict[str, Any]:
    """A link that looks like a button: for going somewhere, never for changing something."""
    return {"label": label, "url": url, "tone": tone, "icon": icon}


@register.inclusion_tag("components/copy.html")
def copy(text: str, label: str = "") -> dict[str, Any]:
    """A text with a button that copies it (the button appears with JavaScript). ``label`` names the text."""
    return {"text": text, "label": label}


# --- blocks


@register.inclusion_tag("components/steps.html")
def steps(current: int, total: int) -> dict[str, Any]:
    """ "Step 3 of 4" with its bar."""
    return {"current": current, "total": total, "bars": range(1, total + 1)}


@register.simple_block_tag
def card(content: SafeString, title: str = "", link: str = "", link_label: str = "", tone: str = "") -> SafeString:
    """A surface with a heading and, at its right, one link. ``tone="needs"`` asks the person for something."""
    return _render("card", content, title=title, link=link, link_label=link_label, tone=tone)


@register.simple_block_tag
def banner(content: SafeString, tone: str = "info", title: str = "", icon: str = "") -> SafeString:
    """A message in the page: ``tone`` info, ok, needs or bad; bad is announced at once."""
    return _render("banner", content, tone=tone, title=title, icon=icon or TONES[tone])


@register.simple_block_tag
def summary_list(content: SafeString, plain: bool = False) -> SafeString:
    """A list of names and values (``summary_row`` inside). ``plain`` leaves the surface out."""
    return _render("summary_list", content, plain=plain)


@register.simple_block_tag
def summary_row(
    content: SafeString, label: str, change: str = "", change_label: str = "", strong: bool = False
) -> SafeString:
    """One row; ``change`` is the page that changes it, ``change_label`` what it changes, for screen readers."""
    return _render("summary_row", content, label=label, change=change, change_label=change_label, strong=strong)


@register.simple_block_tag
def timeline(content: SafeString, label: str = "") -> SafeString:
    """What happened, oldest first (``timeline_item`` inside)."""
    return _render("timeline", content, label=label)


@register.simple_block_tag
def timeline_item(content: SafeString, title: str, state: str = "done") -> SafeString:
    """One event; ``state`` is done, now, todo or bad; the content is the quiet text beside the title."""
    return _render("timeline_item", content, title=title, state=state)


@register.simple_block_tag
def dialog(content: SafeString, name: str, title: str) -> SafeString:
    """A modal dialog, opened by ``dialog_link`` of the same name; the content holds its form or text."""
    return _render("dialog", content, name=name, title=title)


@register.inclusion_tag("components/dialog_link.html")
def dialog_link(label: str, name: str, url: str, tone: str = "quiet") -> dict[str, Any]:
    """A link to ``url`` that with JavaScript opens the dialog ``name`` instead."""
    return {"label": label, "name": name, "url": url, "tone": tone}


@register.simple_block_tag
def sticky_action(content: SafeString, note: str = "") -> SafeString:
    """The act of a focus page, at the bottom of the phone's screen; ``note`` says what comes next."""
    return _render("sticky_action", content, note=note)


def _render(component: str, content: SafeString, **values: Any) -> SafeString:
    return render_to_string(f"components/{component}.html", {"content": content} | values)


# --- rows and lists


@register.inclusion_tag("components/activity_row.html")
def activity_row(
    title: str,
    detail: str,
    amount: str,
    currency: str = "",
    url: str = "",
    icon: str = "",
    incoming: bool = False,
    undone: bool = False,
) -> dict[str, Any]:
    """One line of a feed. ``amount`` is formatted with its sign; ``undone`` strikes money that did not move."""
    return {
        "title": title,
        "detail": detail,
        "amount": amount,
        "currency": currency,
        "url": url,
        "icon": icon,
        "incoming": incoming,
        "undone": undone,
    }


@register.inclusion_tag("components/recipient_row.html")
def recipient_row(
    name: str, detail: str = "", url: str = "", note: str = "", tone: str = "quiet", icon: str = ""
) -> dict[str, Any]:
    """A person by masked name and identifier; ``note`` is a tag such as "First time"."""
    return {"name": name, "detail": detail, "url": url, "note": note, "tone": tone, "icon": icon}


@register.inclusion_tag("components/hero_action.html")
def hero_action(label: str, url: str, icon: str) -> dict[str, Any]:
    """One of the actions under the balance."""
    return {"label": label, "url": url, "icon": icon}


@register.inclusion_tag("components/empty.html")
def empty(title: str, text: str = "", icon: str = "list", url: str = "", action: str = "") -> dict[str, Any]:
    """What a list says when there is nothing, with the one thing to do about it."""
    return {"title": title, "text": text, "icon": icon, "url": url, "action": action}


@register.inclusion_tag("components/load_more.html")
def load_more(url: str, label: str = "") -> dict[str, Any]:
    """The next page of a list. With htmx the answer (rows, then the next ``load_more``) takes its place."""
    return {"url": url, "label": label}


@register.inclusion_tag("components/countdown.html")
def countdown(until: datetime, kind: str = "expires") -> dict[str, Any]:
    """ "Expires at 14:35"; with JavaScript "Expires in 4:12". ``kind="again"``: when a lock ends."""
    return {"until": until, "kind": kind}


# --- the frame


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(
    context: Context, url_name: str, label: str, icon: str, badge: int = 0, phone: bool = True, tab: str = ""
) -> dict[str, Any]:
    """One entry of the navigation; ``phone=False`` leaves it out of the bottom tabs. Current by path.

    ``tab`` is a shorter word for the tab of a phone, where the label would take two lines; it is read out in full.
    """
    url = reverse(url_name)
    request = context.get("request")
    current = request is not None and request.path.startswith(url)
    return {"url": url, "label": label, "icon": icon, "badge": badge, "phone": phone, "current": current, "tab": tab}


@register.simple_tag
def html_lang() -> str:
    """The active language as ``lang`` wants it: zh-hans → zh-Hans, en-us → en-US."""
    first, *rest = (translation.get_language() or "en").split("-")
    return "-".join([first, *(part.title() if len(part) == 4 else part.upper() for part in rest)])


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The theme this browser asked for, else the signed-in person's, else "" (the system's)."""
    request = context.get("request")
    return themes.chosen(request) if request else ""


@register.inclusion_tag("components/language_switch.html", takes_context=True)
def language_switch(context: Context) -> dict[str, Any]:
    """A form of two buttons, the languages in their own words. It posts to ``set_language``."""
    return {"request": context.get("request"), "current": translation.get_language(), "action": _url("set_language")}


@register.inclusion_tag("components/theme_switch.html", takes_context=True)
def theme_switch(context: Context) -> dict[str, Any]:
    """A form of three buttons: system, light, dark. It posts to ``set_theme``."""
    request = context.get("request")
    current = themes.chosen(request) if request else ""
    return {"request": request, "current": current or themes.SYSTEM, "action": _url("set_theme")}


def _url(name: str) -> str:
    """An address that may not be mounted (error pages render without a URLconf in some failures)."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
