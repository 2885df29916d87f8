import logging
import sys

from .tools.field_crypto import startup_problem

_logger = logging.getLogger(__name__)


def pre_init_hook(env):
    """Create the PostgreSQL extensions that the constraints and indexes need."""
    env.cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    env.cr.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


def post_load():
    """Refuse to run without the key of what is encrypted, in one line that says what to do."""
    problem = startup_problem()
    if problem:
        _logger.critical(problem)
        sys.exit(f"hostel_base: {problem}")
