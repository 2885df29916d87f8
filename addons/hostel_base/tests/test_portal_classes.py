"""All portal controllers become one class: none may overwrite another's names unawares."""

from collections import defaultdict

from odoo.tests import TransactionCase, tagged

from odoo.addons.portal.controllers.portal import CustomerPortal

# Each of these calls `super()`, and so adds to what the others do.
EXTENDED = {"home", "_prepare_hostel_cards"}


def find_clashes(classes):
    """Names that two of these classes define, of which neither inherits from the other."""
    owners = defaultdict(list)
    for one in classes:
        for name in vars(one):
            if not name.startswith("__"):
                owners[name].append(one)
    return {
        name
        for name, found in owners.items()
        for number, one in enumerate(found)
        for other in found[number + 1 :]
        if not (issubclass(one, other) or issubclass(other, one))
    }


def get_descendants(parent):
    found = set()
    for child in parent.__subclasses__():
        found |= {child} | get_descendants(child)
    return found


@tagged("post_install", "-at_install")
class TestPortalClasses(TransactionCase):
    def test_no_name_means_two_things(self):
        classes = {
            one
            for one in get_descendants(CustomerPortal)
            if one.__module__.startswith("odoo.addons.hostel_")
        }
        self.assertGreater(len(classes), 10)
        self.assertEqual(find_clashes(classes), EXTENDED)

    def test_a_clash_would_be_found(self):
        class Base:
            pass

        class One(Base):
            def _read_day(self):
                """Of one page."""

        class Child(One):
            def _read_day(self):
                """An override that knows what it overrides."""

        class Other(Base):
            def _read_day(self):
                """Of another page."""

        self.assertEqual(find_clashes({One, Child}), set())
        self.assertEqual(find_clashes({One, Other}), {"_read_day"})
