"""Fee structures, concessions, and a house whose students pay month by month."""

from datetime import timedelta

from odoo.fields import Command

from odoo.addons.hostel_billing.tools.fee_math import add_months

# So many students of the house pay here; the others stand in the college's own books.
PAYERS = 12
DUE_DAY = 10


def set_fees(env, hostels, terms):
    """What beds cost this term; the next one keeps the base fees of the room types."""
    late = env["hostel.late.fee.policy"].create(
        {
            "name": "₹50 a day after five days",
            "daily_amount": 50,
            "grace_days": 5,
            "cap_amount": 1000,
        }
    )
    parts = env["account.payment.term"].create(
        {
            "name": "Half at once, half in 60 days",
            "line_ids": [
                Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                Command.create({"value": "percent", "value_amount": 50, "nb_days": 60}),
            ],
        }
    )
    _create_structure(
        env,
        "Narmada, month by month",
        {"RENT": 6500, "MESS": 3800, "AMENITY": 250, "DEPOSIT": 8000},
        hostel_id=hostels.narmada.id,
        term_id=terms.current.id,
        frequency="monthly",
        due_day=DUE_DAY,
        late_policy_id=late.id,
    )
    _create_structure(
        env,
        "Sindhu, in two parts",
        {"RENT": 52000, "DEPOSIT": 10000},
        hostel_id=hostels.sindhu.id,
        term_id=terms.current.id,
        frequency="one_time",
        payment_term_id=parts.id,
    )
    first = terms.current.date_from
    env["hostel.rate.season"].create(
        {
            "name": "Monsoon discount",
            "date_from": first + timedelta(days=31),
            "date_to": first + timedelta(days=62),
            "percent": -5,
            "hostel_ids": [Command.set(hostels.narmada.ids)],
        }
    )
    env["hostel.rate.season"].create(
        {
            "name": "Nearly full",
            "trigger": "occupancy",
            "occupancy_from": 98,
            "percent": 4,
            "hostel_ids": [Command.set(hostels.sindhu.ids)],
        }
    )


def _create_structure(env, name, amounts, **values):
    heads = env["hostel.fee.head"]
    return env["hostel.fee.structure"].create(
        {
            "name": name,
            "line_ids": [
                Command.create({"head_id": heads._get_by_code(code).id, "amount": amount})
                for code, amount in amounts.items()
            ],
            **values,
        }
    )


def bill_months(env, hostels, terms):
    """Bills of the months until today: paid, half paid, late, disputed, and one reversed."""
    stays = _find_payers(env, hostels.narmada, terms.current)
    if not stays:
        return
    finance = env["res.users"].search([("login", "=", "finance")])
    _grant_concessions(env, stays, terms.current, finance)
    _ask_loans(env, stays, terms.next, finance)
    _charge_some(stays)
    today = env.cr.now().date()
    month = terms.current.date_from.replace(day=1)
    while month <= today and month < terms.current.date_to:
        _run_month(env, hostels.narmada, month, max(month, terms.current.date_from))
        month = add_months(month, 1)
    for stay in stays[:6]:
        stay._create_deposit_bills()
    _take_payments(env, stays, finance, today)
    for bill in stays.bill_ids.filtered(lambda bill: bill.hostel_status == "overdue"):
        bill._charge_late_fee(bill._get_late_charges()[bill.id])
        due = bill.hostel_overdue_since
        bill._remind(due, 7 if (today - due).days >= 7 else 1)


def bill_logins(env, logins):
    """What the pages of those who sign in show: student1 owes and has paid, student3 is late,
    student4 is paid up; student1 has taken a statement to the bank."""
    finance = env["res.users"].search([("login", "=", "finance")])
    today = env.cr.now().date()
    one, three, four = logins[0], logins[2], logins[3]
    _bill_charge(one, "GUEST", 600, "Mother, two nights", today - timedelta(days=50))
    _bill_charge(four, "AMENITY", 450, "Washing machine, a month", today - timedelta(days=20))
    for student in (one, four):
        for bill in student._get_open_fee_bills():
            _pay(env, bill, finance, "cash", bill.amount_residual, today)
    _bill_charge(one, "DAMAGE", 850, "Window pane of the study", today)
    _bill_charge(one, "ELECTRICITY", 640, "Two months, by the meter", today)
    _bill_charge(three, "AMENITY", 1200, "Cupboard with a lock", today - timedelta(days=45))
    bills = three._get_open_fee_bills()
    bills.filtered(lambda bill: bill.hostel_status == "overdue")[:1]._remind(
        bills[:1].invoice_date_due, 7
    )
    env["hostel.fee.statement"]._issue(
        one, today - timedelta(days=90), today, one.partner_id.lang or env.lang
    )._get_pdf()


