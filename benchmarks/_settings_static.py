"""The settings of a copy whose pages are weighed: static files hashed and compressed as in production."""

from benchmarks._settings import *  # noqa: F403  # everything else is as `bin/run` has it
from wallet_project.settings.base import STORAGES as STORAGES_OF_PRODUCTION

ROOT_URLCONF = "wallet_project.urls"
STORAGES = STORAGES_OF_PRODUCTION
