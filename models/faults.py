"""Judge a database error: is the database away, is it worth another try, or is it the row?

Judged by the connection and by SQLSTATE (PostgreSQL) or the result code (SQLite), never by the
exception's class alone: one class covers a full disk, a deadlock and a misspelt column.
"""

from enum import StrEnum

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Fault(StrEnum):
    """What to do about a database error."""

    AWAY = "away"
    TRANSIENT = "transient"
    ROW = "row"


# https://www.postgresql.org/docs/current/errcodes-appendix.html
TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03"})
# Cardinality, data, integrity, program limits (an index row too long): the values are at fault.
ROW_CLASSES = frozenset({"21", "22", "23", "54"})

# https://www.sqlite.org/rescode.html: BUSY, LOCKED; TOOBIG, CONSTRAINT, MISMATCH, RANGE.
TRANSIENT_CODES = frozenset({5, 6})
ROW_CODES = frozenset({18, 19, 20, 25})


def judge(error: Exception) -> Fault:
    """Return what `error` means for the transaction that raised it."""
    if isinstance(error, PoolTimeout):
        return Fault.AWAY
    if not isinstance(error, DBAPIError):
        return Fault.ROW
    if error.connection_invalidated:
        return Fault.AWAY
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return _judge_sqlite(code & 0xFF)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _judge_postgresql(state)
    # No code: the driver itself refused a value, or never got through to the server.
    return Fault.ROW if _is_about_values(error) else Fault.AWAY


def _judge_sqlite(code: int) -> Fault:
    if code in TRANSIENT_CODES:
        return Fault.TRANSIENT
    return Fault.ROW if code in ROW_CODES else Fault.AWAY


def _judge_postgresql(state: str) -> Fault:
    if state in TRANSIENT_STATES:
        return Fault.TRANSIENT
    return Fault.ROW if state[:2] in ROW_CLASSES else Fault.AWAY


def _is_about_values(error: DBAPIError) -> bool:
    names = {base.__name__ for base in type(error.orig).__mro__}
    return bool(names & {"DataError", "ValueError", "OverflowError", "ProgrammingError"})
