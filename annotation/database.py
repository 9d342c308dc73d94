"""The database for sockets: a few threads of their own, each with a connection that it keeps.

A socket's message costs a millisecond or two in the database; opening a connection for each, as HTTP requests do, would
cost several times that. The number of threads bounds the connections, however many sockets there are (R31).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

P = ParamSpec("P")
R = TypeVar("R")

THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="socket")


def execute_together(statements: Sequence[tuple[str, Any]]) -> None:
    """Statements with their parameters, none of which returns anything, in one exchange with the database: each of its
    own would cost the wait for an answer, and for the other threads to let go."""
    with connection.cursor() as cursor:
        text = b"; ".join(cursor.mogrify(sql, params) for sql, params in statements)
        cursor.execute(text.decode())


def _call(function: Callable[[], R]) -> R:
    try:
        return function()
    except (OperationalError, InterfaceError):
        # A connection that broke stays broken: the next call opens another.
        connection.close()
        raise


async def in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a synchronous function that uses the ORM."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(THREADS, partial(_call, partial(function, *args, **kwargs)))
