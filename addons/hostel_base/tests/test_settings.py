"""The hostel's administrator sets what is the hostel's, and nothing else."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common import HostelCase

DELAY = "hostel_base.approval_delay"


@tagged("post_install", "-at_install")
class TestSettings(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.parameters = cls.env["ir.config_parameter"].sudo()
        cls.parameters.set_param(DELAY, "60")
        cls.system = new_test_user(cls.env, "system.base.test", groups="base.group_system")

    def _settings(self, user):
        return self.env["res.config.settings"].with_user(user)

    def test_hostel_admin_changes_the_hostels_settings(self):
        with Form(self._settings(self.users["admin"])) as form:
            self.assertEqual(form.hostel_approval_delay, 60)
            form.hostel_approval_delay = 30
            form.hostel_id_card_blood_group = True
        form.record.execute()
        self.assertEqual(self.parameters.get_param(DELAY), "30")
        self.assertTrue(self.parameters.get_param("hostel_base.id_card_blood_group"))

    def test_zero_means_zero_for_either_administrator(self):
        for user in (self.users["admin"], self.system):
            self.parameters.set_param(DELAY, "60")
            settings = self._settings(user).create({"hostel_approval_delay": 0})
            settings.execute()
            with self.subTest(user=user.login):
                self.assertEqual(self.Allocation._get_minutes(DELAY, 60), 0)
                fresh = self._settings(user).default_get(["hostel_approval_delay"])
                self.assertEqual(fresh["hostel_approval_delay"], 0)

    def test_saving_leaves_the_other_settings_alone(self):
        before = {
            parameter.key: parameter.value
            for parameter in self.parameters.search([("key", "not like", "hostel_%")])
        }
        self._settings(self.users["admin"]).create({"hostel_payment_minutes": 20}).execute()
        after = {
            parameter.key: parameter.value
            for parameter in self.parameters.search([("key", "not like", "hostel_%")])
        }
        self.assertEqual(after, before)

    def test_hostel_admin_sees_the_hostels_part_only(self):
        def apps(user):
            arch = self._settings(user).get_views([(False, "form")])["views"]["form"]["arch"]
            return set(etree.fromstring(arch).xpath("//app/@name"))

        self.assertEqual(apps(self.users["admin"]), {"hostel_base"})
        self.assertLess({"hostel_base"}, apps(self.system))

    def test_hostel_admin_sets_nothing_of_the_system(self):
        settings = self._settings(self.users["admin"])
        with self.assertRaises(AccessError):
            settings.create({"module_base_import": True})
        mine = settings.create({"hostel_approval_delay": 10})
        with self.assertRaises(AccessError):
            mine.write({"module_base_import": False})
        self.assertFalse(settings.default_get(["module_base_import", "user_default_rights"]))

    def test_settings_of_somebody_else_are_not_saved(self):
        theirs = self._settings(self.system).create({"hostel_approval_delay": 5})
        with self.assertRaises(AccessError):
            self._settings(self.users["admin"]).browse(theirs.id).execute()

    def test_others_do_not_open_the_settings(self):
        for role in ("warden", "supervisor", "finance", "guard", "student"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._settings(self.users[role]).create({"hostel_approval_delay": 1})
