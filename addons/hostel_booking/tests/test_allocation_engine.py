"""The allocation engine without a database: promises, known answers, false wishes."""

import random
from dataclasses import replace
from itertools import permutations

from odoo.tests import BaseCase

from ..tools.allocation import (
    ADJOINING,
    CAP,
    DEFERRED,
    RESERVED,
    SERIAL,
    Applicant,
    Bed,
    Member,
    Missed,
    Policy,
    Pool,
    Problem,
    Quota,
    Scope,
    Wish,
    measure,
    solve,
    verify,
)
from ..tools.allocation.deferred import deferred_acceptance
from ..tools.allocation.priority import choosing_order, lottery_number
from ..tools.allocation.problem import digest_problem
from ..tools.allocation.result import Outcome, Result, Seat, digest_outcomes

KAVERI, NARMADA = 1, 2
TWIN, TRIPLE = 1, 2
AC = frozenset({7})
ANY_KAVERI, ANY_NARMADA = Wish(hostel=KAVERI), Wish(hostel=NARMADA)
EVERYWHERE = Scope()


def room(number, beds=2, hostel=KAVERI, **facts):
    """Beds of one room; its number is also its place on the floor."""
    facts = {"floor": hostel * 10, "room_type": TWIN, "gender": "female", "order": number, **facts}
    return [
        Bed(id=hostel * 1000 + number * 10 + i, room=hostel * 100 + number, hostel=hostel, **facts)
        for i in range(beds)
    ]


def single(number, *wishes, **facts):
    hostels = facts.pop("hostels", None)
    return Applicant(number, (Member(number, "female", **facts),), wishes, hostels)


def cohort(number, size, *wishes, **facts):
    members = tuple(Member(number * 100 + i, "female", **facts) for i in range(size))
    return Applicant(number, members, wishes)


def problem(beds, applicants, quotas=(), pools=(), **policy):
    return Problem(tuple(beds), tuple(applicants), tuple(quotas), tuple(pools), Policy(**policy))


def beds_of(result):
    return {outcome.applicant: [seat.bed for seat in outcome.seats] for outcome in result.outcomes}


def random_problem(rng, mechanism=SERIAL, cohorts=True, quotas=True, **policy):
    """A small campus with everything that can go wrong in it."""
    beds = []
    for hostel in (KAVERI, NARMADA):
        gender = rng.choice(["female", "female", "male"])
        for number in range(1, rng.randint(2, 5)):
            beds += [
                replace(
                    bed,
                    accessible=rng.random() < 0.2,
                    reserved=rng.choice(["", "", "", "category:sc", "year:1"]),
                )
                for bed in room(
                    number,
                    rng.randint(1, 3),
                    hostel,
                    gender=gender,
                    room_type=rng.choice([TWIN, TRIPLE]),
                    amenities=rng.choice([AC, frozenset()]),
                )
            ]
    applicants = [
        _random_applicant(rng, number, beds, cohorts) for number in range(1, rng.randint(3, 10))
    ]
    kept, pools = _random_quotas(rng, beds) if quotas else ((), ())
    return problem(
        beds,
        applicants,
        kept,
        pools,
        mechanism=mechanism,
        criteria=tuple(rng.sample(["year", "merit", "distance"], 2)),
        steps=(("merit", 1.0),),
        seed=str(rng.random()),
        **policy,
    )


def _random_applicant(rng, number, beds, cohorts):
    size = rng.choice([1, 1, 2, 3]) if cohorts else 1
    gender = rng.choice(["female", "female", "male"])
    members = tuple(
        Member(
            number * 100 + i,
            gender,
            rng.randint(1, 3),
            rng.choice([6.5, 7, 8]),
            rng.choice([10, 100]),
            rng.choice(["general", "sc", "st"]),
            rng.random() < 0.15,
        )
        for i in range(size)
    )
    return Applicant(
        number,
        members,
        random_wishes(rng, beds),
        rng.choice([None, None, frozenset({KAVERI}), frozenset({KAVERI, NARMADA})]),
    )


def random_wishes(rng, beds):
    return tuple(
        Wish(
            hostel=rng.choice([None, KAVERI, NARMADA]),
            room_type=rng.choice([None, None, TWIN, TRIPLE]),
            room=rng.choice([None, None, rng.choice(beds).room]),
            amenities=rng.choice([frozenset(), frozenset(), AC]),
        )
        for _ in range(rng.randint(0, 4))
    )


