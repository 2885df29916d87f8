"""Students who name the rooms that they would like, and allocations that work them off."""

FAVOURITES = 6  # rooms that everybody names first


def hand_in(env, rng, people, window, hostel, term, pairs, favourites=FAVOURITES):
    """Hand in the wishes of pairs first, then of singles, all of them cleared.

    :param people: list of students; the first ``2 * pairs`` are pairs
    :param favourites: how many rooms of the hostel are named first
    """
    people = list(people)
    for number in range(len(people) - pairs):
        size = 2 if number < pairs else 1
        _hand_in_one(env, rng, people[:size], window, hostel, term, favourites)
        del people[:size]


def _hand_in_one(env, rng, people, window, hostel, term, favourites):
    cohort = env["hostel.cohort"].create(
        {
            "round_id": window.round_id.id,
            "window_id": window.id,
            "leader_id": people[0].id,
            "gender": people[0].gender,
            "is_solo": len(people) == 1,
            "size_min": len(people),
            "size_max": len(people),
            "state": "complete",
        }
    )
    env["hostel.cohort.member"].create(
        [
            {"cohort_id": cohort.id, "student_id": student.id, "seat": seat}
            for seat, student in enumerate(people, 1)
        ]
    )
    rooms = hostel.room_ids.filtered(lambda room: room.room_type_id.sharing >= len(people))
    # Many want the same few rooms: else everybody's first wish would be met.
    named = rng.sample(list(rooms.sorted("name")[:favourites]), 2)
    wishes = [{"room_id": room.id} for room in named]
    wishes += [{"room_type_id": rng.choice(rooms.room_type_id).id}, {}]
    env["hostel.cohort.wish"].create(
        [
            {"cohort_id": cohort.id, "sequence": rank, "hostel_id": hostel.id, **wish}
            for rank, wish in enumerate(wishes, 1)
        ]
    )
    env["hostel.clearance"].create(
        [
            {"student_id": student.id, "term_id": term.id, "reference": "Paid at the counter"}
            for student in people
            if not student._is_cleared(term)
        ]
    )
    cohort._submit()


def work_off(env, window, name, seed):
    """Work the wishes of a window out and give the beds.

    :return: the allocation run
    """
    run = env["hostel.allocation.run"].create(
        {"round_id": window.round_id.id, "window_id": window.id, "seed": seed, "name": name}
    )
    run.action_solve()
    run.action_apply()
    return run
