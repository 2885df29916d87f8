"""Orders at Camu in numbers: `billing_campus.py ODOO_CONF DATABASE <ORDER`.

ORDER is a JSON object whose ``do`` names a function of this file and whose other entries are its
arguments; the answer is one line of JSON. Used by the fault tests and by scripts/bench on stacks of
their own.
"""

import hashlib
import json
import sys
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from booking_campus import QUIET, _create_hostels, _create_term, _in_batches

# An order of each kind in turn: a bed that is being paid, a bill, and a part of a bill.
KINDS = ("bed", "bill", "part")
RENT, CHARGE, PART = 42000, 1500, 700
HOLD_MINUTES = 240
SHARING, ROOMS = 4, 25


def build(env, *, orders: int) -> dict:
    """Students with one order each, in a term and hostel of their own.

    :return: ``{"mark", "orders": [{"id", "kind", "reference", "amount", "form"}]}``; the form is
        what the student's browser would post to Camu's pay page
    """
    provider = env["payment.provider"]._hostel_enable_camu_from_environment(env.company)
    env["ir.config_parameter"].set_param("hostel_billing.partial_payments", "True")
    mark = str(int(time.time() * 1000))
    term = _create_term(env, mark)
    beds = _create_beds(env, mark, -(-orders // len(KINDS)))
    students = _in_batches(
        env["hostel.student"],
        [
            {"name": f"Payer {n}", "roll_number": f"P{mark}-{n:05}", "gender": "female"}
            for n in range(orders)
        ],
    )
    bills = _create_bills(env, students, term)
    made = []
    for number, student in enumerate(students):
        kind = KINDS[number % len(KINDS)]
        if kind == "bed":
            tx = _order_bed(env, beds[number // len(KINDS)], student, term)
        else:
            amount = CHARGE if kind == "bill" else PART
            tx = bills[student.id]._get_camu_order(amount, student.partner_id)
        made.append((kind, tx))
    forms = []
    for kind, tx in made:
        tx.camu_fee_head = tx.invoice_ids._get_camu_fee_head()
        form = provider._camu_sign_order(tx._get_camu_order(), "http://localhost/back")
        forms.append(
            {
                "id": tx.id,
                "kind": kind,
                "reference": tx.reference,
                "amount": f"{tx.amount:.2f}",
                "form": form,
            }
        )
    env.cr.commit()
    return {"mark": mark, "orders": forms}


def _create_beds(env, mark, count):
    floors = -(-count // (SHARING * ROOMS))
    buildings = _create_hostels(env, mark, 1, floors, ROOMS, SHARING)
    return buildings.bed_ids


def _create_bills(env, students, term) -> dict:
    product = env.ref("hostel_billing.product_hostel_rent")
    moves = _in_batches(
        env["account.move"],
        [
            {
                "move_type": "out_invoice",
                "partner_id": student.partner_id.id,
                "hostel_kind": "charge",
                "hostel_term_id": term.id,
                "invoice_date": env.cr.now().date(),
                "invoice_line_ids": [
                    (0, 0, {"product_id": product.id, "price_unit": CHARGE, "tax_ids": []})
                ],
            }
            for number, student in enumerate(students)
            if KINDS[number % len(KINDS)] != "bed"
        ],
    )
    moves.action_post()
    by_partner = {move.partner_id.id: move for move in moves}
    return {
        student.id: by_partner[student.partner_id.id]
        for student in students
        if student.partner_id.id in by_partner
    }


def _order_bed(env, bed, student, term):
    row = env["hostel.allocation"]._reserve(
        bed, student, term, "paying", price=RENT, hold_seconds=HOLD_MINUTES * 60
    )
    return row._get_order()


def ledger(env, *, ids: list[int]) -> dict:
    """What the books say about orders, without numbers that differ from run to run.

    :return: ``{"hash", "paid", "payments", "captured", "applied", "advance", "states"}``; amounts
        in rupees
    """
    orders = env["payment.transaction"].browse(ids)
    found = env["account.payment"].search([("payment_transaction_id", "in", ids)])
    payments = found.grouped("payment_transaction_id")
    facts, captured, advance = [], 0.0, 0.0
    for number, tx in enumerate(orders):
        mine = payments.get(tx, found.browse())
        receivable = mine.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        captured += sum(mine.mapped("amount"))
        advance -= sum(receivable.mapped("amount_residual"))
        facts.append(
            (
                number,
                tx.state == "done",
                sorted((payment.amount, payment.state) for payment in mine),
                sorted((line.account_id.code, line.balance) for line in mine.move_id.line_ids),
                [(bill.payment_state, bill.amount_residual) for bill in tx.invoice_ids],
                tx.hostel_allocation_id.state or "",
            )
        )
    entries = env["hostel.camu.event"]._read_group(
        [("reference", "in", orders.mapped("reference"))], ["state"], ["__count"]
    )
    return {
        "hash": hashlib.sha256(json.dumps(facts).encode()).hexdigest(),
        "paid": sum(1 for fact in facts if fact[1]),
        "payments": len(found),
        "captured": captured,
        "applied": captured - advance,
        "advance": advance,
        "states": dict(entries),
    }


def settle(env, *, files: dict[str, str]) -> dict:
    """Take Camu's settlement files, and book what no message told of.

    :param files: day as YYYY-MM-DD -> text of the CSV
    :return: ``{"rows", "recovered"}``
    """
    rows = recovered = 0
    for day, text in files.items():
        if len(text.splitlines()) < 2:
            continue
        # A run before this one may have taken the same day.
        old = env["hostel.camu.settlement"].search([("day", "=", day)])
        old.filtered(lambda one: one.state != "closed").unlink()
        settlement = env["hostel.camu.settlement"].create({"day": day})
        settlement._receive_file(f"{day}.csv", text.encode())
        settlement.with_context(queue_job__no_delay=True).action_compare()
        lost = settlement.line_ids.filtered(lambda line: line.kind == "missing_here")
        lost.resolve("book", "Lost on the way.")
        rows += settlement.row_count
        recovered += len(lost)
    env.cr.commit()
    return {"rows": rows, "recovered": recovered}


def watch(env) -> dict:
    """What the money watch finds now: ``{kind: number}``."""
    env["hostel.money.watch"]._look()
    groups = env["hostel.money.watch"]._read_group(
        [("state", "=", "open"), ("transaction_id", "!=", False)], ["kind"], ["__count"]
    )
    env.cr.commit()
    return dict(groups)


def college_days() -> list[str]:
    """Yesterday and today in India, for a run that lasts over midnight."""
    now = datetime.now(ZoneInfo("Asia/Kolkata"))
    return [str((now - timedelta(days=1)).date()), str(now.date())]


def main(conf: str, database: str) -> None:
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", conf, "-d", database, "--log-level=error", "--no-http"])
    arguments = json.load(sys.stdin)
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, QUIET)
        answer = globals()[arguments.pop("do")](env, **arguments)
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
