"""The manual sends nobody to a menu that has moved."""

import re
from pathlib import Path

from odoo.tests import TransactionCase, tagged

README = Path(__file__).parents[1] / "readme"
# *Hostel › Billing › Camu › Settlements*, also over the end of a line.
CHAIN = re.compile(r"\*((?:Hostel|Billing)\s+›\s+[^*]+)\*")


@tagged("post_install", "-at_install")
class TestReadmeMenus(TransactionCase):
    def _get_paths(self):
        """Every menu of the hostel as a tuple of names from its root on."""
        root = self.env.ref("hostel_base.hostel_root_menu")
        context = {"lang": "en_US", "ir.ui.menu.full_list": True}
        menus = self.env["ir.ui.menu"].with_context(**context).search([("id", "child_of", root.id)])
        return {tuple(menu.complete_name.split("/")) for menu in menus}

    def _get_wrong(self, text, paths):
        """Chains of a text that lead nowhere; the last name may be a button of a screen."""
        names = {path[-1] for path in paths}
        wrong = []
        for chain in CHAIN.findall(text):
            path = tuple(" ".join(name.split()) for name in chain.split("›"))
            path = path if path[0] == "Hostel" else ("Hostel", *path)
            is_button = path[:-1] in paths and path[-1] not in names
            if path not in paths and not is_button:
                wrong.append(" › ".join(path))
        return wrong

    def test_every_way_that_the_manual_tells_exists(self):
        paths = self._get_paths()
        for name in ("USAGE.md", "CONFIGURE.md"):
            text = (README / name).read_text()
            self.assertTrue(CHAIN.search(text))
            self.assertEqual(self._get_wrong(text, paths), [], name)

    def test_a_way_that_has_moved_is_found(self):
        said = (
            "*Hostel › Billing › Messages\n  from Camu*, *Billing › Camu › Settlements*,"
            " *Hostel › X › Y*, *Billing › Bills › Hostel bills › Take a payment…*"
        )
        self.assertEqual(
            self._get_wrong(said, self._get_paths()),
            ["Hostel › Billing › Messages from Camu", "Hostel › X › Y"],
        )
