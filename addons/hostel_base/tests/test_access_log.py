"""Who looked at whom: every door is driven, and nobody can change what was written."""

import json

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from .common import HostelMixin


class AccessLogMixin(HostelMixin):
    @classmethod
    def setUpPlace(cls):
        cls.setUpHostels()
        cls.setUpPeople()
        cls._create_allocation("checked_in", student=cls.student)
        cls.student.birthdate = "2008-01-01"
        cls.Log = cls.env["hostel.access.log"]

    def _get_notes(self):
        """What was noted since the last call: sorted (way, model, scope, student, user)."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        last = getattr(self, "_last_note", 0)
        self.env.cr.execute(
            "SELECT id, way, model, scope, student_ref, user_ref FROM hostel_access_log"
            " WHERE id > %s ORDER BY id",
            (last,),
        )
        rows = self.env.cr.fetchall()
        if rows:
            self._last_note = rows[-1][0]
        return sorted(row[1:] for row in rows)

    def assertNoted(self, *expected, user="warden", student=None):
        uid = self.users[user].id
        student = student or self.student
        self.assertEqual(self._get_notes(), sorted((*note, student.id, uid) for note in expected))


@tagged("post_install", "-at_install")
class TestAccessLog(AccessLogMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPlace()

    def setUp(self):
        super().setUp()
        self._get_notes()
        self.env.invalidate_all()
        self.as_warden = self.student.with_user(self.users["warden"])

    # -- every door -------------------------------------------------------------------------------

    def test_a_form_is_noted(self):
        self.as_warden.web_read({"roll_number": {}, "phone": {}})
        self.assertNoted(("form", "hostel.student", "contact"))

    def test_private_fields_are_told_apart(self):
        self.as_warden.web_read({"birthdate": {}, "phone": {}})
        self.assertNoted(("form", "hostel.student", "private"))

    def test_a_list_is_noted(self):
        self.as_warden.web_search_read([("id", "=", self.student.id)], {"phone": {}})
        self.assertNoted(("list", "hostel.student", "contact"))

    def test_a_grouped_list_is_noted(self):
        self.as_warden.web_read_group(
            [("id", "=", self.student.id)],
            ["gender"],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification={"phone": {}},
        )
        self.assertNoted(("list", "hostel.student", "contact"))

    def test_search_read_is_noted(self):
        self.as_warden.search_read([("id", "=", self.student.id)], ["phone"])
        self.assertNoted(("rpc", "hostel.student", "contact"))

    def test_read_is_noted(self):
        self.as_warden.read(["email"])
        self.assertNoted(("rpc", "hostel.student", "contact"))

    def test_an_export_is_noted(self):
        self.users["warden"].group_ids = [Command.link(self.env.ref("base.group_allow_export").id)]
        self.as_warden.export_data(["name", "birthdate"])
        self.assertNoted(("export", "hostel.student", "private"))

    def test_a_report_is_noted(self):
        view = self.env["ir.ui.view"].create(
            {
                "name": "probe",
                "type": "qweb",
                "key": "hostel_base.probe_report",
                "arch": "<t t-name='hostel_base.probe_report'><p t-foreach='docs' t-as='doc'"
                " t-out='doc.phone'/></t>",
            }
        )
        report = self.env["ir.actions.report"].create(
            {"name": "Probe", "model": "hostel.student", "report_name": view.key}
        )
        report.with_user(self.users["warden"])._render_qweb_html(report.id, self.student.ids)
        self.assertNoted(("report", "hostel.student", "contact"))

    def test_a_printed_list_is_noted(self):
        self.env["hostel.list"].with_user(self.users["warden"])._get_table(
            "students", self.home, self.term.date_from
        )
        self.assertIn(
            ("report", "hostel.student", "contact"), [row[:3] for row in self._get_notes()]
        )

    def test_id_cards_are_noted(self):
        cards = self.env["report.hostel_base.report_id_card"].with_user(self.users["warden"])
        cards._get_report_values(self.student.ids)
        self.assertNoted(("report", "hostel.student", "contact"))

    def test_what_the_search_box_finds_is_noted(self):
        search = self.env["hostel.search"].with_user(self.users["warden"])
        self.assertTrue(search.search_campus(self.student.roll_number))
        self.assertNoted(("list", "hostel.student", "contact"))

    def test_the_phone_in_a_list_of_stays_is_noted(self):
        stays = self.student.allocation_ids.with_user(self.users["warden"])
        stays.web_search_read([("id", "in", stays.ids)], {"student_phone": {}})
        self.assertNoted(("list", "hostel.student", "contact"))
        stays.web_search_read([("id", "in", stays.ids)], {"state": {}})
        self.assertNoted()

    def test_the_contact_behind_the_student_is_noted(self):
        partner = self.student.partner_id.with_user(self.users["warden"])
        partner.web_read({"phone": {}})
        partner.search_read([("id", "=", partner.id)], ["email"])
        self.assertNoted(("form", "res.partner", "contact"), ("rpc", "res.partner", "contact"))

    def test_other_contacts_are_nobodys_business_here(self):
        self.users["finance"].partner_id.with_user(self.users["warden"]).web_read({"phone": {}})
        self.assertNoted()

    def test_what_belongs_to_the_student_is_noted_as_the_student(self):
        self.guardian.with_user(self.users["warden"]).web_read({"phone": {}, "relation": {}})
        self.assertNoted(("form", "hostel.guardian", "contact"))

    # -- who and how often ------------------------------------------------------------------------

    def test_names_alone_are_not_noted(self):
        self.as_warden.web_read({"display_name": {}, "roll_number": {}})
        self.as_warden.name_search("Asha")
        self.assertNoted()

    def test_students_reading_themselves_are_not_noted(self):
        self.student.with_user(self.users["student"]).web_read({"phone": {}})
        self.assertNoted()

    def test_the_program_itself_is_not_noted(self):
        self.student.sudo().read(["phone"])
        self.student.read(["phone"])
        self.assertNoted()

    def test_a_refused_look_is_not_noted(self):
        outsider = self._create_student()
        with self.assertRaises(AccessError):
            outsider.with_user(self.users["warden"]).web_read({"phone": {}})
        self.assertNoted()

    def test_a_request_inserts_once_however_much_it_reads(self):
        students = self.env["hostel.student"]
        for bed in self.home.bed_ids[1:]:
            students |= self._create_allocation("checked_in", bed=bed).student_id
        self._get_notes()
        admin = students.with_user(self.users["admin"])
        for _ in range(3):
            admin.web_search_read([("id", "in", students.ids)], {"phone": {}})
        with self.assertQueryCount(1):
            self.env.cr.precommit.run()
        notes = self._get_notes()
        self.assertEqual(len(notes), len(students))

    def test_a_request_that_fails_notes_nothing(self):
        self.as_warden.web_read({"phone": {}})
        self.env.cr.precommit.clear()
        self.assertNoted()

    # -- nobody changes it ------------------------------------------------------------------------

    def test_no_role_writes_or_deletes_over_the_orm(self):
        self.as_warden.web_read({"phone": {}})
        self._get_notes()
        entry = self.Log.search([], limit=1)
        for user in (self.users["admin"], self.env.user):
            for call in (
                lambda log: log.unlink(),
                lambda log: log.write({"user_ref": 1}),
                lambda log: log.create({}),
            ):
                with self.assertRaises(AccessError):
                    call(entry.with_user(user).sudo())

    @mute_logger("odoo.sql_db")
    def test_postgresql_refuses_too(self):
        self.as_warden.web_read({"phone": {}})
        self._get_notes()
        for statement in (
            "UPDATE hostel_access_log SET user_ref = 1",
            "DELETE FROM hostel_access_log",
            "TRUNCATE hostel_access_log",
        ):
            with (
                self.subTest(statement=statement),
                self.assertRaisesRegex(psycopg2.errors.RaiseException, "append-only"),
                self.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_only_the_administrator_reads_it(self):
        for role in ("warden", "supervisor", "finance", "student", "guardian", "internal"):
            for model in ("hostel.access.log", "hostel.access.event"):
                with self.subTest(role=role, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(self.users[role]).search([])

    # -- the answer -------------------------------------------------------------------------------

    def test_who_looked_joins_looks_and_changes(self):
        self.as_warden.web_read({"phone": {}})
        self._get_notes()
        self.as_warden.web_read({"email": {}})
        self._get_notes()
        self.student.with_user(self.users["admin"]).write({"year_of_study": 3})
        self.env.flush_all()
        action = self.student.with_user(self.users["admin"]).action_open_access()
        events = self.env["hostel.access.event"].with_user(self.users["admin"])
        events = events.search(action["domain"])
        looks = events.filtered(lambda event: event.way == "form")
        self.assertEqual(looks.user_id, self.users["warden"])
        self.assertEqual((looks.times, looks.role, looks.subject), (2, "Warden", "Student"))
        changes = events.filtered(
            lambda event: event.way == "write" and event.user_id == self.users["admin"]
        )
        self.assertEqual(changes.scope, "change")
        self.assertEqual(changes.role, "Administrator")
        groups = events.formatted_read_group(action["domain"], ["user_id"], ["times:sum"])
        self.assertGreaterEqual(len(groups), 2)


@tagged("post_install", "-at_install")
class TestAccessLogOverHttp(AccessLogMixin, HttpCase):
    """The same through the server, where some routes have a read-only cursor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPlace()
        for role in ("warden", "guardian", "student"):
            cls.users[role].password = "secret.of.the.test"

    def setUp(self):
        super().setUp()
        self._get_notes()

    def _sign_in(self, role):
        self.authenticate(self.users[role].login, "secret.of.the.test")

    @mute_logger("odoo.http")
    def test_a_remote_call_on_a_read_only_cursor_is_noted(self):
        self._sign_in("warden")
        for method, args, way in (
            ("web_search_read", [[("id", "=", self.student.id)], {"phone": {}}], "list"),
            ("web_read", [[self.student.id], {"phone": {}}], "form"),
            ("search_read", [[("id", "=", self.student.id)], ["phone"]], "rpc"),
        ):
            with self.subTest(method=method):
                result = self.make_jsonrpc_request(
                    f"/web/dataset/call_kw/hostel.student/{method}",
                    {"model": "hostel.student", "method": method, "args": args, "kwargs": {}},
                )
                self.assertTrue(result)
                self.assertNoted((way, "hostel.student", "contact"))

    def test_an_export_file_is_noted(self):
        self.users["warden"].group_ids = [Command.link(self.env.ref("base.group_allow_export").id)]
        self._sign_in("warden")
        data = {
            "model": "hostel.student",
            "fields": [{"name": "phone", "label": "Phone"}],
            "ids": self.student.ids,
            "domain": [],
            "import_compat": False,
        }
        response = self.url_open(
            "/web/export/csv",
            data={"data": json.dumps(data), "csrf_token": Request.csrf_token(self)},
        )
        self.assertEqual(response.status_code, 200)
        self.assertIn(("export", "hostel.student", "contact", self.student.id,
                       self.users["warden"].id), self._get_notes())  # fmt: skip

    def test_a_downloaded_attachment_is_noted_and_a_face_is_not(self):
        attachment = self.env["ir.attachment"].create(
            {
                "name": "letter.txt",
                "raw": b"Dear",
                "res_model": "hostel.student",
                "res_id": self.student.id,
            }
        )
        self._sign_in("warden")
        self.assertEqual(self.url_open(f"/web/content/{attachment.id}").content, b"Dear")
        self.assertNoted(("attachment", "hostel.student", "contact"))
        face = self.url_open(f"/web/image/hostel.student/{self.student.id}/avatar_128")
        self.assertEqual(face.status_code, 200)
        self.assertNoted()

    def test_a_guardians_pages_are_noted_and_a_students_own_are_not(self):
        self._sign_in("guardian")
        for path in ("/my", "/my/hostel"):
            self.assertEqual(self.url_open(path).status_code, 200)
            self.assertNoted(("portal", "hostel.student", "contact"), user="guardian")
        self._sign_in("student")
        self.assertEqual(self.url_open("/my/hostel").status_code, 200)
        self.assertNoted()
