"""Production refuses to start on a missing, sample, short, malformed or repeated secret, in a sentence."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from wallet_project import env
from wallet_project.local.places import ROOT
from wallet_project.local.testing.checks import production

if TYPE_CHECKING:
    from pathlib import Path

DATABASE = "postgresql://wallet_app:word@127.0.0.1:1/wallet"


@pytest.fixture
def prod(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in production().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WALLET_ENV", "prod")
    return monkeypatch


def refusal() -> str:
    with pytest.raises(env.Refused) as caught:
        env.load_secrets()
    return str(caught.value)


class TestSecretsOfProduction:
    def test_good_ones_are_taken_as_they_are(self, prod: pytest.MonkeyPatch) -> None:
        loaded = env.load_secrets()
        assert set(loaded) == set(env.SECRETS)
        assert loaded["SECRET_KEY"] == os.environ["SECRET_KEY"]

    @pytest.mark.parametrize("name", sorted(env.SECRETS))
    def test_each_missing_one_is_refused_by_name(self, prod: pytest.MonkeyPatch, name: str) -> None:
        prod.delenv(name)
        assert refusal().startswith(f"{name} is missing: it ")

    @pytest.mark.parametrize("name", sorted(env.SECRETS))
    @pytest.mark.parametrize("sample", ["change-me-please-0123456789abcdefghijklmnopqrstuvwxyz", "a" * 64])
    def test_a_sample_is_refused(self, prod: pytest.MonkeyPatch, name: str, sample: str) -> None:
        prod.setenv(name, sample)
        assert refusal().startswith(f"{name} is a sample or too simple")

    def test_a_short_secret_key_is_refused(self, prod: pytest.MonkeyPatch) -> None:
        prod.setenv("SECRET_KEY", "kJ8mQ2vN5xR7tW1zY4bC")
        assert refusal().startswith(
            "SECRET_KEY is too short: use at least 50 random characters. Make one with: python3"
        )

    def test_a_key_of_another_length_is_refused(self, prod: pytest.MonkeyPatch) -> None:
        prod.setenv("PIN_PEPPER", base64.b64encode(bytes(range(31))).decode())
        assert refusal().startswith("PIN_PEPPER has 31 bytes and needs 32.")

    def test_a_key_that_is_not_base64_is_refused(self, prod: pytest.MonkeyPatch) -> None:
        prod.setenv("BLIND_INDEX_KEY", "kJ8mQ2vN5xR7tW1zY4bC!!")
        assert refusal().startswith("BLIND_INDEX_KEY is not base64.")

    def test_one_secret_for_two_uses_is_refused(self, prod: pytest.MonkeyPatch) -> None:
        prod.setenv("PIN_PEPPER", os.environ["BLIND_INDEX_KEY"])
        assert refusal().startswith("PIN_PEPPER repeats BLIND_INDEX_KEY: give every use its own secret.")

    def test_a_field_key_used_elsewhere_is_refused(self, prod: pytest.MonkeyPatch) -> None:
        prod.setenv("FIELD_KEYS", f"1:{os.environ['PIN_PEPPER']}")
        assert "repeats" in refusal()

    def test_one_field_key_under_two_names_is_refused(self, prod: pytest.MonkeyPatch) -> None:
        key = os.environ["FIELD_KEYS"].removeprefix("1:")
        prod.setenv("FIELD_KEYS", f"2:{key},1:{key}")
        assert refusal().startswith("FIELD_KEYS repeats FIELD_KEYS")

    @pytest.mark.parametrize("shape", ["{key}", "1:{key},1:{key}", "a b:{key}", ":{key}"])
    def test_malformed_field_keys_are_refused(self, prod: pytest.MonkeyPatch, shape: str) -> None:
        prod.setenv("FIELD_KEYS", shape.format(key=os.environ["FIELD_KEYS"].removeprefix("1:")))
        assert refusal().startswith("FIELD_KEYS is malformed: write kid:base64")

    def test_the_first_field_key_comes_first(self) -> None:
        new, old = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
        assert list(env.field_keys(f"2:{new},1:{old}")) == ["2", "1"]

    def test_an_unknown_environment_is_refused(self, prod: pytest.MonkeyPatch) -> None:
        prod.setenv("WALLET_ENV", "production")
        with pytest.raises(env.Refused, match="WALLET_ENV is 'production': set it to prod, dev or test"):
            env.name()

    def test_no_environment_is_production(self, prod: pytest.MonkeyPatch) -> None:
        prod.delenv("WALLET_ENV")
        assert env.settings_module() == "wallet_project.settings.prod"

    def test_production_reads_no_file_of_a_running_copy(self, prod: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "urls.env").write_text("export REDIS_URL=redis://elsewhere\n")
        prod.setenv("WALLET_VAR", str(tmp_path))
        prod.delenv("REDIS_URL", raising=False)
        assert env.text("REDIS_URL") == ""


class TestProcessOfProduction:
    """The whole process: one sentence on standard error, no trace, exit code 1."""

    def start(self, **changes: str) -> subprocess.CompletedProcess[str]:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        good = {**production(), "DATABASE_URL": DATABASE, "REDIS_URL": "redis://127.0.0.1:1"}
        given = {name: value for name, value in {**good, **changes}.items() if value}
        command = [sys.executable, "-c", "from wallet_project import env; env.start(); print('started')"]
        return subprocess.run(command, env={**keep, **given}, cwd=ROOT, capture_output=True, text=True, check=False)

    def test_starts_when_told_everything(self) -> None:
        done = self.start()
        assert (done.returncode, done.stdout, done.stderr) == (0, "started\n", "")

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            (
                {"PIN_PEPPER": ""},
                "The wallet does not start: PIN_PEPPER is missing: it is mixed into every payment PIN.",
            ),
            ({"DATABASE_URL": ""}, "The wallet does not start: DATABASE_URL is missing: write postgresql://"),
            ({"DATABASE_URL": "sqlite:///x"}, "The wallet does not start: A database address must read postgresql://"),
            ({"REDIS_URL": ""}, "The wallet does not start: REDIS_URL is missing: write redis://"),
            ({"ALLOWED_HOSTS": ""}, "The wallet does not start: ALLOWED_HOSTS is missing: list the names"),
            ({"ALLOWED_HOSTS": "*"}, "The wallet does not start: ALLOWED_HOSTS is *: list the names"),
            ({"PUBLIC_URL": "http://a.b"}, "The wallet does not start: PUBLIC_URL does not begin with https://"),
            ({"BANK_URL": ""}, "The wallet does not start: BANK_URL is missing: write the https address of the bank"),
            ({"BANK_URL": "http://a.b"}, "The wallet does not start: BANK_URL does not begin with https://"),
            ({"BANK_ACCOUNT_ID": ""}, "The wallet does not start: BANK_ACCOUNT_ID is missing: write what the bank"),
            ({"BANK_ACCOUNT_IBAN": ""}, "The wallet does not start: BANK_ACCOUNT_IBAN is missing: write the account"),
            ({"BANK_ACCOUNT_BIC": ""}, "The wallet does not start: BANK_ACCOUNT_BIC is missing: write the BIC of"),
            ({"BANK_ACCOUNT_HOLDER": ""}, "The wallet does not start: BANK_ACCOUNT_HOLDER is missing: write in whose"),
            ({"EMAIL_HOST": ""}, "The wallet does not start: EMAIL_HOST is missing: write the name of the server"),
            ({"SMS_GATEWAY_URL": ""}, "The wallet does not start: SMS_GATEWAY_URL is missing: write the https"),
            (
                {"SMS_GATEWAY_URL": "http://a.b"},
                "The wallet does not start: SMS_GATEWAY_URL does not begin with https://",
            ),
            ({"WALLET_ENV": "live"}, "The wallet does not start: WALLET_ENV is 'live': set it to prod, dev or test"),
            (
                {"STAFF_NETWORKS": "all"},
                "The wallet does not start: STAFF_NETWORKS holds 'all': write networks such as",
            ),
            ({"STAFF_NETWORKS": "10.0.0.7/8"}, "The wallet does not start: STAFF_NETWORKS holds '10.0.0.7/8': write"),
            ({"TRUSTED_PROXY_COUNT": "one"}, "The wallet does not start: TRUSTED_PROXY_COUNT is 'one': write a whole"),
        ],
    )
    def test_refuses_in_one_sentence(self, changes: dict[str, str], sentence: str) -> None:
        done = self.start(**changes)
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith(sentence)
        assert done.stderr.count("\n") == 1


class TestSecretsOfDevelopment:
    def test_are_made_once_and_readable_by_their_owner_only(self, tmp_path: Path) -> None:
        first = env.development_secrets(tmp_path)
        assert env.development_secrets(tmp_path) == first
        assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
        assert len(set(first.values())) == len(env.SECRETS)

    def test_a_folder_older_than_a_secret_gets_it_once_for_all(self, tmp_path: Path) -> None:
        made = env.development_secrets(tmp_path)
        older = {name: value for name, value in made.items() if name != "LEDGER_SIGNING_KEY"}
        (tmp_path / "secrets.json").write_text(json.dumps(older))
        one, other = env.development_secrets(tmp_path), env.development_secrets(tmp_path)
        assert one == other
        assert len(env.key_bytes("LEDGER_SIGNING_KEY", one["LEDGER_SIGNING_KEY"])) == 32
        assert len(set(one.values())) == len(env.SECRETS)

    def test_differ_between_two_copies(self, tmp_path: Path) -> None:
        one, other = env.development_secrets(tmp_path / "one"), env.development_secrets(tmp_path / "other")
        assert not set(one.values()) & set(other.values())

    def test_are_good_enough_for_production(self, tmp_path: Path, prod: pytest.MonkeyPatch) -> None:
        made = env.development_secrets(tmp_path)
        for name, value in made.items():
            prod.setenv(name, value)
        assert env.load_secrets() == made


class TestAddresses:
    def test_a_database_keeps_no_session_state_and_waits_briefly(self) -> None:
        settings = env.database("postgresql://us%40er:p%2Fw@db.internal:6432/wal?sslmode=require", application="wallet")
        assert (settings["USER"], settings["PASSWORD"]) == ("us@er", "p/w")
        assert (settings["HOST"], settings["PORT"], settings["NAME"]) == ("db.internal", "6432", "wal")
        assert settings["DISABLE_SERVER_SIDE_CURSORS"] is True
        assert settings["ATOMIC_REQUESTS"] is False
        assert settings["OPTIONS"] == {
            "connect_timeout": 2,
            "tcp_user_timeout": 3000,
            "target_session_attrs": "read-write",
            "application_name": "wallet",
            "sslmode": "require",
        }

    def test_one_valkey_has_a_number_per_use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REDIS_URL", "rediss://:word@cache.internal:6380/7?ssl_cert_reqs=required")
        assert env.redis_url(2) == "rediss://:word@cache.internal:6380/2?ssl_cert_reqs=required"
