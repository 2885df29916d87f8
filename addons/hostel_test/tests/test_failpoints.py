import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import BaseCase, TransactionCase, tagged

from ..hooks import pre_init_hook
from ..tools import failpoints


@tagged("post_install", "-at_install")
class TestFailpoints(BaseCase):
    def setUp(self):
        super().setUp()
        directory = self.enterContext(tempfile.TemporaryDirectory())
        self.run_dir = Path(directory)
        self.enterContext(patch.dict(os.environ, HOSTEL_RUN_DIR=directory))

    def test_what_is_not_armed_does_nothing(self):
        self.assertFalse(failpoints.reach("hold.locked"))

    def test_it_happens_once(self):
        failpoints.arm("hold.locked", "sleep", 0)
        self.assertTrue(failpoints.reach("hold.locked"))
        self.assertFalse(failpoints.reach("hold.locked"))

    def test_a_switch_stays_on(self):
        failpoints.arm("guard.redis_off", "on")
        self.assertTrue(failpoints.reach("guard.redis_off"))
        self.assertTrue(failpoints.reach("guard.redis_off"))
        self.assertEqual(failpoints.disarm_all(self.run_dir), ["guard.redis_off"])
        self.assertFalse(failpoints.reach("guard.redis_off"))

    def test_a_kill_kills_the_process_that_reaches_it(self):
        failpoints.arm("hold.locked")
        code = "import failpoints; failpoints.reach('hold.locked'); print('alive')"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(failpoints.__file__).parent,
            capture_output=True,
            text=True,
        )
        self.assertEqual((done.returncode, done.stdout), (-signal.SIGKILL, ""))


@tagged("post_install", "-at_install")
class TestInstallation(TransactionCase):
    def test_it_refuses_a_system_that_is_not_a_tests(self):
        for variables in ({"HOSTEL_FAILPOINTS": ""}, {"HOSTEL_ENV": "production"}):
            with patch.dict(os.environ, variables), self.assertRaises(UserError):
                pre_init_hook(self.env)
        pre_init_hook(self.env)
