"""Imports from the upload to the last row, with the real database."""

from functools import partial
from unittest.mock import patch

from psycopg2 import OperationalError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..importers.rooms import RoomImporter
from ..importers.students import StudentImporter
from ..models import hostel_import
from .common import HostelCase
from .test_import_tools import AADHAAR, make_xlsx

STUDENTS = "Roll No,Application No,Name,Gender,Year\n"
ROOMS = "Hostel,Floor,Room,Beds\n"


class ImportCase(HostelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        # Jobs run where they are made.
        cls.env = cls.env(context={**cls.env.context, "queue_job__no_delay": True})
        cls.Student = cls.env["hostel.student"]
        cls.as_admin = cls.env["hostel.import"].with_user(cls.users["admin"])

    def _upload(self, text, name="list.csv", kind="students", **options):
        job = self.as_admin.create({"kind": kind, **options})
        job._receive_file(name, text if isinstance(text, bytes) else text.encode())
        return job

    def _check(self, text, **options):
        job = self._upload(text, **options)
        job.action_check()
        self.assertEqual(job.state, "checked", job.error)
        return job

    def _import(self, text, **options):
        job = self._check(text, **options)
        job.action_import()
        self.assertEqual(job.state, "done", job.error)
        return job

    def _find(self, roll_number):
        return self.Student.search([("roll_number", "=", roll_number)])

    def assertCounts(self, job, new=0, changed=0, unchanged=0, refused=0):
        self.assertEqual(
            (job.new_count, job.changed_count, job.unchanged_count, job.refused_count),
            (new, changed, unchanged, refused),
            job.refused_line_ids.mapped("message"),
        )

    def assertLine(self, job, row, code, column):
        """The only refused row, with its place, its value and a sentence."""
        line = job.refused_line_ids
        self.assertEqual(
            (line.row_number, line.code, line.column), (row, code, column), line.mapped("code")
        )
        self.assertTrue(line.message)
        return line


@tagged("post_install", "-at_install")
class TestImportStudents(ImportCase):
    def test_check_writes_nothing(self):
        before = self.Student.search_count([])
        job = self._check(STUDENTS + "N1,A1,Asha,F,1\n")
        self.assertCounts(job, new=1)
        self.assertEqual(self.Student.search_count([]), before)

    def test_rows_become_students(self):
        text = (
            "Roll No,Name,Sex,Year,DOB,Mobile,Email,Blood Group,Category,sleep,Programme\n"
            "N1,Asha Rao,girl,1st_year,31/01/2007,9876543210,a@x.in,O +ve,UR,3,B.Des\n"
        )
        self._import(text, create_programmes=True)
        student = self._find("N1")
        self.assertEqual(
            (student.name, student.gender, student.year_of_study, str(student.birthdate)),
            ("Asha Rao", "female", 1, "2007-01-31"),
        )
        self.assertEqual(
            (student.phone, student.email, student.blood_group, student.category),
            ("+91 98765 43210", "a@x.in", "O+", "general"),
        )
        self.assertEqual((student.lifestyle_sleep, student.programme_id.name), ("3", "B.Des"))

    def test_same_file_again_changes_nothing(self):
        text = STUDENTS + "N1,A1,Asha,F,1\nN2,A2,Bela,F,2\n"
        self._import(text)
        stamps = self._find("N1").write_date, self.Student.search_count([])
        job = self._import(text)
        self.assertCounts(job, unchanged=2)
        self.assertEqual((self._find("N1").write_date, self.Student.search_count([])), stamps)

    def test_capitals_make_no_second_student(self):
        self._import(STUDENTS + "n1,a1,Asha,F,1\n")
        self.assertCounts(self._check(STUDENTS + "N1,A1,Asha,F,1\n"), unchanged=1)

    def test_changes_are_shown_before_they_are_made(self):
        self._import(STUDENTS + "N1,A1,Asha,F,1\n")
        job = self._check(STUDENTS + "N1,A1,Asha Devi,F,2\n")
        self.assertCounts(job, changed=1)
        self.assertIn("Asha → Asha Devi", job.sample_line_ids.message)
        self.assertEqual(self._find("N1").name, "Asha")
        job.action_import()
        self.assertEqual((self._find("N1").name, self._find("N1").year_of_study), ("Asha Devi", 2))

    def test_empty_cells_erase_nothing(self):
        self._import(STUDENTS + "N1,A1,Asha,F,3\n")
        self.assertCounts(self._import(STUDENTS + "N1,,Asha,F,\n"), unchanged=1)
        self.assertEqual(self._find("N1").application_number, "A1")

    def test_known_students_can_be_left_alone(self):
        self._import(STUDENTS + "N1,A1,Asha,F,1\n")
        job = self._import(STUDENTS + "N1,A1,Other,F,1\nN2,A2,Bela,F,1\n", update_existing=False)
        self.assertCounts(job, new=1, unchanged=1)
        self.assertEqual(self._find("N1").name, "Asha")

    def test_new_roll_number_keeps_the_student_and_the_old_number(self):
        self._import(STUDENTS + "N1,A1,Asha,F,1\n")
        student = self._find("N1")
        self.assertCounts(self._import(STUDENTS + "ROLL-26-1,A1,Asha,F,1\n"), changed=1)
        self.assertEqual(self._find("ROLL-26-1"), student)
        self.assertEqual(student.roll_number_ids.roll_number, "N1")
        found = self.Student.name_search("N1", operator="=")
        self.assertEqual([student_id for student_id, _name in found], student.ids)

    def test_column_of_previous_numbers_renames(self):
        self._import(STUDENTS + "N1,,Asha,F,1\n")
        student = self._find("N1")
        text = "Roll No,Previous roll number,Name,Gender\nR1,N1,Asha,F\n"
        self.assertCounts(self._import(text), changed=1)
        self.assertEqual(student.roll_number, "R1")
        self.assertCounts(self._import(text), unchanged=1)

    def test_outdated_file_finds_the_student_by_the_old_number(self):
        self._import(STUDENTS + "N1,,Asha,F,1\n")
        student = self._find("N1")
        student.roll_number = "R1"
        self.assertCounts(self._import(STUDENTS + "N1,,Asha,F,2\n"), changed=1)
        self.assertEqual((student.roll_number, student.year_of_study), ("R1", 2))

    def test_applicants_without_roll_numbers_get_them_later(self):
        self._import("Application No,Name,Gender\nA1,Asha,F\n")
        student = self._find("A1")
        self._import(STUDENTS + "ROLL-26-1,A1,Asha,F,1\n")
        self.assertEqual(student.roll_number, "ROLL-26-1")
        self.assertCounts(self._import("Application No,Name,Gender\nA1,Asha,F\n"), unchanged=1)
        job = self._import(STUDENTS + ",A1,Asha,F,1\n")
        self.assertCounts(job, unchanged=1)
        self.assertEqual(student.roll_number, "ROLL-26-1")

    def test_guardians_come_with_the_student_once(self):
        text = (
            "Roll No,Name,Gender,Father Name,Father Mobile,Relation\n"
            "N1,Asha,F,Suresh Rao,9845012345,father\n"
        )
        self._import(text)
        guardian = self._find("N1").guardian_ids
        self.assertEqual(
            (guardian.partner_id.name, guardian.phone, guardian.relation, guardian.is_primary),
            ("Suresh Rao", "+91 98450 12345", "father", True),
        )
        self.assertCounts(self._import(text), unchanged=1)
        self.assertCounts(self._import(text.replace("12345", "54321")), changed=1)
        self.assertEqual(self._find("N1").guardian_ids.phone, "+91 98450 54321")

    def test_siblings_share_the_guardian_of_one_mail_and_name(self):
        head = "Roll No,Name,Gender,Father Name,Father Email\n"
        self._import(
            head
            + "N1,Asha,F,Suresh Rao,S.Rao@mail.example\n"
            + "N2,Bela,F,suresh  rao,s.rao@mail.example\n"
            + "N3,Chitra,F,Sunita Rao,s.rao@mail.example\n"
            + "N4,Devi,F,Ram Das,\n"
            + "N5,Esha,F,Ram Das,\n"
        )
        father = self._find("N1").guardian_ids.partner_id
        self.assertEqual(self._find("N2").guardian_ids.partner_id, father)
        self.assertEqual(len(father), 1)
        # Another name is another person; and so are two of a name without a mail.
        partners = [self._find(f"N{n}").guardian_ids.partner_id for n in (1, 3, 4, 5)]
        self.assertEqual(len(set(partners)), 4)
        # The third comes with a later file, the fourth was there without a guardian.
        self._import(STUDENTS + "N7,A7,Gita,F,1\n")
        self._import(
            head
            + "N6,Farah,F,SURESH RAO,s.rao@mail.example\n"
            + "N7,Gita,F,Suresh Rao,s.rao@mail.example\n"
        )
        for number in ("N6", "N7"):
            self.assertEqual(self._find(number).guardian_ids.partner_id, father)

    def test_a_contact_who_is_nobodys_guardian_is_not_taken(self):
        contact = self.env["res.partner"].create(
            {"name": "Suresh Rao", "email": "s.rao@mail.example"}
        )
        self._import(
            "Roll No,Name,Gender,Father Name,Father Email\n"
            "N1,Asha,F,Suresh Rao,s.rao@mail.example\n"
        )
        self.assertNotEqual(self._find("N1").guardian_ids.partner_id, contact)

    def test_the_guardians_of_known_students_cost_no_query_each(self):
        head = "Roll No,Name,Gender,Father Name,Father Email\n"
        numbers = range(30)
        self._import(STUDENTS + "".join(f"N{n},A{n},Asha,F,1\n" for n in numbers))
        create, calls = self.registry["res.partner"].create, []

        def counted(model, vals_list):
            calls.append(vals_list)
            return create(model, vals_list)

        with patch.object(self.registry["res.partner"], "create", counted):
            self._import(
                head + "".join(f"N{n},Asha,F,Father {n},f{n}@mail.example\n" for n in numbers)
            )
        self.assertEqual([len(vals_list) for vals_list in calls], [30])

    def test_those_who_left_the_file_are_counted_and_stay(self):
        self._import(STUDENTS + "N1,A1,Asha,F,1\nN2,A2,Bela,F,1\n")
        others = self.Student.search_count([("status", "=", "active")]) - 2
        job = self._import(STUDENTS + "N1,A1,Asha,F,1\n")
        self.assertEqual(job.absent_count, others + 1)
        self.assertTrue(self._find("N2").active)

    def test_workbook_does_the_same(self):
        data = make_xlsx(["Roll No", "Name", "Gender"], [101, "Asha", "F"])
        self._import(data, name="list.xlsx")
        self.assertEqual(self._find("101").name, "Asha")

    def test_columns_remember_what_they_meant(self):
        job = self._upload("Code,Who,Sex\nN1,Asha,F\n")
        self.assertEqual(job.column_ids.mapped("target"), ["", "", "gender"])
        job.column_ids[0].student_target = "roll_number"
        job.column_ids[1].student_target = "name"
        job.action_check()
        job.action_import()
        self.assertEqual(self._find("N1").name, "Asha")
        again = self._upload("Code,Who,Sex\nN1,Asha,F\n")
        self.assertEqual(again.column_ids.mapped("target"), ["roll_number", "name", "gender"])


@tagged("post_install", "-at_install")
class TestImportRefusals(ImportCase):
    """One bad row among good ones: it is refused with its reason, and the others go in."""

    def assertRowRefused(self, code, column, row, header=STUDENTS, **options):
        job = self._import(f"{header}G1,GA1,Good,F,1\n{row}\nG2,GA2,Better,F,1\n", **options)
        self.assertEqual((job.new_count, job.refused_count), (2, 1))
        line = self.assertLine(job, 3, code, column)
        self.assertTrue(self._find("G1") and self._find("G2"))
        return line

    def test_duplicate_roll_number_in_the_file(self):
        line = self.assertRowRefused("DUPLICATE_IN_FILE", "Roll No", "g1,A9,Twin,F,1")
        self.assertIn("Row 2", line.message)
        self.assertEqual(line.value, "g1")

    def test_duplicate_application_number_in_the_file(self):
        self.assertRowRefused("DUPLICATE_IN_FILE", "Application No", "N1,ga1,Twin,F,1")

    def test_missing_name(self):
        self.assertRowRefused("VALUE_MISSING", "Name", "N1,A1,,F,1")

    def test_unknown_gender(self):
        self.assertEqual(
            self.assertRowRefused("VALUE_UNKNOWN", "Gender", "N1,A1,Asha,zz,1").value, "zz"
        )

    def test_formula_in_a_name(self):
        self.assertRowRefused("FORMULA", "Name", 'N1,A1,"=HYPERLINK(""x"")",F,1')
        self.assertFalse(self._find("N1"))

    def test_formula_in_a_roll_number(self):
        self.assertRowRefused("FORMULA", "Roll No", "@N1,A1,Asha,F,1")

    def test_impossible_year(self):
        self.assertRowRefused("OUT_OF_RANGE", "Year", "N1,A1,Asha,F,44")

    def test_unknown_programme(self):
        header = "Roll No,Application No,Name,Gender,Programme\n"
        self.env["hostel.programme"].create({"name": "Known", "code": "1"})
        self.assertRowRefused("UNKNOWN_PROGRAMME", "Programme", "N1,A1,Asha,F,Nope", header)
        self.assertFalse(self.env["hostel.programme"].search([("name", "=", "Nope")]))

    def test_roll_number_of_somebody_else(self):
        self._create_student(roll_number="HELD", application_number="H1", name="Holder")
        self._create_student(roll_number="OWN", application_number="A1")
        line = self.assertRowRefused("KEY_CONFLICT", "Roll No", "HELD,A1,Asha,F,1")
        self.assertIn("Holder", line.message)

    def test_application_number_of_somebody_else(self):
        self._create_student(roll_number="HELD", application_number="H1")
        self.assertRowRefused("APPLICATION_MISMATCH", "Application No", "HELD,A1,Asha,F,1")

    def test_gender_of_a_student_with_a_bed(self):
        row = self._create_allocation("allocated")
        roll_number = row.student_id.roll_number
        self.assertRowRefused("GENDER_IN_USE", "Gender", f"{roll_number},,Her,M,1")

    def test_row_that_the_database_refuses_takes_no_other_with_it(self):
        def create(importer, items):
            if any(item.row["name"] == "Evil" for item in items):
                importer.env.cr.execute("SELECT 1/0")
            return plain(importer, items)

        plain = StudentImporter.create_records
        with patch.object(StudentImporter, "create_records", create), mute_logger("odoo.sql_db"):
            self.assertRowRefused("ROW_REFUSED", "", "N1,A1,Evil,F,1")

    def test_several_problems_of_a_row_are_all_told(self):
        job = self._check(STUDENTS + "N1,A1,=1,zz,99\n")
        self.assertEqual(job.refused_count, 1)
        self.assertEqual(
            set(job.refused_line_ids.mapped("code")), {"FORMULA", "VALUE_UNKNOWN", "OUT_OF_RANGE"}
        )

    def test_missing_column_is_named(self):
        job = self._upload("Roll No,Name\nN1,Asha\n")
        refusal = self.assertRefused("COLUMN_MISSING", job.action_check)
        self.assertIn("Gender", str(refusal))
        self.assertIn("Gender", job.missing_text)
        job.default_gender = "female"
        job.action_check()
        self.assertEqual(job.new_count, 1)

    def test_two_columns_of_one_meaning(self):
        job = self._upload("Roll No,Name,Gender,Nick\nN1,Asha,F,A\n")
        job.column_ids[3].student_target = "name"
        self.assertRefused("COLUMN_TWICE", job.action_check)

    def test_unreadable_file_leaves_the_import_as_it_was(self):
        job = self.as_admin.create({"kind": "students"})
        for name, data, code in (
            ("a.csv", b"a" * (10 * 1024 * 1024 + 1), "FILE_TOO_LARGE"),
            ("a.csv", b"a\n" + b"1\n" * 60_000, "TOO_MANY_ROWS"),
            ("a.xlsx", b"a,b\n1,2\n", "FILE_TYPE_MISMATCH"),
            ("a.pdf", b"%PDF", "FILE_TYPE_UNSUPPORTED"),
            ("a.csv", b"a,b\n\x81,\x8d\n", "ENCODING_UNKNOWN"),
            ("a.csv", b"", "FILE_EMPTY"),
            ("a.csv", b"a,b\n", "NO_ROWS"),
        ):
            with self.subTest(code=code):
                self.assertRefused(code, job._receive_file, name, data)
        self.assertEqual((job.state, job.content, len(job.column_ids)), ("draft", False, 0))

    def test_steps_come_in_order(self):
        job = self._upload(STUDENTS + "N1,A1,Asha,F,1\n")
        self.assertRefused("WRONG_STEP", job.action_import)
        job.action_check()
        job.action_import()
        for step in (job.action_check, job.action_import, job.action_back, job.action_cancel,
                     job.action_resume):  # fmt: skip
            self.assertRefused("WRONG_STEP", step)
        self.assertRefused("WRONG_STEP", job._receive_file, "a.csv", b"a\n1\n")


@tagged("post_install", "-at_install")
class TestImportPrivacy(ImportCase):
    def test_full_aadhaar_number_is_stored_nowhere(self):
        text = (
            "Roll No,Name,Gender,Aadhaar Number,Remarks\n"
            f"N1,Asha,F,{AADHAAR},card 2341 2341 2346\nN2,,F,{AADHAAR},\n"
        )
        job = self._check(text)
        self.env.flush_all()
        self.assertIn("Aadhaar", job.notice_text)
        stored = str(job._unpack()) + str(job.line_ids.mapped("raw"))
        stored += str(job.column_ids.mapped("samples"))
        job.action_import()
        stored += str(job._get_refused_rows()) + str(job.line_ids.read())
        for spelling in (AADHAAR, "2341 2341 2346"):
            self.assertNotIn(spelling, stored)
        self.assertEqual(self._find("N1").aadhaar_last4, "2346")

    def test_file_is_gone_when_it_is_done(self):
        job = self._import(STUDENTS + "N1,A1,Asha,F,1\n")
        self.assertFalse(job.content)
        domain = [("res_model", "=", "hostel.import"), ("res_id", "=", job.id)]
        self.assertFalse(self.env["ir.attachment"].search([*domain, ("res_field", "=", "content")]))

    def test_old_imports_forget_their_rows(self):
        job = self._check(STUDENTS + "N1,A1,,F,1\n")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hostel_import SET write_date = now() - interval '31 days' WHERE id = %s",
            [job.id],
        )
        self.env.invalidate_all()
        self.env["hostel.import"]._gc_personal_data()
        self.assertFalse(job.content)
        self.assertFalse(job.refused_line_ids.raw)
        self.assertFalse(job.refused_line_ids.label)
        self.assertRefused("FILE_GONE", job._unpack)

    def test_only_the_administrator_imports(self):
        job = self._upload(STUDENTS + "N1,A1,Asha,F,1\n")
        for role, user in self.users.items():
            if role == "admin":
                continue
            with self.subTest(role=role):
                theirs = job.with_user(user)
                calls = [
                    theirs.action_check,
                    theirs.action_import,
                    theirs.action_cancel,
                    theirs.action_resume,
                    theirs.action_back,
                    partial(theirs.read, ["file_name"]),
                    partial(theirs._receive_file, "a.csv", b"a\n1\n"),
                    partial(job.column_ids.with_user(user).read, ["samples"]),
                ]
                for call in calls:
                    with self.assertRaises(AccessError):
                        call()
        self.assertEqual(job.state, "mapped")

    def test_earlier_roll_numbers_are_seen_with_their_students(self):
        row = self._create_allocation("allocated")
        stranger = self._create_student()
        for student in (row.student_id, stranger):
            student.roll_number = f"{student.roll_number}-NEW"
        History = self.env["hostel.student.roll.number"]
        all_numbers = row.student_id.roll_number_ids | stranger.roll_number_ids
        domain = [("id", "in", all_numbers.ids)]
        for role, expected in {
            "admin": all_numbers,
            "finance": all_numbers,
            "warden": row.student_id.roll_number_ids,
            "supervisor": row.student_id.roll_number_ids,
            "floor_incharge": row.student_id.roll_number_ids,
        }.items():
            with self.subTest(role=role):
                self.assertEqual(History.with_user(self.users[role]).search(domain), expected)
        for role in ("student", "guardian", "guard", "internal", "portal"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                History.with_user(self.users[role]).search(domain)


@tagged("post_install", "-at_install")
class TestImportRooms(ImportCase):
    def _import_rooms(self, rows, header=ROOMS, **options):
        return self._import(header + rows, kind="rooms", **options)

    def _room(self, hostel, name):
        return self.env["hostel.room"].search([("hostel_id", "=", hostel.id), ("name", "=", name)])

    def test_rooms_come_with_floors_beds_and_a_drawing(self):
        job = self._import_rooms(f"{self.home.code},3,301,3\n{self.home.code},3,302,2\n",
                                 create_room_types=True)  # fmt: skip
        self.assertCounts(job, new=2)
        room = self._room(self.home, "301")
        self.assertEqual(room.bed_ids.mapped("label"), ["A", "B", "C"])
        self.assertEqual((room.floor_id.number, room.room_type_id.sharing), (3, 3))
        drawn = {place["id"] for place in room.floor_id.layout["rooms"]}
        self.assertEqual(drawn, set(room.floor_id.room_ids.ids))

    def test_same_inventory_again_changes_nothing(self):
        rows = f"{self.home.code},3,301,2\nHOME,3,302,2\n"
        self._import_rooms(rows)
        floor = self._room(self.home, "301").floor_id
        before = floor.layout_version, self.env["hostel.bed"].search_count([])
        self.assertCounts(self._import_rooms(rows), unchanged=2)
        after = floor.layout_version, self.env["hostel.bed"].search_count([])
        self.assertEqual(before, after)

    def test_hostels_of_an_inventory_are_created_on_request(self):
        rows = "atwood,0,109,1\natwood,1,201,2\n"
        job = self._check(ROOMS + rows, kind="rooms")
        self.assertCounts(job, refused=2)
        self.assertEqual(set(job.refused_line_ids.mapped("code")), {"UNKNOWN_HOSTEL"})
        job.action_back()
        job.write({"create_hostels": True, "create_room_types": True})
        job.action_check()
        self.assertIn("Atwood", job.created_text)
        self.assertFalse(self.env["hostel.hostel"].search([("name", "=", "Atwood")]))
        job.action_import()
        hostel = self.env["hostel.hostel"].search([("name", "=", "Atwood")])
        self.assertEqual((len(hostel.floor_ids), hostel.capacity), (2, 3))

    def test_file_without_hostel_or_floor(self):
        text = "room_id,capacity,has_sauna,has_ac\nA-204,2,1,0\nA-101,2,0,1\n"
        job = self._upload(text, kind="rooms")
        self.assertRefused("COLUMN_MISSING", job.action_check)
        job.write({"hostel_id": self.home.id, "create_room_types": True})
        job.action_check()
        job.action_import()
        room = self._room(self.home, "A-204")
        self.assertEqual((room.floor_id.number, room.amenity_ids.code), (2, "sauna"))

    def test_larger_room_gets_more_beds_and_smaller_one_loses_free_ones(self):
        self._import_rooms("HOME,3,301,2\n")
        room = self._room(self.home, "301")
        self._import_rooms("HOME,3,301,4\n", create_room_types=True)
        self.assertEqual(room.bed_ids.mapped("label"), ["A", "B", "C", "D"])
        beds = room.bed_ids
        self._create_allocation("allocated", bed=beds[3])
        self.assertCounts(self._import_rooms("HOME,3,301,2\n"), changed=1)
        self.assertEqual(room.bed_ids.mapped("label"), ["A", "D"])
        self._import_rooms("HOME,3,301,4\n", create_room_types=True)
        self.assertEqual(room.bed_ids, beds, "retired beds are used again")

    def test_beds_in_use_are_not_taken_away(self):
        for bed in self.bed.room_id.bed_ids:
            self._create_allocation("allocated", bed=bed)
        room = self.bed.room_id
        job = self._import_rooms(f"HOME,0,{room.name},1\nHOME,0,077,2\n")
        self.assertCounts(job, new=1, refused=1)
        self.assertLine(job, 2, "CAPACITY_EXCEEDED", "Beds")
        self.assertEqual(len(room.bed_ids), 2)

    def test_a_bed_that_is_booked_meanwhile_refuses_its_row_only(self):
        """As if the booking had been committed after the import had looked who has what."""
        room = self.bed.room_id
        self._create_allocation("allocated", bed=room.bed_ids.sorted("label")[-1])
        with patch.object(RoomImporter, "_find_beds_in_use", lambda *_args: set()):
            job = self._import_rooms(f"HOME,0,{room.name},1\nHOME,0,077,2\n")
        self.assertCounts(job, new=1, refused=1)
        line = self.assertLine(job, 2, "ROW_REFUSED", "")
        self.assertIn("Move the student to another bed first", line.message)
        self.assertEqual(len(room.bed_ids), 2)

    def test_more_beds_than_the_type_has(self):
        header = "Hostel,Floor,Room,Room type,Beds\n"
        job = self._check(header + "HOME,3,301,TEST2,5\n", kind="rooms")
        self.assertLine(job, 2, "CAPACITY_EXCEEDED", "Beds")

    def test_bad_rows_say_why(self):
        header = "Hostel,Floor,Room,Room type,Beds,Gender,Fee,Amenities\n"
        room = self.bed.room_id.name
        for row, code, column in (
            ("NOPE,1,1,TEST2,2,,,", "UNKNOWN_HOSTEL", "Hostel"),
            ("HOME,1,1,NOPE,2,,,", "UNKNOWN_ROOM_TYPE", "Room type"),
            ("HOME,1,1,,17,,,", "UNKNOWN_ROOM_TYPE", "Beds"),
            ("HOME,1,,TEST2,2,,,", "VALUE_MISSING", "Room"),
            ("HOME,1,1,,,,,", "VALUE_MISSING", "Beds"),
            ("HOME,1,1,TEST2,0,,,", "OUT_OF_RANGE", "Beds"),
            ("HOME,1,1,TEST2,-2,,,", "OUT_OF_RANGE", "Beds"),
            ("HOME,1,1,TEST2,2,M,,", "GENDER_MISMATCH", "Gender"),
            ("HOME,1,1,TEST2,2,,-5,", "OUT_OF_RANGE", "Fee"),
            ("HOME,1,1,TEST2,2,,,sauna", "UNKNOWN_AMENITY", "Amenities"),
            ("HOME,1,=1+1,TEST2,2,,,", "FORMULA", "Room"),
            (f"HOME,9,{room},TEST2,2,,,", "ROOM_ON_OTHER_FLOOR", "Floor"),
        ):
            with self.subTest(row=row):
                self.assertLine(self._check(header + row + "\n", kind="rooms"), 2, code, column)

    def test_room_twice_in_a_hostel_is_refused_once(self):
        job = self._check(ROOMS + "HOME,3,301,2\nFOREIGN,3,301,2\nhome,3,301,2\n", kind="rooms")
        self.assertCounts(job, new=2, refused=1)
        self.assertLine(job, 4, "DUPLICATE_IN_FILE", "Room")

    def test_rooms_that_left_the_file_are_counted_and_stay(self):
        job = self._import_rooms(f"HOME,0,{self.bed.room_id.name},2\n")
        self.assertCounts(job, unchanged=1)
        self.assertEqual(job.absent_count, len(self.home.room_ids) - 1)


@tagged("post_install", "-at_install")
class TestImportBatches(ImportCase):
    """Long imports go in batches, each of which is all or nothing."""

    def setUp(self):
        super().setUp()
        for name, value in {"IMPORT_BATCH": 10, "CHECK_BATCH": 10, "DIRECT_ROWS": 0}.items():
            patcher = patch.object(hostel_import, name, value)
            patcher.start()
            self.addCleanup(patcher.stop)
        self.text = STUDENTS + "".join(f"B{n:03},BA{n:03},Name {n},F,1\n" for n in range(35))

    def _count(self):
        return self.Student.search_count([("roll_number", "=like", "B0__")])

    def _break_at(self, roll_number, error):
        """Let the batch with a row die in the middle of its work."""

        def run(importer, rows):
            items = plain(importer, rows)
            if importer.apply and any(item.row.get("roll_number") == roll_number for item in items):
                raise error
            return items

        plain = StudentImporter.run
        return patch.object(StudentImporter, "run", run)

    def test_jobs_do_the_batches_one_after_the_other(self):
        job = self._check(self.text)
        jobs = self.env["queue.job"].search_count([])
        waiting = job.with_context(queue_job__no_delay=False)
        waiting.action_import()
        self.assertEqual((waiting.state, waiting.progress), ("running", 0))
        self.assertEqual(self.env["queue.job"].search_count([]), jobs + 1)
        seen = []
        while waiting.state == "running":
            waiting._batch_job("running", waiting.position)
            seen.append((waiting.position, waiting.progress, self._count()))
        self.assertEqual(seen, [(10, 28, 10), (20, 57, 20), (30, 85, 30), (35, 100, 35)])
        self.assertEqual(waiting.state, "done")

    def test_failed_batch_leaves_nothing_and_goes_on_from_there(self):
        job = self._check(self.text)
        with (
            self._break_at("B025", RuntimeError("power cut")),
            mute_logger("odoo.addons.hostel_base.models.hostel_import"),
        ):
            job.action_import()
        self.assertEqual((job.state, job.position, self._count()), ("failed", 20, 20))
        self.assertTrue(job.error)
        job.action_resume()
        self.assertEqual((job.state, self._count(), job.new_count), ("done", 35, 35))

    def test_conflict_passes_to_the_queue_which_tries_again(self):
        job = self._check(self.text)
        waiting = job.with_context(queue_job__no_delay=False)
        waiting.action_import()
        with (
            self._break_at("B005", OperationalError("serialization")),
            self.assertRaises(OperationalError),
        ):
            waiting._batch_job("running", 0)
        self.env.invalidate_all()
        self.assertEqual((waiting.state, waiting.position), ("running", 0))

    def test_late_copy_of_a_job_does_nothing(self):
        job = self._check(self.text).with_context(queue_job__no_delay=False)
        job.action_import()
        job._batch_job("running", 0)
        self.assertEqual(job._batch_job("running", 0), "nothing to do")
        self.assertEqual((job.position, self._count()), (10, 10))

    def test_stop_keeps_what_is_done_and_can_be_taken_back(self):
        job = self._check(self.text).with_context(queue_job__no_delay=False)
        job.action_import()
        job._batch_job("running", 0)
        job.action_cancel()
        self.assertEqual((job.state, self._count()), ("cancelled", 10))
        self.assertEqual(job._batch_job("running", 10), "nothing to do")
        job.with_context(queue_job__no_delay=True).action_resume()
        self.assertEqual((job.state, self._count()), ("done", 35))

    def test_duplicates_are_found_across_batches(self):
        job = self._check(self.text + "B001,X1,Twin,F,1\n")
        line = self.assertLine(job, 37, "DUPLICATE_IN_FILE", "Roll No")
        self.assertIn("Row 3", line.message)

    def test_queries_do_not_grow_with_the_rows_of_a_batch(self):
        counts = []
        for size in (10, 30):
            with patch.object(hostel_import, "IMPORT_BATCH", size):
                text = STUDENTS + "".join(f"Q{size}{n:03},,N {n},F,1\n" for n in range(size))
                job = self._check(text).with_context(queue_job__no_delay=False)
                job.action_import()
                self.env.flush_all()
                before = self.env.cr.sql_log_count
                job._batch_job("running", 0)
                self.env.flush_all()
                counts.append(self.env.cr.sql_log_count - before)
                self.assertEqual(job.state, "done")
        self.assertLess(counts[1] - counts[0], 20, counts)

    def test_stalled_import_can_be_taken_up_again(self):
        job = self._check(self.text).with_context(queue_job__no_delay=False)
        job.action_import()
        self.assertRefused("WRONG_STEP", job.action_resume)
        job.moved_at = "2020-01-01"
        job.with_context(queue_job__no_delay=True).action_resume()
        self.assertEqual((job.state, self._count()), ("done", 35))
