"""The whole campus, in the order in which a college would set it up."""

import random

from . import (
    allocation,
    books,
    buildings,
    calendar,
    cohorts,
    decisions,
    exits,
    fees,
    floor_plans,
    imports,
    lines,
    matching,
    moves,
    moving,
    notices,
    papers,
    people,
    privacy,
    purses,
    receipts,
    retention,
    rounds,
    staff,
    stays,
    website,
)

# External id of the first hostel; whoever finds it knows that the campus was built.
MARK = "hostel_demo.hostel_kaveri"
SEED = 2026

# No mail leaves, nobody follows anything, nothing is logged as a change, and jobs run at once.
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_reset_password": True,
    "queue_job__no_delay": True,
}


def build_campus(env):
    """Create everything through the same doors that people use.

    Names and numbers depend on ``SEED`` only, dates on the day it is built.
    """
    env = env(context={**env.context, **QUIET})
    rng = random.Random(SEED)
    decisions.keep_letters_back(env)
    provider = books.open_books(env)
    website.speak_indian_english(env)
    website.dress_website(env)
    terms = calendar.create_terms(env)
    hostels = buildings.create_hostels(env, rng)
    wardens = staff.create_staff(env, hostels)
    students = people.create_students(env, rng, terms.plan)
    logins = people.create_logins(env, students)
    privacy.write_house_rules(env)
    privacy.ask_everybody(env, students, logins)
    matching.answer_questionnaires(env, students, logins)
    stays.close_rooms(hostels, terms)
    fees.set_fees(env, hostels, terms)
    stays.fill_current_term(env, rng, students, hostels, terms, wardens, logins)
    booked = stays.book_next_term(env, rng, students - logins, hostels, terms, wardens, provider)
    stays.clear_one_for_next_term(env, logins, terms)
    imports.import_applicants(env)
    moves.record_arrivals(env, terms)
    moves.move_some(env, terms)
    moves.sign_undertakings(env, terms)
    booking_round = rounds.open_round(env, hostels, terms, students)
    stays.tell_when_they_booked(env, booking_round, booked)
    rounds.open_practice(env, hostels, terms)
    matching.share_some_beds(env, booking_round, logins, wardens)
    cohorts.form_cohorts(env, students, logins, terms)
    cohorts.look_for_roommates(env, students, logins, terms)
    cohorts.write_to_each_other(env, students, logins)
    allocation.allocate_by_wishes(env, students, hostels, terms, wardens)
    full = lines.fill_a_kind(env, students - logins, hostels, terms, provider)
    lines.get_in_line(env, students, logins, terms, full)
    lines.ask_for_moves(env, logins, terms)
    floor_plans.draw_by_hand(env, hostels)
    books.leave_one_puzzle(env, provider, terms)
    books.settle_a_day(env, provider)
    notices.post_notices(env, rng, hostels)
    decisions.decide(env, terms)
    retention.offer_beds_to_residents(env, students, logins, terms)
    moves.preview_year_end(env, terms)
    papers.give_papers(env, students, logins, wardens)
    moving.move_people(env, terms)
    fees.bill_months(env, hostels, terms)
    fees.bill_logins(env, logins)
    purses.fill_wallets(env, students, logins, provider)
    purses.read_meters(env, rng, hostels)
    purses.count_scores(env, logins)
    receipts.send_receipts(env, students - logins, terms)
    exits.give_deposits_back(env)
    exits.pay_refunds(env)
    exits.check_the_books(env)
    drop_letters(env, students)


def drop_letters(env, students):
    """The students of the campus have no mailboxes; what was told them stands on their pages."""
    partners = students.partner_id.ids
    env["mail.notification"].search(
        [("res_partner_id", "in", partners), ("notification_type", "=", "email")]
    ).unlink()
    env["mail.mail"].search([("recipient_ids", "in", partners)]).unlink()
