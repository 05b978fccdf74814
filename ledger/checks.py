"""At start-up: are the SQL functions that this code calls the ones in the database?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Sequence

_POST = (
    "ledger_post(integer, uuid, text, bytea, uuid, timestamptz, text, text, jsonb, bigint[], bigint[], text[],"
    " uuid[], bigint[], timestamptz, boolean)"
)
_HOLD_OPEN = (
    "ledger_hold_open(integer, uuid, bigint, bigint, bigint, text, text, timestamptz, timestamptz, boolean, uuid)"
)
_OPEN_ACCOUNT = (
    "ledger_open_account(integer, bigint, uuid, text, uuid, text, text, text, integer, bigint, bigint, timestamptz)"
)
_POST_MANY = (
    "ledger_post_many(integer, uuid[], text[], bytea[], uuid[], timestamptz[], text[], text[], jsonb[], integer[],"
    " smallint[], bigint[], bigint[], text[], uuid[], bigint[], timestamptz, boolean, uuid, boolean)"
)
_POST_AND_HOLD = (
    "ledger_post_and_hold(integer, uuid, text, bytea, uuid, timestamptz, text, text, jsonb, bigint[], bigint[], text[],"
    " uuid, bigint, bigint, text, text, timestamptz, timestamptz, uuid)"
)
CALLED = (
    _POST,
    _POST_MANY,
    _POST_AND_HOLD,
    _HOLD_OPEN,
    _OPEN_ACCOUNT,
    "ledger_hold_release(integer, uuid, bigint, timestamptz)",
    "ledger_hold_extend(integer, uuid, timestamptz, timestamptz)",
    "ledger_hold_expire(integer, timestamptz, integer)",
    "ledger_set_flags(integer, bigint, integer, integer)",
    "ledger_set_limits(integer, bigint, bigint, bigint)",
    "ledger_close_account(integer, bigint, timestamptz)",
    "ledger_balance_at(integer, bigint, timestamptz)",
    "ledger_leaves(integer, xid8)",
    "ledger_checkpoint_add(integer, integer, xid8, bigint, bytea, bytea, timestamptz, text, bytea)",
    "ledger_note_check(integer, timestamptz, bigint, bigint, timestamptz, jsonb)",
)


def missing_functions(*, using: str = "default") -> list[str]:
    """The functions this code calls that the database lacks, has with other arguments, or does not let us call."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT f.name FROM unnest(%s::text[]) AS f (name)"
            " WHERE to_regprocedure(f.name) IS NULL OR NOT has_function_privilege(to_regprocedure(f.name), 'EXECUTE')",
            [list(CALLED)],
        )
        return [name for (name,) in cursor.fetchall()]


@register(Tags.database)
def functions_are_there(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """`manage.py check --database default`: fails when the code and the database are of different versions."""
    if "default" not in (databases or []):
        return []
    return [
        Error(f"The database has no {name}.", hint="Run `manage.py migrate` with this code.", id="ledger.E001")
        for name in missing_functions()
    ]
