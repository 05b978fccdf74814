"""Is the process alive, and can it serve? For load balancers and for `bin/run`. Also takes browsers' CSP reports."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from wallet_project.lib.json_body import read_json

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger("wallet.health")
REPORT_BYTES_MAX = 8_192
_migrated = False
_expected = False


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker, migrations and what the code calls are there; 503 names what is not, and nothing else."""
    checks = {"database": _database_answers(), "broker": _broker_answers()}
    checks["migrations"] = checks["database"] and _all_migrated()
    checks["database_checks"] = checks["migrations"] and _database_is_as_expected()
    return JsonResponse(
        {"status": "ok" if all(checks.values()) else "unavailable", "checks": checks},
        status=200 if all(checks.values()) else 503,
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        logger.exception("The database does not answer")
        return False
    return True


def _broker_answers() -> bool:
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        logger.exception("The broker does not answer")
        return False
    finally:
        client.close()


def _all_migrated() -> bool:
    """Asked until it is true once: a migrated database stays migrated for this code."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _database_is_as_expected() -> bool:
    """As `check --database default`: the SQL functions are this code's and the role is weak. Asked until true once."""
    global _expected
    if not _expected:
        wrong = [found for found in run_checks(tags=[Tags.database], databases=["default"]) if found.is_serious()]
        for found in wrong:
            logger.error("The database is not as this code expects it: %s", found.msg)
        _expected = not wrong
    return _expected


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Logs which directive a page broke, without query strings or page content."""
    try:
        if not 0 < int(request.headers.get("Content-Length") or 0) <= REPORT_BYTES_MAX:
            return HttpResponse(status=400)
        report = read_json(request.body).get("csp-report", {})
        page, blocked = (urlsplit(str(report.get(name, ""))) for name in ("document-uri", "blocked-uri"))
        logger.warning(
            "A page broke its content security policy",
            extra={
                "page": page.path[:200],
                "blocked": f"{blocked.netloc}{blocked.path}"[:200],
                "directive": str(report.get("effective-directive", ""))[:60],
            },
        )
    except (ValueError, AttributeError):
        return HttpResponse(status=400)
    return HttpResponse(status=204)