def _random_quotas(rng, beds):
    scope = rng.choice([EVERYWHERE, Scope(hostel=KAVERI)])
    total = sum(1 for bed in beds if scope.covers(bed))
    seats = rng.randint(0, min(3, total))
    quotas = [
        Quota(1, "category:sc", RESERVED, seats, scope, released=rng.random() < 0.3),
        Quota(2, rng.choice(["year:1", "category:general"]), CAP, rng.randint(0, 3), EVERYWHERE),
    ]
    return quotas, [Pool(scope, total - seats)]


class TestPromises(BaseCase):
    """Each promise, stated by a checker that doesn't know the solver."""

    def assertSound(self, task):
        result = solve(task)
        self.assertEqual(verify(task, result), [])
        return result

    def test_random_campuses_in_turn(self):
        rng = random.Random(1)
        placed = 0
        for _ in range(400):
            result = self.assertSound(
                random_problem(
                    rng,
                    cohort_rooms=rng.choice(["room", ADJOINING]),
                    open_unclaimed=rng.random() < 0.3,
                )
            )
            placed += sum(1 for outcome in result.outcomes if outcome.seats)
        self.assertGreater(placed, 500)

    def test_random_campuses_with_deferred_acceptance(self):
        rng = random.Random(2)
        for number in range(300):
            self.assertSound(
                random_problem(
                    rng,
                    DEFERRED,
                    quotas=bool(number % 2),
                    hostel_criteria=((NARMADA, ("distance", "merit")),) if number % 3 else (),
                )
            )

    def test_the_checker_sees_what_is_wrong(self):
        """Each way to spoil a good result is told by its name."""
        beds = [*room(1), *room(2, reserved="category:sc"), *room(3, gender="male")]
        task = problem(
            beds,
            [single(1, ANY_KAVERI, merit=9), single(2, merit=8), cohort(3, 2, Wish(room=102))],
        )
        good = solve(task)
        self.assertEqual(verify(task, good), [])
        outcomes = {outcome.applicant: outcome for outcome in good.outcomes}

        def spoilt(number, bed_ids, **facts):
            outcome = outcomes[number]
            one = next(one for one in task.applicants if one.id == number)
            seats = tuple(
                replace(outcomes[1].seats[0], member=m.id, bed=bed_id)
                for m, bed_id in zip(one.members, bed_ids, strict=False)
            )
            changed = replace(outcome, seats=seats, **{"wish": 1, **facts})
            return replace(
                good,
                outcomes=tuple(changed if o.applicant == number else o for o in good.outcomes),
            )

        for code, wrong in (
            ("BED_GIVEN_TWICE", spoilt(2, [outcomes[1].seats[0].bed])),
            ("NO_SUCH_BED", spoilt(2, [1])),
            ("WRONG_GENDER", spoilt(2, [1030])),
            ("KEPT_FOR_OTHERS", spoilt(2, [1020])),
            ("NOT_ALL_MEMBERS", spoilt(3, [1020])),
            ("NOT_WISHED", spoilt(3, [1010, 1011])),
            ("NOT_TOGETHER", spoilt(3, [1011, 1020])),
            ("NO_SUCH_WISH", spoilt(1, [1010], wish=2)),
            ("WRONG_RANK", spoilt(2, [1011], rank=3)),
            ("OUTPUT_HASH", spoilt(2, [1011], rank=3)),
        ):
            with self.subTest(code=code):
                self.assertIn(code, {violation.code for violation in verify(task, wrong)})

    def test_the_checker_sees_waste_envy_and_who_was_passed_over(self):
        def made_up(task, bed_of):
            outcomes = tuple(
                Outcome(
                    one.id,
                    rank,
                    1 if one.id in bed_of else 0,
                    (Seat(one.id, bed_of[one.id]),) if one.id in bed_of else (),
                )
                for one, rank in sorted(
                    (
                        (one, rank)
                        for rank, one in enumerate(choosing_order(task.applicants, task.policy), 1)
                    ),
                    key=lambda pair: pair[0].id,
                )
            )
            return Result(outcomes, digest_problem(task), digest_outcomes(outcomes))

        first, second = single(1, Wish(room=101), merit=9), single(2, Wish(room=101), merit=8)
        task = problem([*room(1, 1), *room(2, 1)], [first, second])
        for code, beds, task_ in (
            ("BED_LEFT_EMPTY", {}, task),
            ("ENVY", {2: 1010}, task),
            (
                "PWD_PASSED_OVER",
                {1: 1010},
                problem(room(1, 1, accessible=True), [first, replace_pwd(second)]),
            ),
        ):
            with self.subTest(code=code):
                found = {violation.code for violation in verify(task_, made_up(task_, beds))}
                self.assertIn(code, found)

    def test_the_slots_of_the_window_order_the_applicants(self):
        """Smaller first, a group by its average, and who has no slot last."""
        applicants = [single(1), single(2, slot=9), cohort(3, 2, slot=4), single(4, slot=5)]
        half = Applicant(5, (Member(51, "female", slot=1), Member(52, "female")))
        pwd = single(6, slot=100, pwd=True)
        task = problem(room(1), [*applicants, half, pwd], criteria=("slot",))
        order = [one.id for one in choosing_order(task.applicants, task.policy)]
        self.assertEqual(order, [6, 3, 4, 2, 5, 1])

    def test_equal_slots_of_two_windows_are_drawn_by_lot(self):
        pair = [single(1, slot=3), single(2, slot=3)]
        orders = {
            tuple(
                one.id
                for one in choosing_order(
                    pair, problem(room(1), pair, seed=seed, criteria=("slot",)).policy
                )
            )
            for seed in map(str, range(20))
        }
        self.assertEqual(orders, {(1, 2), (2, 1)})

    def test_the_order_of_the_input_never_matters(self):
        rng = random.Random(3)
        for _ in range(100):
            task = random_problem(rng, rng.choice([SERIAL, DEFERRED]))
            mixed = replace(
                task,
                beds=tuple(rng.sample(task.beds, len(task.beds))),
                applicants=tuple(
                    replace(one, members=tuple(rng.sample(one.members, len(one.members))))
                    for one in rng.sample(task.applicants, len(task.applicants))
                ),
                quotas=task.quotas[::-1],
            )
            self.assertEqual(solve(task), solve(mixed))

    def test_another_seed_is_another_lottery(self):
        beds = room(1, 1)
        winners = set()
        for seed in range(20):
            task = problem(beds, [single(1), single(2)], seed=str(seed))
            winners.add(next(n for n, got in beds_of(self.assertSound(task)).items() if got))
        self.assertEqual(winners, {1, 2})

    def test_the_lottery_can_be_computed_by_anybody(self):
        # printf 'spring:7' | sha256sum
        self.assertEqual(
            f"{lottery_number('spring', 7):064x}",
            "6f22d49f6fda681f59e27158f8a1130c9d2c55e7e75ac446e662f9dd45582d26",
        )

    def test_what_makes_no_sense_is_refused(self):
        beds = room(1)
        for wrong in (
            problem([*beds, *beds], []),
            problem(beds, [single(1), single(1)]),
            problem(beds, [Applicant(1, ())]),
            problem(beds, [], mechanism="guess"),
            problem(beds, [], criteria=("shoe size",)),
        ):
            self.assertRaises(ValueError, solve, wrong)


