from datetime import date, datetime

from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged

# Half past midnight in India, the evening before in Greenwich.
NIGHT = datetime(2040, 7, 31, 19, 0)


@tagged("post_install", "-at_install")
class TestCollegeDay(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.partner_id.tz = False

    def test_a_college_that_names_no_zone_is_in_india(self):
        self.assertEqual(self.company._get_college_tz(), "Asia/Kolkata")
        self.assertEqual(self.company._get_college_day(NIGHT), date(2040, 8, 1))
        self.assertEqual(
            self.company._get_college_day(datetime(2040, 7, 31, 18, 29, 59)), date(2040, 7, 31)
        )

    def test_the_zone_of_the_company_counts(self):
        self.company.partner_id.tz = "Europe/London"
        self.assertEqual(self.company._get_college_day(NIGHT), date(2040, 7, 31))

    @freeze_time(NIGHT)
    def test_whoever_asks_it_is_the_same_day(self):
        nomad = new_test_user(
            self.env, "t_nomad", groups="base.group_portal", tz="America/Los_Angeles"
        )
        for user in (self.env.ref("base.user_root"), nomad):
            with self.subTest(user=user.login):
                day = self.env(user=user).company._get_college_day()
                self.assertEqual(day, date(2040, 8, 1))
