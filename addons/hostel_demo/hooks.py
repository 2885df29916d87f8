import logging
import time

from .campus import build

_logger = logging.getLogger(__name__)


def post_init_hook(env):
    """Build the campus once; a database that has it keeps what people made of it."""
    if env.ref(build.MARK, raise_if_not_found=False):
        _logger.info("the demonstration campus is there already")
        return
    started = time.monotonic()
    build.build_campus(env)
    _logger.info("demonstration campus built in %.1f s", time.monotonic() - started)