def replace_pwd(one):
    return replace(one, members=tuple(replace(member, pwd=True) for member in one.members))


class TestFalseWishes(BaseCase):
    """Nobody gets a better bed by naming other wishes than the true ones."""

    def _true_place(self, task, number, outcome):
        """Number of the true wish that a bed meets; one more than all if there is none."""
        one = next(one for one in task.applicants if one.id == number)
        beds = {bed.id: bed for bed in task.beds}
        got = [beds[seat.bed] for seat in outcome.seats]
        for place, wish in enumerate(one.ranked, 1):
            if got and all(wish.matches(bed) for bed in got):
                return place
        return len(one.ranked) + 1

    def _try_to_gain(self, seed, mechanism, attempts, **kinds):
        rng = random.Random(seed)
        tried = 0
        for _ in range(attempts):
            task = random_problem(rng, mechanism, **kinds)
            truth = solve(task).by_applicant
            for one in task.applicants:
                honest = self._true_place(task, one.id, truth[one.id])
                if honest == 1:
                    continue
                for lie in self._lies(rng, task, one):
                    tried += 1
                    changed = replace(
                        task,
                        applicants=tuple(
                            replace(other, wishes=lie) if other.id == one.id else other
                            for other in task.applicants
                        ),
                    )
                    outcome = solve(changed).by_applicant[one.id]
                    self.assertGreaterEqual(
                        self._true_place(task, one.id, outcome), honest, (task, one.id, lie)
                    )
        self.assertGreater(tried, 500)

    def _lies(self, rng, task, one):
        swaps = list(permutations(one.ranked))
        yield from rng.sample(swaps, min(3, len(swaps)))
        yield one.ranked[1:]
        yield one.ranked[:1]
        for _ in range(4):
            yield random_wishes(rng, task.beds)

    def test_in_turn_cohorts_and_quotas_included(self):
        self._try_to_gain(11, SERIAL, 120)

    def test_deferred_acceptance_for_singles(self):
        self._try_to_gain(12, DEFERRED, 120, cohorts=False, quotas=False)