def _bill_charge(student, head, amount, note, day):
    """A charge of a day, billed alone by the accounts office on the next."""
    charge = student.env["hostel.charge"].create(
        {
            "student_id": student.id,
            "head_id": student.env["hostel.fee.head"]._get_by_code(head).id,
            "amount": amount,
            "note": note,
            "day": day,
        }
    )
    charge._bill(day)


def _find_payers(env, hostel, term):
    """Residents without a login or plans for the next term, whose dues nobody cleared."""
    busy = env["hostel.allocation"].search([("term_id", "!=", term.id)]).student_id
    busy |= env["hostel.cohort.member"].search([]).student_id
    stays = env["hostel.allocation"].search(
        [
            ("hostel_id", "=", hostel.id),
            ("term_id", "=", term.id),
            ("state", "=", "checked_in"),
            ("date_to", "=", term.date_to),
            ("student_id", "not in", busy.ids),
            ("student_id.partner_id.user_ids", "=", False),
        ],
        order="id",
        limit=PAYERS,
    )
    env["hostel.clearance"].search(
        [("student_id", "in", stays.student_id.ids), ("term_id", "=", term.id)]
    ).action_archive()
    return stays


def _grant_concessions(env, stays, term, finance):
    """One approved by the administrator, one that waits, one refused."""
    wanted = [
        ("scholarship", {"percent": 50}, "action_approve"),
        ("hardship", {"method": "amount", "amount": 6000}, None),
        ("staff", {"percent": 25}, "action_refuse"),
    ]
    admin = env.ref("base.user_admin")
    for stay, (kind, values, decision) in zip(stays, wanted, strict=False):
        concession = (
            env["hostel.concession"]
            .with_user(finance)
            .create(
                {
                    "student_id": stay.student_id.id,
                    "term_id": term.id,
                    "kind": kind,
                    "reason": "Letter of the dean of students",
                    **values,
                }
            )
        )
        concession.action_request()
        if decision:
            getattr(concession.with_user(admin), decision)()


def _ask_loans(env, stays, term, finance):
    lender = env["res.partner"].create(
        {"name": "Vidya Deposit Finance", "is_company": True, "email": "desk@vidya.example"}
    )
    for number, stay in enumerate(stays[3:5]):
        loan = (
            env["hostel.deposit.loan"]
            .with_user(finance)
            .create(
                {
                    "student_id": stay.student_id.id,
                    "term_id": term.id,
                    "lender_id": lender.id,
                    "amount": 10000,
                    "reference": f"VDF-{2041 + number}",
                }
            )
        )
        if number:
            loan.action_approve()


def _charge_some(stays):
    """What other records charge: damage to the house, a guest's night, a lost key."""
    rooms = [
        ("DAMAGE", 850, "Window pane of the study"),
        ("GUEST", 600, "Father, two nights"),
        ("FINE", 300, "Lost the key of the cupboard"),
    ]
    for stay, (head, amount, note) in zip(stays[5:8], rooms, strict=False):
        stay.env["hostel.charge"].create(
            {
                "student_id": stay.student_id.id,
                "allocation_id": stay.id,
                "head_id": stay.env["hostel.fee.head"]._get_by_code(head).id,
                "amount": amount,
                "note": note,
                "day": stay.date_from + timedelta(days=20),
            }
        )


def _run_month(env, hostel, month, bill_date):
    """As finance does it; jobs run at once here."""
    run = env["hostel.bill.run"].create(
        {"month": month, "hostel_ids": [Command.set(hostel.ids)], "bill_date": bill_date}
    )
    run.action_count()
    if run.todo_count:
        run.action_post()


def _take_payments(env, stays, finance, today):
    """Most pay in time; three don't, one pays half, one cheque bounces."""
    for number, stay in enumerate(stays):
        bills = stay.bill_ids.filtered(
            lambda bill: bill.hostel_status in ("pending", "partial", "overdue")
        ).sorted(lambda bill: (bill.period_from or bill.invoice_date, bill.id))
        left = {0: 0, 1: 2, 2: 1, 3: 1}.get(number, int(number > 8))
        for bill in bills[: len(bills) - left]:
            method = ("cash", "bank", "cheque")[number % 3]
            _pay(env, bill, finance, method, bill.amount_residual, today)
        if number == 2 and bills:
            _pay(env, bills[-1], finance, "cash", 3000, today)
        if number == 3 and bills:
            payment = _pay(env, bills[-1], finance, "cheque", bills[-1].amount_residual, today)
            payment._hostel_reverse("The bank returned the cheque: no funds", bounced=True)


def _pay(env, bill, finance, method, amount, today):
    day = min(bill.invoice_date + timedelta(days=DUE_DAY - 3), today)
    dialog = (
        env["hostel.bill.pay"]
        .with_user(finance)
        .create(
            {
                "student_id": bill.hostel_student_id.id,
                "move_ids": [Command.set(bill.ids)],
                "method": method,
                "reference": f"{400000 + bill.id}" if method != "cash" else False,
                "amount": amount,
                "day": day,
            }
        )
    )
    return dialog._pay()
