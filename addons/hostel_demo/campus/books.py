"""The college's company, its books, and Camu."""

import logging
from datetime import UTC, timedelta
from decimal import Decimal

from odoo.addons.hostel_billing.const import FEE_HEAD
from odoo.addons.hostel_billing.tools.camu_payload import CamuEvent

_logger = logging.getLogger(__name__)

COLLEGE = "Aranyak Institute of Technology"
# What the college collects at Camu for itself; whoever owes none of it is cleared.
COLLEGE_FEE_HEADS = "Tuition fee, Exam fee, Library fine"
COLOUR, SECOND_COLOUR = "#1f5f8b", "#e8a33d"


def open_books(env):
    """Name the college, make sure it has a chart of accounts, switch Camu on.

    :return: the payment provider; empty where the environment names no Camu
    """
    company = env.company
    company.write(
        {
            "name": COLLEGE,
            "currency_id": env.ref("base.INR").id,
            "country_id": env.ref("base.in").id,
            "primary_color": COLOUR,
            "secondary_color": SECOND_COLOUR,
        }
    )
    company.partner_id.tz = "Asia/Kolkata"
    _load_chart(env)
    env["ir.config_parameter"].set_param("hostel_billing.clearance_fee_heads", COLLEGE_FEE_HEADS)
    provider = env["payment.provider"]._hostel_enable_camu_from_environment(company)
    if not provider:
        _logger.info("no CAMU_URL and CAMU_WEBHOOK_SECRET: payments stay switched off")
    return provider


def _load_chart(env):
    """Load the chart of accounts now where Odoo would only do so after the last addon.

    An installation that was interrupted before that never comes to it.
    """
    if env.company.chart_template:
        return
    if loader := getattr(env.registry, "_auto_install_template", None):
        loader(env)
        del env.registry._auto_install_template
        return
    Chart = env["account.chart.template"]
    template = Chart._guess_chart_template(env.company.country_id)
    Chart.try_loading(template, company=env.company, install_demo=False)


def pay(env, row, provider, paid_at):
    """Pay for a booking the way Camu's message does; by hand where there is no Camu.

    :param datetime paid_at: naive UTC
    """
    if not provider:
        row._payment_received(paid_at)
        return
    order = row._get_order()._get_camu_order()
    event = CamuEvent(
        event_id=f"evt_demo_{row.id}",
        reference=order["reference"],
        status="success",
        amount=Decimal(order["amount"]),
        currency=order["currency"],
        student_ref=order["student_ref"],
        term=order["term"],
        fee_head=order["fee_head"],
        paid_at=paid_at.replace(tzinfo=UTC),
        receipt_no=f"RCPT-{row.id:06d}",
    )
    env["hostel.camu.event"]._receive(provider, event, "webhook")


def leave_one_puzzle(env, provider, terms):
    """A payment for an order that nobody knows: finance has to find out whose it is."""
    if not provider:
        return
    event = CamuEvent(
        event_id="evt_demo_unknown",
        reference="HB-UNKNOWN0001",
        status="success",
        amount=Decimal("42000.00"),
        currency="INR",
        student_ref="",
        term=terms.next.code,
        fee_head=FEE_HEAD,
        paid_at=env.cr.now().replace(tzinfo=UTC) - timedelta(hours=5),
        receipt_no="RCPT-900001",
    )
    env["hostel.camu.event"]._receive(provider, event, "webhook")


def settle_a_day(env, provider):
    """Camu's file of the day with most payments: all match but two, which finance explains."""
    if not provider:
        return
    orders = env["payment.transaction"].search(
        [("provider_id", "=", provider.id), ("state", "=", "done")], order="id"
    )
    days = orders.grouped(lambda tx: tx.company_id._get_college_day(tx.camu_paid_at))
    if not days:
        return
    day, paid = max(days.items(), key=lambda pair: (len(pair[1]), pair[0]))
    rows = [["Receipt No", "Reference No", "Student ID", "Amount", "Paid On"]]
    rows += [
        [
            tx.provider_reference,
            tx.reference,
            tx._get_hostel_student().roll_number or "",
            f"{tx.amount:.2f}",
            day.strftime("%d/%m/%Y"),
        ]
        for tx in paid[1:]
    ]
    rows.append(["RCPT-900002", "COUNTER-4411", "", "1500.00", day.strftime("%d/%m/%Y")])
    settlement = env["hostel.camu.settlement"].create({"provider_id": provider.id, "day": day})
    text = "".join(",".join(cells) + "\n" for cells in rows)
    settlement._receive_file(f"settlement-{day}.csv", text.encode())
    settlement.action_compare()
