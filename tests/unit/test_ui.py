"""The components: what they draw, and that every page keeps to them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from wallet_project.lib import theme
from wallet_project.lib.templatetags import ui
from wallet_project.lib.widgets import AmountInput, CodeInput, PinInput

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ICONS = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/img/icons.svg").read_text()))


def draw(text: str, **context: object) -> str:
    return " ".join(Template("{% load ui %}" + text).render(Context(context)).split())


class SampleForm(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="We send a code.")
    note = forms.CharField(required=False)
    amount = forms.CharField(widget=AmountInput)
    code = forms.CharField(widget=CodeInput)
    pin = forms.CharField(widget=PinInput)
    password = forms.CharField(widget=forms.PasswordInput)
    agreed = forms.BooleanField(label="I agree")
    way = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, label="Way")


class TestInitials:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Mei C•••", "MC"),
            ("Maximiliane Katharina von H•••", "MH"),
            ("•美", "美"),
            ("王小美", "美"),
            ("a•••@e•••.com", "A"),
            ("+86 138••••5678", ""),
            ("🎉", ""),
            ("", ""),
        ],
    )
    def test_takes_the_letters_people_know(self, name: str, expected: str) -> None:
        assert ui.initials(name) == expected


class TestField:
    @pytest.mark.parametrize(("language", "sentence"), [("en", "Fill in “E-mail”."), ("zh-hans", "请填写“E-mail”。")])
    def test_a_required_field_is_named_in_the_same_words_twice(self, language: str, sentence: str) -> None:
        with translation.override(language):
            form = SampleForm({})
            assert draw("{% error_summary form %}", form=form).count(sentence) == 1
            assert sentence in draw("{% field form.email %}", form=form)

    def test_joins_hint_and_errors_to_the_control(self) -> None:
        drawn = draw("{% field form.email %}", form=SampleForm({"email": "mei@"}))
        assert 'for="id_email"' in drawn
        assert 'id="id_email_helptext"' in drawn
        assert 'id="id_email_error"' in drawn
        assert 'aria-describedby="id_email_helptext id_email_error"' in drawn
        assert 'aria-invalid="true"' in drawn

    def test_says_which_fields_may_stay_empty(self) -> None:
        assert "(optional)" in draw("{% field form.note %}", form=SampleForm())
        assert "(optional)" not in draw("{% field form.email %}", form=SampleForm())

    def test_groups_choices_under_a_legend(self) -> None:
        drawn = draw("{% field form.way %}", form=SampleForm())
        assert drawn.startswith("<fieldset")
        assert '<legend class="label">Way</legend>' in drawn

    def test_puts_a_single_box_before_its_words(self) -> None:
        drawn = draw("{% field form.agreed %}", form=SampleForm())
        assert drawn.index("<input") < drawn.index("I agree")

    def test_offers_to_show_a_password_but_never_a_pin(self) -> None:
        assert "data-reveal" in draw("{% field form.password %}", form=SampleForm())
        assert "data-reveal" not in draw("{% field form.pin %}", form=SampleForm())

    def test_escapes_what_was_typed(self) -> None:
        drawn = draw("{% field form.note %}", form=SampleForm({"note": '"><script>alert(1)</script>'}))
        assert "<script>" not in drawn


class TestInputs:
    def test_give_phones_the_right_keyboard_and_autofill(self) -> None:
        form = SampleForm()
        assert 'inputmode="decimal"' in str(form["amount"])
        assert 'type="text"' in str(form["amount"])
        assert 'autocomplete="one-time-code"' in str(form["code"])
        assert 'inputmode="numeric"' in str(form["pin"])

    def test_never_send_a_pin_back_to_the_page(self) -> None:
        assert "135790" not in str(SampleForm({"pin": "135790"})["pin"])


class TestErrorSummary:
    def test_links_each_line_to_its_field_in_the_same_words(self) -> None:
        form = SampleForm({"email": "mei@"})
        drawn = draw("{% error_summary form %}", form=form)
        assert f'<a href="#id_email">{form.errors["email"][0]}</a>' in drawn
        assert "autofocus" in drawn

    def test_is_silent_when_nothing_is_wrong(self) -> None:
        assert draw("{% error_summary form %}", form=SampleForm()) == ""


class TestBlocks:
    def test_a_card_draws_its_content_once(self) -> None:
        drawn = draw('{% card "Title" link="/all/" link_label="See all" %}<p>in</p>{% endcard %}')
        assert drawn.count("<p>in</p>") == 1
        assert '<a class="card__link" href="/all/">See all</a>' in drawn

    def test_values_inside_a_block_stay_escaped(self) -> None:
        drawn = draw('{% summary_row "Note" %}{{ note }}{% endsummary_row %}', note="<b>")
        assert "&lt;b&gt;" in drawn

    def test_only_a_bad_banner_interrupts_a_screen_reader(self) -> None:
        assert 'role="alert"' in draw('{% banner "bad" %}x{% endbanner %}')
        assert 'role="alert"' not in draw('{% banner "needs" %}x{% endbanner %}')

    def test_an_unknown_tone_is_a_defect(self) -> None:
        with pytest.raises(KeyError):
            draw('{% status "green" "Done" %}')

    def test_a_countdown_is_a_whole_sentence_without_javascript(self) -> None:
        drawn = draw("{% countdown until %}", until=datetime(2026, 3, 1, 14, 35, tzinfo=UTC))
        assert "Expires at 14:35" in drawn
        assert 'datetime="2026-03-01T14:35:00+00:00"' in drawn


class TestLanguage:
    @pytest.mark.parametrize(("code", "expected"), [("en", "en"), ("zh-hans", "zh-Hans"), ("en-gb", "en-GB")])
    def test_names_it_as_browsers_expect(self, code: str, expected: str) -> None:
        with translation.override(code):
            assert ui.html_lang() == expected


class TestTheme:
    @pytest.mark.parametrize(("cookie", "expected"), [("dark", "dark"), ("light", "light"), ("system", ""), ("x", "")])
    def test_reads_the_choice_of_this_browser(self, cookie: str, expected: str) -> None:
        request = RequestFactory().get("/")
        request.COOKIES["theme"] = cookie
        assert theme.chosen(request) == expected

    def test_keeps_the_choice_and_goes_back(self) -> None:
        response = theme.set_theme(RequestFactory().post("/theme/", {"theme": "dark", "next": "/home/?a=1"}))
        assert response["Location"] == "/home/?a=1"
        assert response.cookies["theme"].value == "dark"
        assert response.cookies["theme"]["httponly"]

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
    def test_never_leads_to_another_site(self, elsewhere: str) -> None:
        response = theme.set_theme(RequestFactory().post("/theme/", {"theme": "dark", "next": elsewhere}))
        assert response["Location"] == "/"

    def test_ignores_a_theme_that_does_not_exist(self) -> None:
        response = theme.set_theme(RequestFactory().post("/theme/", {"theme": "<b>", "next": "/"}))
        assert "theme" not in response.cookies

    def test_a_link_cannot_change_it(self) -> None:
        assert theme.set_theme(RequestFactory().get("/theme/")).status_code == 405


class TestTemplates:
    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
    def test_hold_no_inline_style_or_script(self, path: Path) -> None:
        if "emails" in path.parts:
            return  # mail clients read inline styles only
        text = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", text)
        assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", text)

    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
    def test_use_icons_that_exist(self, path: Path) -> None:
        text = path.read_text()
        used = set(re.findall(r'{% icon "([^"]+)"', text)) | set(re.findall(r'\bicon="([a-z][a-z0-9-]*)"', text))
        used |= set(re.findall(r'{% (?:nav_link|hero_action) (?:"[^"]*"|\S+) (?:"[^"]*"|\S+) "([^"]+)"', text))
        assert used <= ICONS

    def test_every_tone_has_an_icon(self) -> None:
        assert set(ui.TONES.values()) <= ICONS

    def test_the_sprite_is_what_its_list_says(self) -> None:
        assert set((ROOT / "static/img/icons.txt").read_text().split()) == ICONS
