"""A person takes a statement with them, in both languages, on a phone and a desk, with and without JavaScript."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.identity.models import User
from accounts.statements import policy
from accounts.statements.models import Statement
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.chart import platform_account_id
from ledger.entries import EntryDraft, Leg
from tests.factories.people import now
from tests.factories.statements import pdf_text
from tests.journeys.matrix import WINDOWS, Window, sampled
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.person import Person

pytestmark = pytest.mark.browser

ALWAYS = (Window("en", phone=True, javascript=True), Window("zh-hans", phone=False, javascript=False))


def _taken(person: Person) -> bytes:
    """The file behind the page's button."""
    with person.page.expect_download() as coming:
        person.page.locator("main a[href$='/download/']").click()
    return Path(coming.value.path()).read_bytes()


@pytest.mark.parametrize("window", sampled(WINDOWS, always=ALWAYS, more=1, salt="statement"), ids=str)
def test_from_home_to_the_file_and_its_check(member: Callable[..., Person], window: Window) -> None:
    ann = member("ann", window, cents=12_345)
    ann.go("/home/")
    ann.follow("/statements/")
    ann.press("period")
    assert ann.page.locator("h2", has_text=ann.say("Your statement is ready")).is_visible()
    if window.javascript:  # axe is a script that waits for timers: where scripts are off it may wait for ever
        assert Axe().run(ann.page).response["violations"] == []
    content = _taken(ann)
    text = "".join(pdf_text(content).split())
    assert "".join(ann.say("Statement of account").split()) in text
    assert "€123.45" in text
    statement = Statement.objects.get(user__handle=ann.contact.partition("@")[0])
    assert hashlib.sha256(content).hexdigest() == statement.sha256

    ann.follow("/statements/verify/")
    ann.fill(number=statement.public_id, sha256=statement.sha256)
    ann.press("sha256")
    assert ann.page.get_by_text(ann.say("We issued this file")).is_visible()
    ann.fill(number=statement.public_id, sha256=statement.sha256[::-1])
    ann.press("sha256")
    assert ann.page.get_by_text(ann.say("We did not issue this file")).is_visible()


@pytest.mark.parametrize("window", [Window(), Window(javascript=False)], ids=str)
def test_a_long_one_is_made_in_the_background_and_told(member: Callable[..., Person], window: Window) -> None:
    ann = member("long", window)
    user = User.objects.get(handle=ann.contact.partition("@")[0])
    _many(user, policy.AT_ONCE_MAX + 200)
    ann.go("/statements/")
    ann.page.check("[name=format][value=csv]")
    ann.press("period")
    if window.javascript:
        ann.page.locator("h2", has_text=ann.say("Your statement is ready")).wait_for(timeout=60_000)
    else:
        for _ in range(120):
            if ann.page.locator("main a[href$='/download/']").count():
                break
            ann.page.wait_for_timeout(500)
            ann.page.reload()
    statement = Statement.objects.get(user=user)
    assert (statement.status, statement.entries) == ("READY", policy.AT_ONCE_MAX + 200)
    assert hashlib.sha256(_taken(ann)).hexdigest() == statement.sha256
    for _ in range(60):
        ann.go("/notifications/")
        if ann.page.locator(f"a[href='/statements/{statement.public_id}/']").count():
            break
        ann.page.wait_for_timeout(500)
    ann.follow(f"/statements/{statement.public_id}/")
    assert ann.page.get_by_text(statement.sha256).is_visible()


def _many(user: User, entries: int) -> None:
    wallet = wallet_of(user, "EUR")
    assert wallet is not None
    clearing, at = platform_account_id("clearing.stripe", "EUR"), now()
    drafts = [
        EntryDraft(ids.uuid7(at), "pay", "transfer", (Leg(wallet.id, 1, "EUR"), Leg(clearing, -1, "EUR")), at, "test")
        for _ in range(entries)
    ]
    with db.transaction():
        ledger.post_many(drafts)
