"""Every column that could hold something personal says whether it does and how it is kept."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tests.architecture.not_personal import OF_PACKAGES, OURS
from wallet_project.lib.crypto import EncryptedTextField, FindableEmailField

APPS = ("accounts", "ledger", "payments", "transfers", "support")
KINDS = ("encrypted", "masked", "keyed", "hashed", "plain: ")
"""``keyed``: an HMAC under a key outside the database; ``hashed``: one way, of something no dictionary holds."""
SILENT = (
    models.AutoField,
    models.BooleanField,
    models.DateTimeField,
    models.IntegerField,
    models.TimeField,
    models.DurationField,
    models.DecimalField,
    models.UUIDField,
)
"""Kinds of columns that hold numbers and moments only. A date alone may be a birthday, so it is not among them."""


def _models(*, ours: bool) -> list[type[models.Model]]:
    found = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    return [model for model in found if (model._meta.app_label in APPS) is ours]


def _speaking(model: type[models.Model]) -> set[str]:
    """The columns of a model that could hold words, addresses or documents."""
    return {
        field.name
        for field in model._meta.local_fields
        if not field.is_relation and not field.choices and not isinstance(field, SILENT)
    }


def _declared(model: type[models.Model]) -> dict[str, str]:
    declared: dict[str, str] = getattr(model, "personal_data", {})
    return declared


@pytest.mark.parametrize("model", _models(ours=True), ids=lambda model: model._meta.label)
def test_each_column_of_ours_is_declared_or_explained(model: type[models.Model]) -> None:
    columns = {field.name for field in model._meta.local_fields}
    explained = set(OURS.get(model._meta.label, {}))
    assert _speaking(model) - set(_declared(model)) - explained == set(), "declare these in personal_data"
    assert set(_declared(model)) - columns == set(), "personal_data names columns that are gone"
    assert explained & set(_declared(model)) == set(), "either personal or not"


@pytest.mark.parametrize("model", _models(ours=True), ids=lambda model: model._meta.label)
def test_what_is_declared_encrypted_is_encrypted(model: type[models.Model]) -> None:
    for field in model._meta.local_fields:
        kept = _declared(model).get(field.name, "")
        assert kept.startswith(KINDS) or not kept, f"{field.name}: {kept}"
        if isinstance(field, EncryptedTextField):
            assert kept == "encrypted", f"{field.name} is sealed and must say so"
        elif kept == "encrypted":
            assert isinstance(field, models.BinaryField), f"{field.name} says encrypted and is not"
        if kept in ("keyed", "hashed"):
            assert isinstance(field, (models.CharField, ArrayField)), field.name
            assert getattr(field, "max_length", None) in (64, 128, None), field.name


@pytest.mark.parametrize("model", _models(ours=False), ids=lambda model: model._meta.label)
def test_each_column_of_a_package_is_explained(model: type[models.Model]) -> None:
    assert _speaking(model) - set(OF_PACKAGES.get(model._meta.label, {})) == set()


def test_the_list_names_only_what_exists() -> None:
    known = {model._meta.label: {field.name for field in model._meta.local_fields} for model in apps.get_models()}
    gone = {
        f"{label}.{name}"
        for table in (OURS, OF_PACKAGES)
        for label, fields in table.items()
        for name in fields
        if name not in known.get(label, ())
    }
    assert gone == set()


def test_an_undeclared_column_is_found() -> None:
    """The walk itself: a column that says nothing is a finding, a number is none."""

    class Stranger(models.Model):
        nickname = models.CharField(max_length=9)
        born_on = models.DateField()
        visits = models.IntegerField()

        class Meta:
            app_label = "accounts"
            managed = False

        def __str__(self) -> str:
            return str(self.pk)

    try:
        assert _speaking(Stranger) - set(_declared(Stranger)) == {"nickname", "born_on"}
    finally:
        del apps.all_models["accounts"]["stranger"]
        apps.clear_cache()


def test_an_address_of_a_package_is_sealed() -> None:
    email = apps.get_model("account", "EmailAddress")._meta.get_field("email")
    assert isinstance(email, FindableEmailField)
