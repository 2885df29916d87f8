from odoo.tests import HttpCase, tagged

from ..hooks import post_load
from .common import CampusMixin


@tagged("post_install", "-at_install")
class TestTours(CampusMixin, HttpCase):
    """A student in a real browser, from the campus to the bed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The runner imports the addon before Odoo does, and Odoo then skips this.
        post_load()
        cls.setUpCampus()
        cls.setUpLocks()
        # A cleared student owes nothing, so the main button confirms instead of paying.
        cls.env["hostel.clearance"].create(
            {"student_id": cls.asha.id, "term_id": cls.term.id, "reference": "TOUR"}
        )

    def setUp(self):
        super().setUp()
        self.load_maps()
        self.addCleanup(self.forget_maps)

    def test_a_student_holds_a_bed_and_lets_it_go(self):
        self.start_tour("/hostel", "hostel_booking_release", login="asha.test")
        self.assertEqual(set(self.states()), {"0"})

    def test_a_student_holds_a_bed_and_confirms_it(self):
        self.start_tour("/hostel", "hostel_booking_confirm", login="asha.test")
        row = self.env["hostel.allocation"].search([("student_id", "=", self.asha.id)])
        self.assertEqual(row.state, "awaiting_approval")
        self.assertEqual(row.hostel_id, self.girls)
