"""What somebody without rights is told, where the tests are run by root, who may open everything."""

from __future__ import annotations

import os
from collections.abc import Callable

NOBODY = 65_534


def told_to_nobody(look: Callable[[], str]) -> str:
    """Return what a look tells somebody without rights; its error, where it ends with one."""
    look()  # what is imported at its first use must be there: nobody may not read where it lies
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if not os.geteuid():
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            os.write(writer, look().encode())
        except BaseException as error:  # noqa: BLE001 - told to the test, whatever it is
            os.write(writer, repr(error).encode())
        finally:
            os._exit(0)  # whatever happened: the child must never go on with the tests
    os.close(writer)
    with os.fdopen(reader) as told:
        words = told.read()
    os.waitpid(child, 0)
    return words
