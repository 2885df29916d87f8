import re
from pathlib import Path

from odoo.tests import HttpCase, tagged

SUITE = "@hostel_booking"
TEST_FILES = Path(__file__).parents[1] / "static" / "tests"
SUCCESS = "[HOOT] Test suite succeeded"


def hoot_id(name):
    """Id by which HOOT's address names a suite: a 32-bit hash of its name."""
    value = 0
    for char in name:
        value = ((value << 5) - value + ord(char)) & 0xFFFFFFFF
    return f"{value:08x}"


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    """The JavaScript unit tests of this addon, and of no other."""

    def test_the_javascript_tests_pass_and_every_file_of_them_ran(self):
        url = f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={hoot_id(SUITE)}"
        with self.assertLogs(self._logger.name, "INFO") as logs:
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
        ended = set(re.findall(rf'"({SUITE}/\w+)" ended', "\n".join(logs.output)))
        files = {
            f"{SUITE}/{path.name.removesuffix('.test.js')}"
            for path in TEST_FILES.glob("*.test.js")
        }
        self.assertTrue(files)
        self.assertEqual(ended, files)
