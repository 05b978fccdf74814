"""A copy of one's own data: confirmed first, made in the background, taken only by its owner and only freshly."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.audit import services as audit
from accounts.audit.models import RecordedEvent
from accounts.devices.models import WalletSession
from accounts.identity.models import User
from accounts.mfa.errors import CodeWrong, PinRequired, ReauthenticationRequired
from accounts.privacy import exporting
from accounts.privacy.errors import ExportLinkExpired, ExportNotReady
from accounts.privacy.models import Export, ExportFile, ExportStatus
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeExpired, ChallengeUsed
from accounts.stepup.models import Challenge
from support.notifications.models import NoticeMessage, Notification
from tests.factories.people import ORIGIN, PIN, make_person, now
from tests.factories.sessions import browser
from wallet_project.lib import db

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits(settings: SettingsWrapper) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


@pytest.fixture
def alice() -> User:
    return make_person("alice")


def confirmed(user: User) -> Export:
    export, challenge = exporting.request_export(user=user, at=now())
    assert challenge is not None
    stepup.answer(challenge_id=challenge.pk, user=user, method="pin", code=PIN, at=now(), origin=ORIGIN)
    export.refresh_from_db()
    return export


def made(user: User) -> Export:
    export = confirmed(user)
    assert exporting.make_due(at=now()) == 1
    export.refresh_from_db()
    return export


def facts(name: str) -> list[dict[str, Any]]:
    return list(RecordedEvent.objects.filter(name=name).values_list("payload", flat=True))


class TestRequest:
    def test_waits_for_its_confirmation(self, alice: User) -> None:
        export, challenge = exporting.request_export(user=alice, at=now())
        assert challenge is not None
        assert (export.status, challenge.purpose, challenge.methods) == ("AWAITING_STEP_UP", "export", ["pin"])
        assert exporting.make_due(at=now()) == 0
        assert facts("privacy.export_requested") == []

    def test_asking_again_is_the_same_copy(self, alice: User) -> None:
        first, one = exporting.request_export(user=alice, at=now())
        second, other = exporting.request_export(user=alice, at=now())
        assert one is not None
        assert other is not None
        assert first.pk == second.pk
        assert one.pk != other.pk
        with pytest.raises(ChallengeExpired):
            stepup.answer(challenge_id=one.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
        assert Export.objects.get().status == ExportStatus.AWAITING_STEP_UP

    def test_one_under_way_needs_no_second_confirmation(self, alice: User) -> None:
        export = confirmed(alice)
        assert exporting.request_export(user=alice, at=now()) == (export, None)
        assert Export.objects.count() == 1

    def test_the_database_keeps_it_at_one(self, alice: User) -> None:
        confirmed(alice)
        with pytest.raises(IntegrityError), db.transaction():
            Export.objects.create(user=alice, requested_at=now(), next_try_at=now())

    def test_needs_a_pin(self) -> None:
        zoe = make_person("zoe", pin=None)
        with pytest.raises(PinRequired):
            exporting.request_export(user=zoe, at=now())
        assert Export.objects.count() == 0

    def test_a_wrong_pin_confirms_nothing(self, alice: User) -> None:
        export, challenge = exporting.request_export(user=alice, at=now())
        assert challenge is not None
        with pytest.raises(CodeWrong):
            stepup.answer(challenge_id=challenge.pk, user=alice, method="pin", code="000001", at=now(), origin=ORIGIN)
        export.refresh_from_db()
        assert export.status == ExportStatus.AWAITING_STEP_UP
        assert exporting.make_due(at=now()) == 0

    def test_a_confirmation_counts_once(self, alice: User) -> None:
        made(alice)
        challenge = Challenge.objects.get(purpose="export")
        with pytest.raises(ChallengeUsed):
            stepup.answer(challenge_id=challenge.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
        assert len(facts("privacy.export_requested")) == 1


class TestMake:
    def test_is_made_once_and_kept_for_a_week(self, alice: User) -> None:
        export = made(alice)
        assert export.status == ExportStatus.READY
        assert (export.parts_done, export.parts_total, export.attempts) == (3, 4, 1)
        assert export.made_at is not None
        assert export.expires_at == export.made_at + timedelta(days=7)
        assert exporting.make_due(at=now()) == 0
        assert [fact["status"] for fact in facts("privacy.export_ended")] == ["READY"]

    def test_a_dead_workers_copy_is_made_by_another(self, alice: User) -> None:
        export = confirmed(alice)
        Export.objects.update(status="WORKING", attempts=1, next_try_at=now() + timedelta(minutes=4))
        assert exporting.make_due(at=now()) == 0
        assert exporting.make_due(at=now() + timedelta(minutes=5)) == 1
        export.refresh_from_db()
        assert (export.status, export.attempts) == ("READY", 2)

    def test_after_the_last_try_it_failed_and_another_can_be_asked_for(self, alice: User) -> None:
        confirmed(alice)
        Export.objects.update(status="WORKING", attempts=exporting.ATTEMPTS_MAX, next_try_at=now())
        assert exporting.make_due(at=now()) == 0
        assert Export.objects.get().status == ExportStatus.FAILED
        assert [fact["status"] for fact in facts("privacy.export_ended")] == ["FAILED"]
        assert exporting.request_export(user=alice, at=now())[1] is not None

    def test_the_file_goes_after_a_week(self, alice: User) -> None:
        export = made(alice)
        assert export.expires_at is not None
        assert exporting.expire_due(at=export.expires_at - timedelta(seconds=1)) == 0
        assert exporting.expire_due(at=export.expires_at) == 1
        assert ExportFile.objects.count() == 0
        assert Export.objects.get().status == ExportStatus.EXPIRED
        with pytest.raises(ExportNotReady):
            exporting.link_key(user=alice, proved_at=now(), at=now())

    def test_what_nobody_confirmed_ends_after_a_day(self, alice: User) -> None:
        exporting.request_export(user=alice, at=now())
        assert exporting.expire_due(at=now() + timedelta(hours=23)) == 0
        assert exporting.expire_due(at=now() + timedelta(hours=25)) == 1
        assert Export.objects.get().status == ExportStatus.EXPIRED


class TestTold:
    def told(self) -> list[str]:
        while audit.dispatch_due(at=now() + timedelta(seconds=1)):
            pass
        return list(Notification.objects.filter(kind__startswith="export").values_list("kind", flat=True))

    def test_that_it_is_ready_by_a_message_too(self, alice: User) -> None:
        """Whoever took a session over cannot take the data unseen."""
        confirmed(alice)
        assert self.told() == []
        exporting.make_due(at=now())
        assert self.told() == ["export_ready"]
        assert NoticeMessage.objects.filter(notification__kind="export_ready", channel="email").count() == 1
        assert b'href="/settings/privacy/copy/"' in browser(alice).get("/notifications/").content

    def test_that_it_failed(self, alice: User) -> None:
        confirmed(alice)
        Export.objects.update(status="WORKING", attempts=exporting.ATTEMPTS_MAX, next_try_at=now())
        exporting.make_due(at=now())
        assert self.told() == ["export_failed"]


class TestTake:
    def test_only_who_has_just_proved_themself_gets_an_address(self, alice: User) -> None:
        made(alice)
        for proved_at in (None, now() - timedelta(minutes=5, seconds=1)):
            with pytest.raises(ReauthenticationRequired):
                exporting.link_key(user=alice, proved_at=proved_at, at=now())

    def test_the_address_of_somebody_else_opens_nothing(self, alice: User) -> None:
        mallory = make_person("mallory")
        made(alice)
        made(mallory)
        key = exporting.link_key(user=alice, proved_at=now(), at=now())
        with pytest.raises(ExportLinkExpired):
            exporting.content_of(user=mallory, key=key, origin=ORIGIN, at=now())
        assert not RecordedEvent.objects.filter(payload__kind="export_downloaded").exists()

    def test_each_download_is_recorded(self, alice: User) -> None:
        made(alice)
        key = exporting.link_key(user=alice, proved_at=now(), at=now())
        content = exporting.content_of(user=alice, key=key, origin=ORIGIN, at=now())
        with zipfile.ZipFile(BytesIO(content)) as archived:
            assert json.loads(archived.read("data.json"))["person"] == alice.public_id
        event = RecordedEvent.objects.get(payload__kind="export_downloaded")
        assert event.subject_id == alice.pk


class TestPages:
    @pytest.fixture
    def person(self, alice: User) -> Client:
        return browser(alice)

    def test_from_asking_to_the_file(self, alice: User, person: Client) -> None:
        assert b'href="/settings/privacy/copy/"' in person.get("/settings/privacy/").content
        answer = person.post("/settings/privacy/copy/")
        assert answer.status_code == 302
        confirm = answer["Location"]
        assert "Get a copy of your data" in person.get(confirm).content.decode()
        answer = person.post(confirm, {"method": "pin", "code": PIN})
        assert (answer.status_code, answer["Location"]) == (302, "/settings/privacy/copy/")
        assert "Your copy is being made" in person.get("/settings/privacy/copy/").content.decode()
        assert person.get("/settings/privacy/copy/state/?seen=REQUESTED.0").status_code == 204
        assert exporting.make_due(at=now()) == 1
        assert person.get("/settings/privacy/copy/state/?seen=REQUESTED.0").status_code == 286
        assert "Your copy is ready" in person.get("/settings/privacy/copy/").content.decode()
        WalletSession.objects.filter(user=alice).update(authenticated_at=timezone.now())
        answer = person.post("/settings/privacy/copy/download/")
        assert answer.status_code == 302
        file = person.get(answer["Location"])
        assert (file.status_code, file["Content-Type"]) == (200, "application/zip")
        assert file["Content-Disposition"] == 'attachment; filename="wallet-data.zip"'
        assert "no-store" in file["Cache-Control"]
        assert zipfile.ZipFile(BytesIO(file.content)).testzip() is None

    def test_an_old_sign_in_is_asked_to_prove_itself(self, alice: User, person: Client) -> None:
        made(alice)
        WalletSession.objects.filter(user=alice).update(authenticated_at=timezone.now() - timedelta(minutes=6))
        answer = person.post("/settings/privacy/copy/download/")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/reauthenticate/?next=")

    @pytest.mark.parametrize("key", ["", "forged", "1abcde:AAAA"])
    def test_a_forged_address(self, alice: User, person: Client, key: str) -> None:
        made(alice)
        assert person.get(f"/settings/privacy/copy/file/?key={key}").status_code == 410

    def test_nothing_to_take(self, person: Client) -> None:
        assert person.get("/settings/privacy/copy/file/?key=x").status_code == 409
        assert person.post("/settings/privacy/copy/download/").status_code == 409
        assert person.get("/settings/privacy/copy/state/").status_code == 204

    def test_of_another_person_nothing_is_seen(self, alice: User) -> None:
        made(alice)
        page = browser(make_person("mallory")).get("/settings/privacy/copy/").content.decode()
        assert "Your copy is ready" not in page
