"""A pytest plugin that spreads one run over processes, each with a database of its own.

The addons' tests go to whichever process is free, a class at a time, since a class shares its
records. What needs a whole stack stays together, in one process for each such stack.
"""

import os

import pytest

# pytest-odoo would copy a database too, but not one that Odoo 19's test tools then find.
WORKER = os.environ.pop("PYTEST_XDIST_WORKER", None)
if WORKER:
    os.environ["PGDATABASE"] += f"_{WORKER}"

# In the order in which they are given out.
TOGETHER = ("tests/faults", "tests/e2e")


def database_of(name: str, number: int) -> str:
    """The database of process ``number``, counted from 0."""
    return f"{name}_gw{number}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            stacks = (stack for stack in TOGETHER if nodeid.startswith(stack))
            return next(stacks, None) or super()._split_scope(nodeid)

    # As they are given, not the largest first.
    config.option.loadscopereorder = False
    return Scheduler(config, log)
