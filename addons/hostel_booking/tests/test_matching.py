"""The matching score, without a database."""

from dataclasses import fields
from itertools import product

from odoo.tests import BaseCase

from ..tools import matching
from ..tools.matching import QUESTIONS, Answers, Match, score, shown_score

ASHA = Answers("2", "4", "2", "sometimes", "both", "any", "never", "never")
BINA = Answers("2", "4", "1", "sometimes", "library", "egg", "never", "never")
NIGHT_OWL = Answers("5", "1", "5", "often", "room", "any", "any", "any")

PROTECTED = (
    *("gender", "sex", "category", "caste", "religion", "community", "language", "region"),
    *("is_pwd", "disability", "blood_group", "birthdate", "age", "income", "nationality"),
    *("name", "student_id", "merit_score", "home_distance_km", "aadhaar_last4"),
)


class TestMatching(BaseCase):
    def test_the_same_answers_are_a_full_match(self):
        self.assertEqual(score(ASHA, ASHA).score, 100)

    def test_a_near_answer_costs_less_than_a_far_one(self):
        near = score(ASHA, BINA).score
        far = score(ASHA, NIGHT_OWL).score
        self.assertGreater(near, 85)
        self.assertLess(far, 50)

    def test_it_does_not_matter_who_asks(self):
        self.assertEqual(score(ASHA, NIGHT_OWL), score(NIGHT_OWL, ASHA))

    def test_who_does_not_mind_fits_better_than_the_opposite(self):
        strict = Answers("2", "4", "2", "sometimes", "both", smoking="never")
        minds_not = Answers("2", "4", "2", "sometimes", "both", smoking="any")
        outside = Answers("2", "4", "2", "sometimes", "both", smoking="outside")
        self.assertEqual(score(strict, minds_not).score, score(strict, outside).score)
        self.assertLess(score(strict, minds_not).score, 100)

    def test_too_few_common_answers_give_no_score(self):
        few = Answers(sleep="2", tidiness="4", noise="2", guests="never")
        self.assertEqual(score(ASHA, few), Match(None, (), 4))
        self.assertEqual(score(Answers(), Answers(), least=0).score, None)

    def test_reasons_come_only_of_what_was_shared(self):
        self.assertEqual(score(ASHA, BINA).reasons, ())
        shared = score(ASHA, BINA, shared={"sleep"})
        self.assertEqual(shared.reasons, ("early_sleepers",))
        every = score(ASHA, BINA, shared=set(QUESTIONS))
        self.assertEqual(every.reasons, ("early_sleepers", "quiet", "tidy"))
        # What differs is never named, whoever shares it.
        self.assertEqual(score(ASHA, NIGHT_OWL, shared=set(QUESTIONS)).reasons, ())

    def test_nothing_that_hints_at_belief_is_ever_named(self):
        unspoken = {name for name, _answer in matching.REASONS} & {"food", "smoking", "alcohol"}
        self.assertEqual(unspoken, set())

    def test_the_input_has_no_place_for_protected_attributes(self):
        self.assertEqual({field.name for field in fields(Answers)}, set(QUESTIONS))
        for name in PROTECTED:
            with self.assertRaises(TypeError):
                Answers(**{name: "x"})
            with self.assertRaises(ValueError):
                Answers.read({"lifestyle_sleep": "1", name: "x"}, "lifestyle_")
            with self.assertRaises(ValueError):
                Answers.read({f"lifestyle_{name}": "x"}, "lifestyle_")
            with self.assertRaises(AttributeError):
                # Frozen: nothing can be hung on it later either.
                setattr(ASHA, name, "x")

    def test_an_unknown_answer_is_refused(self):
        with self.assertRaises(ValueError):
            Answers(sleep="9")
        self.assertEqual(Answers.read({"lifestyle_sleep": False}, "lifestyle_"), Answers())


class TestShownScore(BaseCase):
    def test_it_is_stable_symmetric_coarse_and_never_extreme(self):
        for true_score in range(101):
            shown = shown_score(true_score, "secret", 7, 12, "r1")
            self.assertEqual(shown, shown_score(true_score, "secret", 12, 7, "r1"))
            self.assertEqual(shown % matching.STEP, 0)
            self.assertTrue(matching.LOWEST <= shown <= matching.HIGHEST)
            if 25 <= true_score <= 90:
                self.assertLessEqual(abs(shown - true_score), matching.JITTER + 3)

    def test_a_shown_score_leaves_many_questionnaires_open(self):
        """Who knows the own answers, the method and one shown score learns no answer of the other.

        Every value of every question stays possible.
        """
        shown = shown_score(score(ASHA, BINA).score, "secret", 1, 2)
        # Without the secret the true score is known up to the shift and the rounding.
        margin = matching.JITTER + matching.STEP / 2
        possible = {name: set() for name in QUESTIONS}
        for values in product(*(question.scale for question in QUESTIONS.values())):
            guess = Answers(*values)
            if abs(score(ASHA, guess).score - shown) <= margin:
                for name, value in guess.given().items():
                    possible[name].add(value)
        # A score near the top excludes the far end of the weightiest questions and no more.
        for name, values in possible.items():
            self.assertGreater(len(values), 1, name)

    def test_changing_answers_would_reveal_the_others_without_a_freeze(self):
        """The twin of the freeze: with free changes the exact score gives an answer away.

        This is why a viewer's answers are frozen for a round (see ``test_occupants``).
        """
        differing = [
            score(Answers(**{**ASHA.given(), "sleep": sleep}), BINA).score
            for sleep in QUESTIONS["sleep"].scale
        ]
        best = QUESTIONS["sleep"].scale[differing.index(max(differing))]
        self.assertEqual(best, BINA.sleep)