class TestKnownAnswers(BaseCase):
    def test_what_is_left_for_the_next(self):
        """Three beds, four students by merit; each answer says who was first."""
        beds = [*room(1, 1), *room(2, 1), *room(1, 1, NARMADA)]
        task = problem(
            beds,
            [
                single(1, Wish(room=101), merit=9.1),
                single(2, Wish(room=101), ANY_KAVERI, merit=8.4),
                single(3, ANY_KAVERI, Wish(room=101), ANY_NARMADA, merit=8.0),
                single(4, merit=7.0),
            ],
            criteria=("merit",),
        )
        result = solve(task)
        self.assertEqual(beds_of(result), {1: [1010], 2: [1020], 3: [2010], 4: []})
        outcomes = result.by_applicant
        self.assertEqual(outcomes[2].missed, (Missed(1, "FILLED", 1),))
        self.assertEqual(outcomes[3].missed, (Missed(1, "FILLED", 2), Missed(2, "FILLED", 1)))
        self.assertEqual(
            outcomes[4].facts(),
            {"code": "UNPLACED", "rank": 4, "wish": 0, "missed": [[1, "FILLED", 3]]},
        )

    def test_reasons(self):
        beds = [
            *room(1, 1),
            *room(2, 1, reserved="category:sc"),
            *room(3, 2, gender="male"),
            *room(4, 2, room_type=TRIPLE),
        ]
        quotas = [Quota(1, "year:2", CAP, 0, Scope(room_type=TRIPLE))]
        wishes = {
            Wish(room=999): "NO_SUCH_ROOM",
            Wish(room=103): "NOT_YOUR_GENDER",
            Wish(room=102): "KEPT_FOR_OTHERS",
            Wish(room=104): "QUOTA_FULL",
        }
        task = problem(beds, [single(1, *wishes, year=2)], quotas)
        self.assertEqual(
            [one.reason for one in solve(task).outcomes[0].missed], list(wishes.values())
        )
        task = problem(beds, [cohort(1, 3, Wish(room=104))], quotas)
        self.assertEqual(solve(task).outcomes[0].missed, (Missed(1, "ROOM_TOO_SMALL"),))

    def test_a_cohort_sleeps_in_one_room_or_nowhere(self):
        beds = [*room(1, 2), *room(2, 2)]
        trio = cohort(1, 3)
        self.assertEqual(beds_of(solve(problem(beds, [trio]))), {1: []})
        row = solve(problem(beds, [trio], cohort_rooms=ADJOINING))
        self.assertEqual(len(beds_of(row)[1]), 3)
        # With a room between them two rooms don't adjoin.
        beds = [*room(1, 2), *room(3, 2)]
        self.assertEqual(beds_of(solve(problem(beds, [trio], cohort_rooms=ADJOINING))), {1: []})

    def test_a_single_does_not_wait_for_a_cohort_that_comes_later(self):
        beds = room(1, 2)
        task = problem(beds, [single(1, merit=9), cohort(2, 2, merit=8)], criteria=("merit",))
        self.assertEqual([bool(got) for got in beds_of(solve(task)).values()], [True, False])

    def test_an_accessible_bed_is_for_whoever_needs_it(self):
        beds = [*room(1, 1, accessible=True), *room(2, 1)]
        first, second = single(1, merit=9), single(2, merit=1, pwd=True)
        for mechanism in (SERIAL, DEFERRED):
            with self.subTest(mechanism=mechanism):
                task = problem(beds, [first, second], criteria=("merit",), mechanism=mechanism)
                self.assertEqual(beds_of(solve(task)), {1: [1020], 2: [1010]})
                # Nobody needs it: it does not stay empty.
                task = problem(beds, [first, single(2, merit=1)], mechanism=mechanism)
                self.assertTrue(all(beds_of(solve(task)).values()))

    def test_kept_beds_open_when_nobody_of_the_group_waits(self):
        beds = room(1, 2, reserved="category:sc")
        applicants = [single(1, merit=9), single(2, merit=1, category="sc")]
        self.assertEqual(beds_of(solve(problem(beds, applicants))), {1: [], 2: [1010]})
        task = problem(beds, applicants, open_unclaimed=True)
        self.assertEqual(beds_of(solve(task)), {1: [1011], 2: [1010]})
        self.assertEqual(verify(task, solve(task)), [])

    def test_reserved_seats_and_open_seats(self):
        """Four beds, two of them seats for SC: of four others two get in, of three SC all."""
        beds = room(1, 4)
        quotas = [Quota(5, "category:sc", RESERVED, 2)]
        pools = [Pool(EVERYWHERE, 2)]
        others = [single(n, merit=9, category="general") for n in (1, 2, 3, 4)]
        task = problem(beds, others, quotas, pools)
        self.assertEqual(sum(map(bool, beds_of(solve(task)).values())), 2)
        kept = [single(n, merit=1, category="sc") for n in (5, 6, 7)]
        task = problem(beds, [*others, *kept], quotas, pools)
        result = solve(task)
        self.assertEqual(verify(task, result), [])
        got = beds_of(result)
        self.assertEqual(sum(bool(got[n]) for n in (1, 2, 3, 4)), 2)
        self.assertEqual(sum(bool(got[n]) for n in (5, 6, 7)), 2)
        # A date has passed and the seats are anybody's.
        quotas = [replace(quotas[0], released=True)]
        self.assertTrue(all(beds_of(solve(problem(beds, others, quotas, pools))).values()))

    def test_seats_that_were_taken_before_are_not_given_again(self):
        beds = room(1, 2)
        quotas = [Quota(1, "year:1", CAP, 3, taken=2)]
        task = problem(beds, [single(1), single(2)], quotas)
        result = solve(task)
        self.assertEqual(sum(map(bool, beds_of(result).values())), 1)
        self.assertEqual(verify(task, result), [])


