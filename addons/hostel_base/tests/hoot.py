import logging
import re
from pathlib import Path

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


class HootMixin:
    """Runs the JavaScript unit tests of one addon, and of no other.

    ``addon_dir`` is the addon's directory; its name is the name of the suite.
    """

    addon_dir: Path

    def setUp(self):
        super().setUp()
        self.browser_log = Collector()
        self._logger.addHandler(self.browser_log)
        self.addCleanup(self._logger.removeHandler, self.browser_log)
        self.addCleanup(self._logger.setLevel, self._logger.level)
        self._logger.setLevel(logging.INFO)

    def assertSuitePasses(self):
        """Check that the tests pass and that every file of them ran."""
        suite = f"@{self.addon_dir.name}"
        url = f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={hoot_id(suite)}"
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
        ended = set(re.findall(rf'"({suite}/\w+)" ended', log))
        files = {
            f"{suite}/{path.name.removesuffix('.test.js')}"
            for path in (self.addon_dir / "static" / "tests").glob("*.test.js")
        }
        self.assertTrue(files)
        self.assertEqual(ended, files)
