from pathlib import Path

from odoo.tests import HttpCase, tagged

from odoo.addons.hostel_base.tests.hoot import HootMixin


@tagged("post_install", "-at_install")
class TestHoot(HootMixin, HttpCase):
    addon_dir = Path(__file__).parents[1]

    def test_the_javascript_tests_pass_and_every_file_of_them_ran(self):
        self.assertSuitePasses()
