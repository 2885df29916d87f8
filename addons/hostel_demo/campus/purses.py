"""Small money: wallets, electricity, and how punctually somebody pays."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from odoo.fields import Command

from odoo.addons.hostel_billing.tools.camu_payload import CamuEvent

# Rupees, of the students with a login in their order: one is rich, one is nearly broke.
TOP_UPS = (1000, 500, 2000, 500, 300, 500, 1000)
MEALS = [
    ("MESS", 60, "Lunch"),
    ("MESS", 55, "Dinner"),
    ("MESS", 35, "Breakfast"),
    ("GUEST", 90, "Lunch for a guest"),
    ("MESS", 60, "Lunch"),
    ("FINE", 100, "Came in after the gate was closed"),
]
EATERS = 24

SLABS = [(30, 0), (100, "6.10"), (0, "8.40")]
WEEKS = 9
MORNING = time(3, 30)  # UTC: nine o'clock in India
ODD_ROOM, MISSING_ROOM = 3, 7


def fill_wallets(env, students, logins, provider):
    """Top-ups through Camu, meals of a week, one that was not served and came back."""
    heads = {head.code: head for head in env["hostel.fee.head"].search([])}
    for student, amount in zip(logins, TOP_UPS, strict=False):
        wallet = env["hostel.wallet"]._get(student)
        payer = student.guardian_ids[:1].partner_id if amount >= 1000 else student.partner_id
        _top_up(env, wallet, amount, payer, provider)
        _eat(wallet, heads, MEALS if amount > 300 else MEALS[:2])
    residents = students.filtered(lambda one: one.current_state == "checked_in") - logins
    moves = []
    for number, student in enumerate(residents[:EATERS]):
        wallet = env["hostel.wallet"]._get(student)
        wallet._credit(
            400 + 50 * (number % 5), "correction", "opening", "Brought over from the old register"
        )
        moves.append(
            wallet._prepare_move(Decimal(-60), "debit", "lunch", "Lunch", head=heads["MESS"])
        )
    env["hostel.wallet"]._apply(moves)
    spent = env["hostel.wallet.line"].search([("kind", "=", "debit")], order="id", limit=1)
    if spent:
        spent._refund("The mess was closed that noon")


def _top_up(env, wallet, amount, payer, provider):
    """Pay the way Camu's message does; over the books alone where there is no Camu."""
    if not provider:
        wallet._credit(amount, "correction", "opening", "Brought over from the old register")
        return
    order = wallet._create_top_up(amount, payer)
    said = order._get_camu_order()
    event = CamuEvent(
        event_id=f"evt_demo_wallet_{wallet.id}",
        reference=said["reference"],
        status="success",
        amount=Decimal(said["amount"]),
        currency=said["currency"],
        student_ref=said["student_ref"],
        term=said["term"],
        fee_head=said["fee_head"],
        paid_at=env.cr.now().replace(tzinfo=UTC) - timedelta(minutes=30),
        receipt_no=f"RCPT-W{wallet.id:05d}",
    )
    env["hostel.camu.event"]._receive(provider, event, "webhook")


def _eat(wallet, heads, meals):
    for number, (code, amount, reason) in enumerate(meals):
        if not wallet._is_enough(amount):
            continue
        if code == "FINE":
            _fine(wallet, amount, reason, heads[code])
        else:
            wallet._debit(amount, f"demo:{number}", reason, head=heads[code])


def _fine(wallet, amount, note, head):
    """A charge that the accounts office takes out of the wallet at once."""
    charge = wallet.env["hostel.charge"].create(
        {
            "student_id": wallet.student_id.id,
            "company_id": wallet.company_id.id,
            "allocation_id": wallet.student_id.current_allocation_id.id,
            "head_id": head.id,
            "amount": amount,
            "note": note,
        }
    )
    charge._take_from_wallet()


def read_meters(env, rng, hostels):
    """Kaveri has a meter in each room and was charged; Godavari still needs a look."""
    env["hostel.tariff"].create(
        {
            "name": "Hostel tariff",
            "date_from": env.cr.now().date() - timedelta(days=400),
            "slab_ids": [Command.create({"upto": upto, "rate": rate}) for upto, rate in SLABS],
        }
    )
    _fit_meters(env, rng, hostels.kaveri)
    _fit_meters(env, rng, hostels.godavari, gaps=True)
    last = (env.cr.now().date().replace(day=1) - timedelta(days=1)).replace(day=1)
    runs = env["hostel.electricity.run"].create(
        [{"hostel_id": hostel.id, "month": last} for hostel in (hostels.kaveri, hostels.godavari)]
    )
    runs.action_prepare()
    charged = runs.filtered(lambda run: run.hostel_id == hostels.kaveri)
    if charged._get_postable():
        charged.action_post()


def _fit_meters(env, rng, hostel, gaps=False):
    meters = env["hostel.meter"].create(
        [
            {"serial": f"{hostel.code}-E{room.name}", "room_id": room.id}
            for room in hostel.room_ids.sorted("id")
        ]
    )
    today = env.cr.now().date()
    last = today.replace(day=1)
    first = (last - timedelta(days=1)).replace(day=1)
    # Every week, and on the first days of the months, as the readers are told to.
    days = sorted({today - timedelta(days=7 * week) for week in range(1, WEEKS)} | {first, last})
    for number, meter in enumerate(meters):
        counter, usual = Decimal(rng.randrange(800, 6000)), Decimal(rng.randrange(12, 45)) / 10
        before = days[0]
        for day in days:
            if gaps and number == MISSING_ROOM and day >= first:
                break
            counter += usual * (day - before).days
            before = day
            value = counter - 400 if gaps and number == ODD_ROOM and day == last else counter
            moment = min(datetime.combine(day, MORNING), env.cr.now())
            env["hostel.meter.reading"]._record(meter, value, moment, "manual")


def count_scores(env, logins):
    """Finance asks for something off for who pays early; one does not agree with an entry."""
    env.ref("hostel_billing.credit_band_excellent").discount_percent = 3
    env["hostel.credit.band"].create(
        {"name": "Very good", "score_from": 740, "discount_percent": 2}
    )
    bills = env["account.move"].search([("hostel_kind", "!=", False), ("state", "=", "posted")])
    owing = env["hostel.student"].search([("partner_id", "in", bills.partner_id.ids)])
    env["hostel.credit.score"]._refresh(owing | logins)
    finance = env["res.users"].search([("login", "=", "finance")])
    dialog = env["hostel.credit.concession"].with_user(finance).create({})
    if dialog.todo_count:
        dialog.action_ask()
    against = env["hostel.credit.event"].search([("points", "<", 0)], order="id", limit=1)
    if against:
        against._object("The bank's server was down on that day; the branch gave me a letter.")
