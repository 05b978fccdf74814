"""The house: settings, addresses, the Celery app, and the library the five apps stand on."""
