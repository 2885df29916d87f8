import logging
import re
from pathlib import Path

from odoo.tests import HttpCase, tagged

SUITE = "@hostel_base"
TEST_FILES = Path(__file__).parents[1] / "static" / "tests"
SUCCESS = "[HOOT] Test suite succeeded"


def hoot_id(name):
    """Id by which HOOT's address names a suite: a 32-bit hash of its name."""
    value = 0
    for char in name:
        value = ((value << 5) - value + ord(char)) & 0xFFFFFFFF
    return f"{value:08x}"


class Collector(logging.Handler):
    """Keeps what the browser says, which still goes to the log as well."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    """The JavaScript unit tests of this addon, and of no other."""

    def setUp(self):
        super().setUp()
        self.browser_log = Collector()
        self._logger.addHandler(self.browser_log)
        self.addCleanup(self._logger.removeHandler, self.browser_log)
        self.addCleanup(self._logger.setLevel, self._logger.level)
        self._logger.setLevel(logging.INFO)

    def test_the_javascript_tests_pass_and_every_file_of_them_ran(self):
        url = f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={hoot_id(SUITE)}"
        self.browser_js(
            url,
            "",
            "",
            login="admin",
            timeout=600,
            success_signal=SUCCESS,
            # A failed test is reported in full only when the run goes on to its end.
            error_checker=lambda message: "[HOOT]" not in message,
        )
        # HOOT runs other suites, or none, when it doesn't know the one asked for.
        log = "\n".join(self.browser_log.lines)
        ended = set(re.findall(rf'"({SUITE}/\w+)" ended', log))
        files = {
            f"{SUITE}/{path.name.removesuffix('.test.js')}" for path in TEST_FILES.glob("*.test.js")
        }
        self.assertTrue(files)
        self.assertEqual(ended, files)
