"""What each test of record rules asks: a table by hand against what a search really finds."""

from odoo.exceptions import AccessError
from odoo.tools import mute_logger


class WorldMixin:
    """Named records, ``world = {model: {name: record}}``, and who finds them."""

    def _see(self, model, user):
        """Names of the records of the world that a search finds."""
        records = self.world[model]
        found = (
            self.env[model]
            .with_user(user)
            .with_context(active_test=False)
            .search([("id", "in", [record.id for record in records.values()])])
        )
        return {name for name, record in records.items() if record.id in found.ids}


class RecordRulesMixin(WorldMixin):
    """Tests for a class that has ``users``, ``world``, ``visible`` and ``access``.

    ``visible`` says who sees which records: ``{model: {role: names}}``; a role that is not listed
    can't read the model at all. ``access`` is the table of ``access_matrix``, and ``stands_for``
    names the role in it of a further person.
    """

    stands_for: dict[str, str] = {}

    def _may(self, letter, model, role):
        return letter in self.access[model][self.stands_for.get(role, role)]

    def _rows(self):
        for model, expected in self.visible.items():
            for role, names in expected.items():
                yield model, role, names

    def test_each_role_finds_its_own_and_nothing_else(self):
        for model, role, names in self._rows():
            with self.subTest(model=model, role=role):
                self.assertEqual(self._see(model, self.users[role]), names)

    def test_roles_that_are_not_listed_can_not_search(self):
        for model, expected in self.visible.items():
            for role in set(self.users) - set(expected):
                with self.subTest(model=model, role=role):
                    self.assertFalse(self._may("r", model, role))
                    with self.assertRaises(AccessError):
                        self._see(model, self.users[role])

    def test_what_is_not_found_can_not_be_read_by_its_id(self):
        for model, role, names in self._rows():
            for name, record in self.world[model].items():
                mine = record.with_user(self.users[role])
                self.env.invalidate_all()
                with self.subTest(model=model, role=role, record=name):
                    if name in names:
                        self.assertTrue(mine.read(["display_name"]))
                    else:
                        with mute_logger("odoo.addons.base.models.ir_rule"):
                            self.assertRaises(AccessError, mine.read, ["display_name"])

    def test_what_is_not_seen_can_not_be_written(self):
        for model, role, names in self._rows():
            for name, record in self.world[model].items():
                mine = record.with_user(self.users[role])
                for operation, letter in (("write", "w"), ("unlink", "d")):
                    allowed = name in names and self._may(letter, model, role)
                    with self.subTest(model=model, role=role, record=name, operation=operation):
                        self.assertEqual(mine.has_access(operation), allowed)
