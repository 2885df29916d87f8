from importlib import import_module
from itertools import chain

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .access_matrix import ROLES
from .common import HostelCase

OPERATIONS = {"read": "r", "write": "w", "create": "c", "unlink": "d"}
# Addons that only bring data or tests.
WITHOUT_MODELS = {"hostel_demo", "hostel_test"}


@tagged("post_install", "-at_install")
class TestAccessMatrix(HostelCase):
    """Every model of every installed hostel addon, for every role and operation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.models = cls._get_models()
        # The hand-written tables of all addons with models; one without them fails here.
        tables = [import_module(f"odoo.addons.{addon}.tests.access_matrix") for addon in cls.models]
        cls.access = dict(chain(*(table.ACCESS.items() for table in tables)))
        cls.ruled = set().union(*(table.RULED for table in tables))
        cls.others = set().union(*(getattr(table, "OTHERS", ()) for table in tables))

    @classmethod
    def _get_models(cls):
        """Models by the addon that brings them, abstract ones left out."""
        models = {}
        for name, model in cls.env.registry.items():
            addon = model._original_module
            if addon.startswith("hostel_") and addon not in WITHOUT_MODELS and not model._abstract:
                models.setdefault(addon, set()).add(name)
        return models

    def test_each_model_has_a_row(self):
        models = {name for names in self.models.values() for name in names}
        self.assertGreaterEqual(len(models), 15)
        self.assertEqual(set(self.access) - self.others, models)

    def test_each_role_may_do_what_the_table_says(self):
        for name, expected in self.access.items():
            for role in ROLES:
                model = self.env[name].with_user(self.users[role])
                allowed = {
                    letter
                    for operation, letter in OPERATIONS.items()
                    if model.has_access(operation)
                }
                with self.subTest(model=name, role=role):
                    self.assertEqual(allowed, expected[role])

    def test_what_is_refused_raises(self):
        for name, expected in self.access.items():
            for role in ROLES:
                model = self.env[name].with_user(self.users[role])
                for operation, letter in OPERATIONS.items():
                    if letter in expected[role]:
                        continue
                    with self.subTest(model=name, role=role), self.assertRaises(AccessError):
                        model.check_access(operation)

    def test_everybody_has_the_own_dialogs(self):
        names = [name for names in self.models.values() for name in names]
        dialogs = [name for name in names if self.env[name]._transient]
        self.assertGreater(len(dialogs), 8)
        for name in dialogs:
            rules = self.env["ir.rule"].search([("model_id.model", "=", name)])
            with self.subTest(model=name):
                self.assertTrue(any("create_uid" in rule.domain_force for rule in rules))

    def test_a_model_with_people_in_it_has_rules_for_each_role_that_reads_it(self):
        """An access line without a rule of the role's own shows every record."""
        for name in self.ruled:
            for role in ROLES:
                if role == "admin" or "r" not in self.access[name][role]:
                    continue
                groups = self.users[role].all_group_ids
                rules = self.env["ir.rule"].search(
                    [("model_id.model", "=", name), ("groups", "in", groups.ids)]
                )
                with self.subTest(model=name, role=role):
                    self.assertTrue(rules.filtered("perm_read"))

    def test_no_model_with_people_in_it_is_forgotten(self):
        """Whatever points at a student, or is a part of something that does, is in the list."""
        models = {
            name: self.env[name]
            for names in self.models.values()
            for name in names
            if not self.env[name]._transient
        }
        people = {"hostel.student", "hostel.guardian", "hostel.allocation"}
        found = None
        while found != people:
            found = set(people)
            people |= {
                name
                for name, model in models.items()
                for field in model._fields.values()
                if field.type == "many2one" and self._is_about(field, found)
            }
        self.assertGreater(len(people), 30)
        self.assertFalse(people - self.ruled)

    @staticmethod
    def _is_about(field, people):
        """Whether a field names a person, or what its record is a part of names one."""
        if field.comodel_name in ("hostel.student", "hostel.guardian", "hostel.allocation"):
            return field.store and not field.compute
        return field.comodel_name in people and bool(field.required)
