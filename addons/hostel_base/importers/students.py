"""Students and their guardians out of rows."""

import re

from odoo.tools import email_normalize

from ..const import LIFESTYLE, LIVE_STATES
from ..tools.import_rows import finish_student, read_cells, student_readers
from ..tools.import_values import squash
from .base import CHANGED, NEW, UNCHANGED, Catalogue, Importer

STUDENT_FIELDS = (
    "roll_number", "application_number", "name", "gender", "year_of_study", "admission_year",
    "birthdate", "phone", "email", "category", "is_pwd", "pwd_note", "blood_group",
    "aadhaar_last4", "emergency_contact_name", "emergency_contact_phone", "street", "city", "zip",
    *LIFESTYLE,
)  # fmt: skip
GUARDIAN_FIELDS = ("guardian_phone", "guardian_email", "guardian_relation")
KEYS = ("application_number", "roll_number", "previous_roll_number")


class StudentImporter(Importer):
    kind = "students"
    readers = student_readers(LIFESTYLE)

    def __init__(self, job, apply):
        super().__init__(job, apply)
        programmes = self.env["hostel.programme"].with_context(active_test=False).search([])
        self.programmes = Catalogue(programmes, lambda p: (p.code, p.name))

    def complete_key(self, row):
        # A first list of applicants has no roll numbers yet.
        if "application_number" in row and "roll_number" not in row:
            row["roll_number"] = row["application_number"]
            row["roll_assumed"] = True

    def finish_row(self, item):
        finish_student(item.row, item.problems, self.job.default_gender or "")
        item.label = f"{item.row.get('roll_number', '')} {item.row.get('name', '')}".strip()

    # -- who is meant ----------------------------------------------------------------------------
    def match(self, items):
        found = self.find([item.row for item in items])
        for item in items:
            item.record = self._identify(item, found)
        students = self.env["hostel.student"].union(*[i.record for i in items if i.record])
        # One query for all, instead of one for each kind of field later.
        students.fetch([*STUDENT_FIELDS, "programme_id", "active"])
        students.guardian_ids.partner_id.fetch(["name", "phone", "email"])
        for item in items:
            self._judge(item)
        self._check_gender_in_use([item for item in items if "gender" in item.vals])

    def find(self, rows):
        """Students by key: ``{"application_number": {KEY: student}, "roll_number": …, "old": …}``.

        Capitals and small letters are one; archived students count.
        """
        Student = self.env["hostel.student"].with_context(active_test=False)
        wanted = {key: [row[key].upper() for row in rows if key in row] for key in KEYS}
        rolls = wanted["roll_number"] + wanted["previous_roll_number"]
        return {
            "application_number": self._by_key(
                Student, "application_number", wanted["application_number"]
            ),
            "roll_number": self._by_key(Student, "roll_number", rolls),
            "old": {
                key: line.student_id
                for key, line in self._by_key(
                    self.env["hostel.student.roll.number"], "roll_number", rolls
                ).items()
            },
        }

    def _by_key(self, model, column, keys):
        """Records by a column in capitals; the latest wins."""
        if not keys:
            return {}
        model.flush_model([column])
        # The index stands on this expression; the ORM has no domain for it.
        self.env.cr.execute(
            f"SELECT upper({column}), id FROM {model._table}"
            f" WHERE upper({column}) = ANY(%s) ORDER BY id",
            [sorted(set(keys))],
        )
        found = dict(self.env.cr.fetchall())
        records = model.browse(found.values())
        return dict(zip(found, records, strict=True))

    def _identify(self, item, found):
        """The student a row means, by application number, roll number, or an earlier one."""
        row = item.row
        key = {name: row[name].upper() for name in KEYS if name in row}
        applicant = found["application_number"].get(key.get("application_number"))
        holder = found["roll_number"].get(key.get("roll_number"))
        previous = key.get("previous_roll_number")
        renamed = previous and (found["roll_number"].get(previous) or found["old"].get(previous))
        known = applicant or renamed
        if known and holder and known != holder:
            item.refuse("KEY_CONFLICT", "roll_number", row["roll_number"], other=holder.name)
            return known
        if holder and not known:
            number = holder.application_number
            if (
                number
                and "application_number" in key
                and number.upper() != key["application_number"]
            ):
                item.refuse(
                    "APPLICATION_MISMATCH",
                    "application_number",
                    row["application_number"],
                    other=number,
                )
        student = known or holder
        if not student and key.get("roll_number") in found["old"]:
            # An outdated file: the student keeps the present number.
            student = found["old"][key["roll_number"]]
            row["roll_number"] = student.roll_number
        if student and row.get("roll_assumed"):
            # The application number only stood in for the roll number that came later.
            row["roll_number"] = student.roll_number
        return student

    def _has_column(self, target):
        return any(name == target for _index, name in self.columns)

    # -- what becomes of it ----------------------------------------------------------------------
    def _judge(self, item):
        row = item.row
        item.vals = {name: row[name] for name in STUDENT_FIELDS if name in row}
        programme = self._resolve_programme(item)
        if programme:
            item.vals["programme_id"] = programme
        student = item.record
        if not student:
            item.outcome = NEW
            item.extra["guardian"] = "guardian_name" in row
            return
        item.label = f"{student.roll_number} {row.get('name') or student.name}"
        if not self.job.update_existing:
            item.vals, item.outcome = {}, UNCHANGED
            return
        current = {name: student[name] for name in item.vals}
        current["programme_id"] = student.programme_id.id
        for name in ("roll_number", "application_number"):
            if name in item.vals and item.vals[name].upper() == (current.get(name) or "").upper():
                del item.vals[name]
        if "gender" in item.vals and not self._has_column("gender"):
            # The default is for those whom nobody knows yet.
            del item.vals["gender"]
        self.compare(item, current)
        self._compare_guardian(item)
        item.outcome = CHANGED if item.vals or item.extra else UNCHANGED

    def _resolve_programme(self, item):
        name = item.row.get("programme")
        if not name:
            return None
        known = self.programmes.get(name)
        if known:
            return known
        if not self.job.create_programmes:
            item.refuse("UNKNOWN_PROGRAMME", "programme", name)
            return None
        if item.problems:
            return None
        self.note_created("programmes", name)
        if not self.apply:
            return self.programmes.add(name)
        programme = self.env["hostel.programme"].create(
            {
                "name": name,
                "code": self._free_code(name),
                "department": item.row.get("department", False),
            }
        )
        return self.programmes.add(name, programme.id)

    def _free_code(self, name):
        """A short code that no programme has."""
        words = re.findall(r"\w+", name)
        code = (squash(name) if len(words) == 1 else "".join(w[:3] for w in words)).upper()[:12]
        candidate, number = code, 1
        while self.programmes.get(candidate):
            number += 1
            candidate = f"{code}{number}"
        return candidate or f"P{number}"

    def _compare_guardian(self, item):
        """Work out whether the guardian is new or has changed."""
        row = item.row
        if "guardian_name" not in row:
            return
        guardian = item.record.guardian_ids.filtered(
            lambda g: squash(g.partner_id.name or "") == squash(row["guardian_name"])
        )[:1]
        if not guardian:
            item.extra["guardian"] = True
            item.changes.append(("guardian_ids", "–", row["guardian_name"]))
            return
        for target in GUARDIAN_FIELDS:
            name = target.removeprefix("guardian_")
            value = guardian.relation if name == "relation" else guardian.partner_id[name]
            if target in row and row[target] != (value or ""):
                item.extra.setdefault("guardian_vals", {})[name] = row[target]
                item.changes.append((target, self._show(name, value), row[target]))
        if "guardian_vals" in item.extra:
            item.extra["guardian_id"] = guardian.id

    def _check_gender_in_use(self, items):
        """A student who has a bed can't change to a gender that may not live there."""
        changing = [item for item in items if item.record]
        if not changing:
            return
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            .search_fetch(
                [
                    ("student_id", "in", [item.record.id for item in changing]),
                    ("state", "in", LIVE_STATES),
                ],
                ["student_id"],
            )
        )
        placed = rows.student_id
        for item in changing:
            if item.record in placed:
                item.refuse("GENDER_IN_USE", "gender", item.row["gender"])

    # -- writing ---------------------------------------------------------------------------------
    def create_records(self, items):
        students = self.env["hostel.student"].create([dict(item.vals) for item in items])
        for item, student in zip(items, students, strict=True):
            item.record = student
        self._create_guardians([item for item in items if item.extra.get("guardian")])

    def _create_guardians(self, items):
        if not items:
            return
        partners = self._find_guardian_partners(items)
        guardians = {}
        for item, partner in zip(items, partners, strict=True):
            # A student may stand in two rows of a file; the first says who the guardian is.
            guardians.setdefault(
                (item.record.id, partner.id),
                {
                    "student_id": item.record.id,
                    "partner_id": partner.id,
                    "relation": item.row.get("guardian_relation", "guardian"),
                    "is_primary": item.outcome == NEW or not item.record.guardian_ids,
                },
            )
        self.env["hostel.guardian"].create(list(guardians.values()))

    def _find_guardian_partners(self, items):
        """The person each row names: the guardian of a sibling if mail and name are the same.

        Two people with one mail could neither be invited nor sign in.

        :return: a list of ``res.partner``, in the order of the items
        """
        persons = []
        for number, item in enumerate(items):
            mail = email_normalize(item.row.get("guardian_email") or "")
            # Without a mail nobody can tell whether two of a name are one.
            persons.append((mail, squash(item.row["guardian_name"]) if mail else number))
        known = self._get_known_guardians({mail for mail, _name in persons if mail})
        first = {}
        for person, item in zip(persons, items, strict=True):
            if person not in known:
                first.setdefault(person, item)
        created = self.env["res.partner"].create(
            [
                {
                    "name": item.row["guardian_name"],
                    "phone": item.row.get("guardian_phone", False),
                    "email": item.row.get("guardian_email", False),
                }
                for item in first.values()
            ]
        )
        known.update(zip(first, created, strict=True))
        return [known[person] for person in persons]

    def _get_known_guardians(self, mails):
        """Guardians by mail and squashed name; the eldest record wins."""
        if not mails:
            return {}
        guardians = self.env["hostel.guardian"].search(
            [("partner_id.email_normalized", "in", list(mails))]
        )
        partners = guardians.partner_id.filtered("active").sorted("id", reverse=True)
        return {(one.email_normalized, squash(one.name or "")): one for one in partners}

    def update_all(self, items):
        """Write the same values to all students who get them: a promotion is one write."""
        groups = {}
        for item in items:
            if item.vals:
                groups.setdefault(tuple(sorted(item.vals.items(), key=str)), []).append(item)
        for vals, group in groups.items():
            self._write_students([item.record.id for item in group], dict(vals))
        self._create_guardians([item for item in items if item.extra.get("guardian")])
        for item in items:
            self._update_guardian(item)

    def update(self, item):
        if item.vals:
            self._write_students(item.record.ids, item.vals)
        self._create_guardians([item] if item.extra.get("guardian") else [])
        self._update_guardian(item)

    def _write_students(self, ids, vals):
        # The chatter of a student who was there before tells what the file changed.
        students = self.env["hostel.student"].browse(ids)
        students.with_context(tracking_disable=False).write(vals)

    def _update_guardian(self, item):
        if "guardian_id" in item.extra:
            vals = dict(item.extra["guardian_vals"])
            guardian = self.env["hostel.guardian"].browse(item.extra["guardian_id"])
            if "relation" in vals:
                guardian.relation = vals.pop("relation")
            if vals:
                guardian.partner_id.write(vals)

    def _show(self, name, value):
        if name == "programme_id" and value:
            if value < 0:
                return self.env._("a new programme")
            return self.env["hostel.programme"].browse(value).name
        return super()._show(name, value)

    # -- the end ---------------------------------------------------------------------------------
    def count_absent(self, rows):
        """How many active students no row of the file means.

        :param rows: cells of every row
        """
        columns = [(index, target) for index, target in self.columns if target in KEYS]
        keys = [read_cells(cells, columns, self.readers)[0] for cells in rows]
        for row in keys:
            self.complete_key(row)
        found = self.find(keys)
        present = {student.id for group in found.values() for student in group.values()}
        active = self.env["hostel.student"].search([("status", "=", "active")])
        return len(set(active.ids) - present)
