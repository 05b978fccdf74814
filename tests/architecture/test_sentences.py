"""Everything people read can be said in every language, and is."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.forms import BaseForm
from django.template import Context, Template
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise

from ledger.formatting import format_money
from ledger.money import Money
from wallet_project.lib.wording import collect, said
from wallet_project.management.commands.messages import BORROWED, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog, Message

ROOT = Path(settings.BASE_DIR)
SITE_PACKAGES = Path(pytest.__file__).parents[1]
CODE = ("accounts", "ledger", "payments", "support", "transfers", "wallet_project")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w[^>]*>")
CHINESE = re.compile(r"[一-鿿]")
# The same in both languages.
SAME = {"API", "The JSON API", "id"}


def _catalogue(language: str) -> Catalog:
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as stream:
        return read_po(stream, abort_invalid=True)


def _keys(catalogue: Catalog) -> set[tuple[str | None, str]]:
    return {_key(message) for message in catalogue if message.id}


def _key(message: Message) -> tuple[str | None, str]:
    return message.context or None, message.id if isinstance(message.id, str) else message.id[0]


def _forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


# --- the catalogues


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_the_catalogue_says_what_the_code_says(language: str) -> None:
    """Run ``manage.py messages`` and write what it lists."""
    catalogue = _catalogue(language)
    assert _keys(catalogue) == _keys(sentences(language))
    assert not catalogue.obsolete
    assert [message.id for message in catalogue if message.id and (message.fuzzy or not said(message))] == []


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_placeholders_survive(language: str) -> None:
    for message in _catalogue(language):
        if message.id:
            wanted = sorted(PLACEHOLDER.findall(_forms(message.id)[-1]))
            for words in _forms(message.string):
                assert sorted(PLACEHOLDER.findall(words)) == wanted, (message.id, words)


def test_chinese_is_chinese() -> None:
    """Chinese signs, full-width punctuation between them, Latin digits, the polite form of address."""
    for message in _catalogue("zh_Hans"):
        for words in _forms(message.string):
            if not message.id or message.id in SAME:
                continue
            assert CHINESE.search(words) or "%" in words, (message.id, words)
            assert not re.search(r"[一-鿿][,;:!?]|[,;:!?][一-鿿]", words), (message.id, words)
            assert not re.search(r"[一-鿿]\.(?!\w)|[０-９Ａ-Ｚａ-ｚ]|你", words), (message.id, words)


def test_borrowed_sentences_are_still_said_by_their_owners() -> None:
    """A sentence the library changed would come back in its own words."""
    owners = collect(
        SITE_PACKAGES,
        (
            *("allauth/account", "allauth/mfa", "allauth/templates/account", "allauth/templates/mfa"),
            *("django/contrib/auth", "django/contrib/admin/templates"),
        ),
        skip=r"/migrations/|/tests/",
    )
    ours = {_key(message) for message in sentences("en")} - {(None, "")}
    assert ours - _keys(owners) == set()
    assert len(ours) > 50, BORROWED


# --- the templates


READ = {"aria-label", "title", "placeholder", "alt", "data-busy", "data-countdown", "data-over", "data-done"}
UNREAD_ELEMENTS = {"code", "script", "style"}
# Names and signs that are the same everywhere; Mei and the card stand in the picture on the landing page.
NAMES = re.compile(r"\b(EN|JSON|Mei C|Visa|EUR|W)\b|中文|&\w+;")
WHOLE = re.compile(
    r"""\{%\ *comment.*?endcomment\ *%\} | \{\#.*?\#\}
    | \{%\ *blocktrans(?:late)?\b.*?%\}.*?\{%\ *endblocktrans(?:late)?\ *%\}
    | \{%\ *block\ (?:\w*class|back)\ *%\}.*?\{%\ *endblock""",
    re.S | re.X,
)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
TRANSLATE = re.compile(r"\{% *trans(?:late)? +(?![^%]* as \w+ *%\})[^%]*%\}")
# A literal that reads like words and is not given to gettext.
LITERAL = re.compile(r"""(?<!_\()(["'])([A-Z][a-z]+|[A-Za-z]+ [^"']*)\1""")
TAGS_WITHOUT_WORDS = ("load", "translate", "trans", "url", "static", "extends", "include")


class _Words(HTMLParser):
    """Collects what a reader of the page would read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag in UNREAD_ELEMENTS
        self.read += [f"{name}: {value}" for name, value in attrs if name in READ and _letters(value or "")]

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in UNREAD_ELEMENTS

    def handle_data(self, data: str) -> None:
        if not self.depth and _letters(data):
            self.read.append(data.strip())


def _letters(text: str) -> bool:
    return any(sign.isalpha() for sign in NAMES.sub("", text))


def _templates() -> list[Path]:
    folder = ROOT / "templates"
    found = [path for ending in ("html", "txt") for path in sorted(folder.rglob(f"*.{ending}"))]
    return [path for path in found if folder / "dev" not in path.parents]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", _templates(), ids=_name)
def test_every_text_of_a_template_is_given_to_gettext(path: Path) -> None:
    source = WHOLE.sub("", path.read_text())
    rest = TAG.sub("", source)
    if path.suffix == ".txt":
        assert not _letters(rest), rest
    else:
        words = _Words()
        words.feed(rest)
        words.close()
        assert words.read == []
    literals = [
        match.group(2)
        for tag in TAG.findall(source)
        if not tag.strip("{% ").startswith(TAGS_WITHOUT_WORDS)
        for match in LITERAL.finditer(re.sub(r'\|(date|time):"[^"]*"', "", tag))
        if _letters(match.group(2))
    ]
    assert literals == []


@pytest.mark.parametrize("path", _templates(), ids=_name)
def test_no_template_joins_sentences(path: Path) -> None:
    """Two translations in one run of text are one sentence in pieces; their order differs by language."""
    source = WHOLE.sub("", path.read_text())
    runs = [run for run in re.split(r"<[^>]*>|\n", source) if len(TRANSLATE.findall(run)) > 1]
    assert [run for run in runs if not re.search(r"\{% *(if|else|elif|blocktrans)", run)] == []


# --- the code


TRANSLATORS = {
    "_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext",
}  # fmt: skip


def _sources() -> list[Path]:
    found = [path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if not re.search(r"/migrations/|/simulator/", path.as_posix())]


def _is_translation(node: ast.AST) -> bool:
    while isinstance(node, ast.FormattedValue | ast.BinOp):
        node = node.value if isinstance(node, ast.FormattedValue) else node.left
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str" and node.args:
        return _is_translation(node.args[0])
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATORS


def _joins(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        pieces: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            pieces = [node.left, node.right]
        elif isinstance(node, ast.JoinedStr):
            pieces = node.values
        if any(_is_translation(piece) for piece in pieces):
            yield node.lineno
        if isinstance(node, ast.Call) and _is_translation(node):
            yield from (part.lineno for part in node.args if isinstance(part, ast.JoinedStr))


@pytest.mark.parametrize("path", _sources(), ids=_name)
def test_no_sentence_is_joined_from_pieces(path: Path) -> None:
    assert list(_joins(ast.parse(path.read_text()))) == []


def test_the_search_for_joined_sentences_finds_them() -> None:
    bad = ['_("Sent") + name', "f\"{_('Sent')} {name}\"", '_(f"Sent {name}")', 'str(_("Sent")) + name']
    assert [len(list(_joins(ast.parse(source)))) for source in bad] == [1, 1, 1, 1]
    assert list(_joins(ast.parse('_("Sent to %(name)s") % {"name": name}'))) == []


# --- forms, models and the desk


def _subclasses(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _ours(kind: type) -> bool:
    return kind.__module__.split(".")[0] in CODE and "styleguide" not in kind.__module__


@pytest.fixture(scope="module")
def _everything_is_loaded() -> None:
    for path in _sources():
        if path.name in {"forms.py", "signup.py", "admin.py"}:
            import_module(_name(path).removesuffix(".py").replace("/", "."))


@pytest.mark.usefixtures("_everything_is_loaded")
def test_forms_speak_through_gettext() -> None:
    kinds = {kind for kind in _subclasses(BaseForm) if _ours(kind)}
    assert len(kinds) > 10
    for kind in kinds:
        for name, field in kind.base_fields.items():
            where = f"{kind.__name__}.{name}"
            assert field.widget.is_hidden or isinstance(field.label, Promise), f"{where} has a label of one language"
            assert not field.help_text or isinstance(field.help_text, Promise), f"{where} has help of one language"


@pytest.mark.usefixtures("_everything_is_loaded")
def test_the_desk_speaks_through_gettext() -> None:
    """What a column or an act is called has words; those of states are the pages' own (``ReadOnlyAdmin.words``)."""
    desks = {model: desk for model, desk in admin.site._registry.items() if _ours(model)}
    assert len(desks) > 8
    for model, desk in desks.items():
        assert isinstance(model._meta.verbose_name, Promise), model
        assert isinstance(model._meta.verbose_name_plural, Promise), model
        shown = (*desk.list_display, *desk.readonly_fields, *desk.actions)
        for name in shown:
            made = getattr(desk, name, None) if isinstance(name, str) else name
            if callable(made):
                assert isinstance(made.short_description, Promise), (model, name)


def test_choices_with_words_of_their_own_are_given_to_gettext() -> None:
    for model in apps.get_models():
        for field in model._meta.local_fields if _ours(model) else ():
            for value, label in field.flatchoices:
                plain = str(value).replace("_", " ").title()
                assert isinstance(label, Promise) or label in {plain, str(value)}, (model, field.name, label)


# --- dates and money


@pytest.mark.parametrize(
    ("language", "moment", "day", "time", "euros", "yen"),
    [
        ("en", "5 Nov 2026, 16:02", "5 Nov 2026", "16:02", "−€1,234.50", "¥1,235"),
        ("zh-hans", "2026年11月5日 16:02", "2026年11月5日", "16:02", "−€1,234.50", "JP¥1,235"),
    ],
)
def test_dates_and_money_read_as_in_the_language(
    language: str, moment: str, day: str, time: str, euros: str, yen: str
) -> None:
    at = datetime(2026, 11, 5, 15, 2, tzinfo=UTC)
    with translation.override(language), timezone.override(ZoneInfo("Europe/Berlin")):
        page = Template(
            '{% load money %}{{ at|date:"DATETIME_FORMAT" }}|{{ at|date:"DATE_FORMAT" }}|{{ at|time:"TIME_FORMAT" }}'
            "|{{ at }}|{% money owed %}"
        ).render(Context({"at": at, "owed": Money(-123450, "EUR")}))
    assert page == f"{moment}|{day}|{time}|{moment}|{euros}"
    assert format_money(Money(1235, "JPY"), language) == yen


@pytest.mark.parametrize(("language", "heading"), [("en", "Thursday, 5 November"), ("zh-hans", "11月5日 星期四")])
def test_a_day_of_the_feed_reads_as_in_the_language(language: str, heading: str) -> None:
    with translation.override(language):
        assert date_format(date(2026, 11, 5), translation.gettext("l, j F")) == heading