class TestDeferredAcceptance(BaseCase):
    """The algorithm itself, on instances whose stable answers are known or counted."""

    def _match(self, preferences, priorities, capacity):
        return deferred_acceptance(
            sorted(preferences),
            preferences.__getitem__,
            lambda place, who: priorities[place].index(who) if who in priorities[place] else None,
            capacity,
        )

    def test_gale_and_shapley_s_own_example(self):
        """The third example of their paper of 1962: one stable matching only."""
        men = {1: "ABCD", 2: "ADCB", 3: "BACD", 4: "DBCA"}
        women = {"A": [4, 3, 1, 2], "B": [2, 4, 1, 3], "C": [4, 1, 2, 3], "D": [3, 2, 1, 4]}
        self.assertEqual(
            self._match(men, women, dict.fromkeys("ABCD", 1)), {1: "C", 2: "D", 3: "A", 4: "B"}
        )

    def test_the_residents_of_run_a_match(self):
        """The National Resident Matching Program's own example (“Run a Match”, 2014), in which
        each hospital takes two.

        The last place at Mercy stays open: who would have it is not on Mercy's list, or is
        somewhere better.
        """
        residents = {
            "Anderson": ["City"],
            "Chen": ["City", "Mercy"],
            "Davis": ["Mercy", "City", "General"],
            "Eastman": ["City", "Mercy", "General"],
            "Ford": ["City", "General", "Mercy"],
        }
        hospitals = {
            "Mercy": ["Chen", "Ford"],
            "City": ["Eastman", "Anderson", "Chen", "Davis", "Ford"],
            "General": ["Eastman", "Anderson", "Ford", "Davis"],
        }
        self.assertEqual(
            self._match(residents, hospitals, dict.fromkeys(hospitals, 2)),
            {
                "Anderson": "City",
                "Eastman": "City",
                "Chen": "Mercy",
                "Davis": "General",
                "Ford": "General",
            },
        )
        # With one place each those on top of the lists stay, and nobody else gets in.
        self.assertEqual(
            self._match(residents, hospitals, dict.fromkeys(hospitals, 1)),
            {"Eastman": "City", "Chen": "Mercy", "Ford": "General"},
        )

    def test_it_is_the_best_stable_matching_for_every_proposer(self):
        """Against all matchings of small instances, tried one by one."""
        rng = random.Random(5)
        several = 0
        for _ in range(300):
            people = list(range(rng.randint(2, 6)))
            places = [f"p{n}" for n in range(rng.randint(2, 3))]
            # About as many places as people, and many lists that name all: else there is hardly
            # ever more than one stable matching.
            drawn = rng.choices(places, k=len(people))
            capacity = {place: min(drawn.count(place), 3) for place in places}
            preferences, priorities = (
                {
                    one: rng.sample(
                        others, rng.choice([len(others)] * 3 + [rng.randint(0, len(others))])
                    )
                    for one in some
                }
                for some, others in ((people, places), (places, people))
            )
            got = self._match(preferences, priorities, capacity)
            stable = list(self._stable(people, places, preferences, priorities, capacity))
            self.assertIn(got, stable)
            several += len(stable) > 1
            for other in stable:
                self._assert_rural_hospitals(got, other, capacity)
                for who, place in other.items():
                    self.assertLessEqual(
                        preferences[who].index(got[who]), preferences[who].index(place)
                    )
        # Else there would be nothing to be the best of.
        self.assertGreater(several, 10)

    def _assert_rural_hospitals(self, one, other, capacity):
        """All stable matchings place the same people, and fill each place as far; one that has
        room left has the very same people in all of them."""
        self.assertEqual(one.keys(), other.keys())
        for place, room in capacity.items():
            here = {who for who, got in one.items() if got == place}
            there = {who for who, got in other.items() if got == place}
            self.assertEqual(len(here), len(there))
            if len(here) < room:
                self.assertEqual(here, there)

    def test_a_blocking_pair_is_found(self):
        """The twin: a matching that gives a place to the wrong one of two is not stable."""
        preferences, priorities = {1: ["a"], 2: ["a"], 3: ["a"]}, {"a": [1, 2, 3]}
        stable = list(self._stable([1, 2, 3], ["a"], preferences, priorities, {"a": 2}))
        self.assertEqual(stable, [{1: "a", 2: "a"}])

    def _stable(self, people, places, preferences, priorities, capacity):
        def matchings(rest, left):
            if not rest:
                yield {}
                return
            who = rest[0]
            for other in matchings(rest[1:], left):
                yield other
            for place, room in left.items():
                if room and place in preferences[who] and who in priorities[place]:
                    for other in matchings(rest[1:], {**left, place: room - 1}):
                        yield {who: place, **other}

        for matching in matchings(people, capacity):
            holders = {place: [] for place in places}
            for who, place in matching.items():
                holders[place].append(who)
            if not any(
                self._blocks(who, place, matching, holders, preferences, priorities, capacity)
                for who in people
                for place in places
            ):
                yield matching

    def _blocks(self, who, place, matching, holders, preferences, priorities, capacity):
        if place not in preferences[who] or who not in priorities[place]:
            return False
        mine = matching.get(who)
        if mine and preferences[who].index(mine) <= preferences[who].index(place):
            return False
        if len(holders[place]) < capacity[place]:
            return True
        right = priorities[place].index
        return any(right(who) < right(holder) for holder in holders[place])

    def test_places_without_a_list_and_people_without_any_chance(self):
        got = self._match(
            {1: ["a", "b"], 2: ["b"], 3: []}, {"a": [], "b": [2, 1]}, {"a": 3, "b": 1}
        )
        self.assertEqual(got, {2: "b"})

    def test_a_hostel_may_have_an_order_of_its_own(self):
        beds = [*room(1, 1), *room(1, 1, NARMADA)]
        near = single(1, ANY_NARMADA, ANY_KAVERI, merit=9, distance=5)
        far = single(2, ANY_NARMADA, ANY_KAVERI, merit=6, distance=900)
        task = problem(
            beds,
            [near, far],
            mechanism=DEFERRED,
            criteria=("merit",),
            hostel_criteria=((NARMADA, ("distance",)),),
        )
        self.assertEqual(beds_of(solve(task)), {1: [1010], 2: [2010]})
        self.assertEqual(verify(task, solve(task)), [])


