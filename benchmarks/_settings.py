"""The settings of a measured copy: development's, with static files served as in production and one more address."""

from wallet_project.settings.dev import *  # noqa: F403  # everything else is as `bin/run` has it

ROOT_URLCONF = "benchmarks._urls"
WHITENOISE_USE_FINDERS = False
WHITENOISE_AUTOREFRESH = False
