"""Who is suggested to whom, and what a suggestion must never depend on."""

from odoo.tests import tagged

from odoo.addons.hostel_base.tests.common import give_consent

from .test_cohort import CohortCase

ANSWERS = {
    "lifestyle_sleep": "2",
    "lifestyle_tidiness": "4",
    "lifestyle_noise": "2",
    "lifestyle_guests": "sometimes",
    "lifestyle_study": "room",
    "lifestyle_food": "any",
    "lifestyle_smoking": "never",
}


@tagged("post_install", "-at_install")
class TestSuggestions(CohortCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for student in cls.asha | cls.bina | cls.chand | cls.divya:
            cls._agree(student)
            student.write({**ANSWERS, "looking_round_id": cls.round.id})

    @classmethod
    def _agree(cls, student, optional=("lifestyle", "roommates")):
        give_consent(student, optional=optional)

    def _suggest(self, user=None):
        desk = self.env["hostel.suggestion.desk"].with_user(user or self.asha_user)
        return desk._get_suggestions()

    def _people(self, user=None):
        return self._suggest(user)["people"]

    def test_those_who_look_as_well_are_suggested_without_their_names(self):
        people = self._people()
        self.assertEqual(len(people), 2)
        for student in self.bina | self.divya:
            for secret in (student.name, student.roll_number):
                self.assertNotIn(secret, str(people))
        self.assertTrue(all(20 <= person["score"] <= 95 for person in people))

    def test_who_did_not_agree_or_does_not_look_is_not_there(self):
        self._agree(self.bina, ("lifestyle",))
        self.divya.looking_round_id = False
        self.assertFalse(self._people())

    def test_other_genders_bedded_gone_and_blocked_students_are_not_there(self):
        self.assertEqual(len(self._people(self.chand_user)), 0)
        self.env["hostel.allocation"]._reserve(
            self.girls.bed_ids[0], self.bina, self.term, "paying"
        )
        self.assertEqual(len(self._people()), 1)
        self.env["hostel.roommate.block"].create(
            {"student_id": self.divya.id, "blocked_id": self.asha.id}
        )
        self.assertFalse(self._people())

    def test_inactive_students_are_not_there(self):
        self.bina.status = "inactive"
        self.assertEqual(len(self._people()), 1)

    def test_whoever_looks_on_must_take_part(self):
        self._agree(self.asha, ())
        self.assertEqual(self._suggest()["standing"], "agree")
        self.refused(
            "CONSENT_REQUIRED",
            self.env["hostel.suggestion.desk"].with_user(self.asha_user)._set_looking,
            True,
        )
        self._agree(self.asha)
        self.asha.looking_round_id = False
        self.assertEqual(self._suggest()["standing"], "look")
        self.assertFalse(self._people())

    def test_without_enough_answers_there_is_no_score(self):
        self.asha.write(dict.fromkeys(ANSWERS, False))
        self.assertEqual(self._suggest()["standing"], "answer")

    def test_nothing_but_the_answers_changes_a_score(self):
        before = self._people()
        self.bina.write(
            {
                "category": "sc",
                "is_pwd": True,
                "birthdate": "1999-01-01",
                "blood_group": "B+",
                "name": "Somebody Else",
            }
        )
        self.divya.write({"category": "general", "status": "active"})
        self.assertEqual(self._people(), before)

    def test_handles_mean_nothing_to_anybody_else(self):
        mine = {person["handle"] for person in self._people()}
        theirs = {person["handle"] for person in self._people(self.bina_user)}
        self.assertFalse(mine & theirs)

    def test_who_is_asked_joins_or_stays_unknown(self):
        desk = self.env["hostel.suggestion.desk"].with_user(self.asha_user)
        person = self._people()[0]
        self.refused("NO_COHORT", desk._invite, person["handle"])
        cohort = self.as_(self.asha_user)._create(3)
        self.refused("NOT_FOUND", desk._invite, "0" * 24)
        member = desk._invite(person["handle"])
        self.assertTrue(
            next(p for p in self._people() if p["handle"] == person["handle"])["is_asked"]
        )
        user = member.student_id.partner_id.user_ids
        self.as_(user)._answer(member.id, True)
        self.assertEqual(cohort.member_count, 2)
        # Who is in the group needs no suggestion.
        self.assertNotIn(person["handle"], [p["handle"] for p in self._people()])

    def _invite(self, handle):
        return self.env["hostel.suggestion.desk"].with_user(self.asha_user)._invite(handle)

    def test_who_is_asked_is_not_described_more_closely_than_before(self):
        """Bina is the only one of her department and year."""
        self.bina.write({"department": "Marine", "year_of_study": 9})
        self.as_(self.asha_user)._create(3)
        for person in self._people():
            self._invite(person["handle"])
        page = self.as_(self.asha_user)._get_page()["cohort"]
        self.assertEqual(len(page["invited"]), 2)
        self.assertNotIn("Marine", str(page))
        self.assertNotIn("9th", str(page["invited"]))
        member = self.env["hostel.cohort.member"].search([("student_id", "=", self.bina.id)])
        self.as_(self.bina_user)._answer(member.id, True)
        # Whoever joins lets the group know.
        self.assertIn("Marine", str(self.as_(self.asha_user)._get_page()["cohort"]))

    def test_an_invitation_comes_by_mail_and_stands_on_the_home(self):
        self.as_(self.asha_user)._create(2)
        desk = self.as_(self.bina_user)
        self.assertEqual(desk._count_invitations(self.bina), 0)
        for person in self._people():
            self._invite(person["handle"])
        self.assertEqual(desk._count_invitations(self.bina), 1)
        [letter] = self.env["mail.message"].search(
            [
                ("subject", "=", "Someone would like to live with you"),
                ("partner_ids", "in", self.bina.partner_id.ids),
            ]
        )
        self.assertIn("/my/cohort", letter.body)
        for secret in (self.asha.name, self.asha.roll_number):
            self.assertNotIn(secret, letter.body)

    def test_a_no_that_is_taken_back_looks_like_silence(self):
        self.as_(self.asha_user)._create(3)
        handles = {one: self._handle(one) for one in self.bina | self.divya}
        rows = {one: self._invite(handle) for one, handle in handles.items()}
        self.as_(self.bina_user)._answer(rows[self.bina].id, False)

        def seen():
            page = self.as_(self.asha_user)._get_page()["cohort"]["invited"]
            asked = {person["handle"]: person["is_asked"] for person in self._people()}
            return [
                (rows[one].id in [row["id"] for row in page], asked[handles[one]]) for one in rows
            ]

        self.assertEqual(seen(), [(True, True)] * 2)
        for row in rows.values():
            self.as_(self.asha_user)._remove(row.id)
        self.assertEqual(seen(), [(False, False)] * 2)
        for one, handle in handles.items():
            self.assertEqual(self._invite(handle), rows[one])
        self.assertEqual(seen(), [(True, True)] * 2)
        # Whoever said no is not asked twice.
        self.assertEqual(self.as_(self.bina_user)._count_invitations(self.bina), 0)
        self.assertEqual(self.as_(self.divya_user)._count_invitations(self.divya), 1)

    def _handle(self, student):
        desk = self.env["hostel.suggestion.desk"].with_user(self.asha_user)
        return desk._get_handle(self.asha, student.id)

    def test_taking_questions_back_does_not_let_one_ask_everybody(self):
        cohort = self.as_(self.asha_user)._create(2)
        for number in range(6):
            student, _user = self._create_student(f"many{number}", "female")
            self._agree(student)
            student.write({**ANSWERS, "looking_round_id": self.round.id})
        first, *others = [person["handle"] for person in self._people()]
        asked = self._invite(first)
        self.as_(self.asha_user)._remove(asked.id)
        self.assertEqual(asked.state, "removed")
        # Asked again it is the same question, which comes by mail once.
        self.assertEqual(self._invite(first), asked)
        self.assertEqual(asked.state, "invited")
        for handle in others[:4]:
            self.as_(self.asha_user)._remove(self._invite(handle).id)
        self.refused("TOO_MANY_INVITATIONS", self._invite, others[4])
        self._invite(others[3])
        cohort.member_ids.filtered("expires_at").expires_at = self.env.cr.now()
        self._invite(others[4])

    def test_ten_thousand_students_cost_no_more_queries_than_twenty(self):
        self._create_many(20)
        self._suggest()  # the answers are frozen now
        few = self._count_queries()
        self._create_many(10_000)
        self.assertLessEqual(self._count_queries(), few)

    def _count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(len(self._people()), 10)
        return self.env.cr.sql_log_count - before

    def _create_many(self, count):
        """Students with consent and mixed answers, written straight into the tables."""
        self.env.flush_all()
        field = self.env["hostel.consent"]._fields["purpose_ids"]
        self.env.cr.execute(
            f"""
            WITH partners AS (
                INSERT INTO res_partner (name, active, autopost_bills, type)
                SELECT 'Many ' || n, TRUE, 'ask', 'contact' FROM generate_series(1, %(count)s) n
                RETURNING id),
            students AS (
                INSERT INTO hostel_student (partner_id, roll_number, gender, status,
                    year_of_study, looking_round_id, birthdate, lifestyle_sleep,
                    lifestyle_tidiness, lifestyle_noise, lifestyle_guests, lifestyle_study,
                    lifestyle_food, lifestyle_smoking)
                SELECT id, 'MANY-' || id, 'female', 'active', 1, %(round)s, '2000-01-01',
                    (1 + id %% 5)::text, (1 + id %% 4)::text, (1 + id / 5 %% 5)::text,
                    (ARRAY['never','sometimes','often'])[1 + id %% 3], 'room', 'any', 'never'
                  FROM partners RETURNING id, partner_id),
            consents AS (
                INSERT INTO hostel_consent (student_id, notice_id, given_by_id, given_as,
                    channel, given_at, recorded_by_id)
                SELECT s.id, c.notice_id, s.partner_id, 'self', c.channel, c.given_at,
                       c.recorded_by_id
                  FROM students s, hostel_consent c WHERE c.id = %(like)s RETURNING id)
            INSERT INTO {field.relation} ({field.column1}, {field.column2})
            SELECT consents.id, rel.{field.column2} FROM consents, {field.relation} rel
             WHERE rel.{field.column1} = %(like)s
            """,
            {
                "count": count,
                "round": self.round.id,
                "like": self.asha._get_standing_consents()[self.asha.id],
            },
        )
        self.env.invalidate_all()