class TestMeasure(BaseCase):
    def test_rates_and_small_groups(self):
        beds = room(1, 8)
        applicants = [single(n, Wish(room=999), ANY_KAVERI, category="general") for n in range(6)]
        applicants += [single(n, category="st") for n in range(6, 8)]
        applicants += [single(n, category="sc") for n in range(8, 10)]
        task = problem(beds, applicants)
        measures = measure(task, solve(task))
        self.assertEqual((measures.beds, measures.students, measures.placed), (8, 10, 8))
        self.assertEqual(measures.fill_rate, 1)
        self.assertEqual(sum(measures.wishes.values()) + sum(measures.unplaced.values()), 10)
        groups = {(one.kind, one.group): one for one in measures.groups}
        self.assertEqual(groups["category", "general"].students, 6)
        # Few students: their shares would tell of each of them.
        for category in ("st", "sc"):
            self.assertIsNone(groups["category", category].students)
            self.assertIsNone(groups["category", category].placed)

    def test_a_small_group_can_not_be_had_by_subtraction(self):
        applicants = [single(n, category="general") for n in range(7)]
        applicants += [single(n, category="obc") for n in range(7, 13)]
        applicants += [single(n, category="st") for n in range(13, 15)]
        task = problem(room(1, 8), applicants)
        groups = {one.group: one for one in measure(task, solve(task)).groups}
        self.assertEqual(groups["general"].students, 7)
        self.assertIsNone(groups["obc"].students)
        self.assertIsNone(groups["st"].students)


class TestScale(BaseCase):
    def test_ten_thousand_students_and_beds(self):
        """How long it takes is the bench's question: these machines are shared."""
        task = large_problem()
        result = solve(task)
        self.assertEqual(verify(task, result), [])


def large_problem(students=10_000, mechanism=SERIAL, seed=4):
    """As many beds as students, in 20 hostels; a fifth of the students in cohorts."""
    rng = random.Random(seed)
    beds, bed_id = [], 0
    for hostel in range(1, 21):
        for floor in range(5):
            for number in range(students // 190):
                sharing = 1 + number % 3
                amenities = frozenset(rng.sample(range(5), rng.randint(0, 3)))
                for _ in range(sharing):
                    bed_id += 1
                    beds.append(
                        Bed(
                            bed_id,
                            hostel * 10_000 + floor * 1000 + number,
                            hostel * 10 + floor,
                            hostel,
                            sharing,
                            "female" if hostel % 2 else "male",
                            number,
                            amenities,
                            rng.random() < 0.02,
                        )
                    )
    beds = beds[:students]
    applicants, number = [], 0
    while number < students:
        size = rng.choice([1] * 12 + [2, 2, 3])
        gender = rng.choice(["female", "male"])
        members = tuple(
            Member(
                number + i,
                gender,
                rng.randint(1, 4),
                round(rng.uniform(5, 10), 2),
                rng.randint(1, 2000),
                rng.choice(["general", "obc", "sc", "st", "ews"]),
                rng.random() < 0.01,
                rng.randint(1, 20),
            )
            for i in range(size)
        )
        own = [hostel for hostel in range(1, 21) if (hostel % 2 == 1) == (gender == "female")]
        wishes = []
        for _ in range(rng.randint(3, 8)):
            bed = rng.choice(beds)
            wishes.append(
                rng.choice(
                    [
                        Wish(hostel=rng.choice(own), room_type=rng.choice([None, 2, 3])),
                        Wish(hostel=rng.choice(own), floor=bed.floor),
                        Wish(room_type=rng.choice([1, 2, 3])),
                        Wish(room=bed.room),
                        Wish(amenities=frozenset(rng.sample(range(5), 1))),
                    ]
                )
            )
        applicants.append(Applicant(number, members, (*wishes, Wish())))
        number += size
    total = sum(1 for bed in beds if bed.hostel == 1)
    quotas = [
        Quota(1, "category:sc", RESERVED, total // 7, Scope(hostel=1)),
        Quota(2, "category:st", RESERVED, total // 14, Scope(hostel=1)),
        Quota(3, "year:4", CAP, total // 3, Scope(hostel=3)),
    ]
    pools = [Pool(Scope(hostel=1), total - total // 7 - total // 14)]
    return Problem(
        tuple(beds),
        tuple(applicants),
        tuple(quotas),
        tuple(pools),
        Policy(mechanism, ("year", "merit"), (("merit", 0.5),), "seed"),
    )
