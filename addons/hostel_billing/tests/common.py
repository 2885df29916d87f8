"""A small hostel, its people, and a Camu that this test plays itself."""

import json
import time
from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

from odoo.addons.hostel_base.tests.common import QUIET, give_consent
from odoo.addons.hostel_billing.const import DEFAULT_FIELD_MAP, DEFAULT_STATUS_MAP
from odoo.addons.hostel_billing.tools import camu_signature

SECRET = "the-secret-of-this-test"
OLD_SECRET = "the-secret-before"


class BillingMixin:
    """Set-up that works for plain and HTTP tests alike."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, **QUIET})
        cls.company = cls.env.company
        cls._create_campus()
        cls._create_people()
        cls.provider = cls._enable_camu()

    @classmethod
    def _create_campus(cls):
        year = cls.env["hostel.academic.year"].create(
            {"name": "Test year", "date_from": date(2040, 7, 1), "date_to": date(2041, 7, 1)}
        )
        cls.term = cls.env["hostel.term"].create(
            {
                "name": "Odd semester",
                "code": "T40-ODD",
                "year_id": year.id,
                "date_from": date(2040, 7, 1),
                "date_to": date(2041, 1, 1),
            }
        )
        cls.room_type = cls.env["hostel.room.type"].create(
            {"name": "Double", "code": "TEST2", "sharing": 2, "base_fee": 42000}
        )
        cls.hostel = cls._create_hostel("Kaveri", "TKV")
        cls.other_hostel = cls._create_hostel("Krishna", "TKR")
        cls.bed, cls.bed_b = cls.hostel.bed_ids.sorted("label")

    @classmethod
    def _create_hostel(cls, name, code):
        hostel = cls.env["hostel.hostel"].create(
            {"name": name, "code": code, "gender_type": "boys", "company_id": cls.company.id}
        )
        floor = cls.env["hostel.floor"].create({"name": "2", "number": 2, "hostel_id": hostel.id})
        cls.env["hostel.room"].create(
            {
                "name": "214",
                "floor_id": floor.id,
                "room_type_id": cls.room_type.id,
                "bed_ids": [Command.create({"label": "A"}), Command.create({"label": "B"})],
            }
        )
        return hostel

    @classmethod
    def _create_people(cls):
        cls.student_user = cls._create_portal_user("asha", "hostel_base.group_hostel_student")
        cls.other_user = cls._create_portal_user("ravi", "hostel_base.group_hostel_student")
        cls.student = cls._create_student("TS001", cls.student_user.partner_id)
        cls.other_student = cls._create_student("TS002", cls.other_user.partner_id)
        cls.guardian_user = cls._create_portal_user("mother", "hostel_base.group_hostel_guardian")
        cls.env["hostel.guardian"].create(
            {
                "student_id": cls.student.id,
                "partner_id": cls.guardian_user.partner_id.id,
                "relation": "mother",
            }
        )
        cls.finance = new_test_user(cls.env, "t_finance", groups="hostel_base.group_hostel_finance")
        cls.warden = cls._create_warden("t_warden", cls.hostel)
        cls.other_warden = cls._create_warden("t_other_warden", cls.other_hostel)
        cls.guard = new_test_user(cls.env, "t_guard", groups="hostel_base.group_hostel_guard")

    @classmethod
    def _create_portal_user(cls, name, groups):
        return new_test_user(cls.env, f"t_{name}", groups=groups)

    @classmethod
    def _create_student(cls, number, partner, **overrides):
        student = cls.env["hostel.student"].create(
            {"roll_number": number, "partner_id": partner.id, "gender": "male", **overrides}
        )
        give_consent(student)
        return student

    @classmethod
    def _create_warden(cls, login, hostel):
        user = new_test_user(cls.env, login, groups="hostel_base.group_hostel_warden")
        cls.env["hostel.staff"].create(
            {
                "user_id": user.id,
                "hostel_id": hostel.id,
                "role": "warden",
                "date_from": date.today() - timedelta(days=30),
            }
        )
        return user

    @classmethod
    def _enable_camu(cls):
        domain = [("code", "=", "camu"), ("company_id", "=", cls.company.id)]
        provider = cls.env["payment.provider"].search(domain, limit=1)
        provider.write(
            {
                "camu_pay_url": "https://camu.test/pay",
                "camu_status_url": False,
                "camu_secret": SECRET,
                "camu_secret_previous": OLD_SECRET,
                "camu_field_map": json.dumps(DEFAULT_FIELD_MAP),
                "camu_status_map": json.dumps(DEFAULT_STATUS_MAP),
                "state": "test",
                "is_published": True,
            }
        )
        return provider

    # Factories

    @classmethod
    def _create_allocation(cls, state="paying", **overrides):
        vals = {"bed": cls.bed, "student": cls.student, "term": cls.term} | overrides
        return cls.env["hostel.allocation"]._reserve(
            vals["bed"],
            vals["student"],
            vals["term"],
            state,
            price=vals.get("price", 42000),
            hold_seconds=900 if state == "paying" else None,
        )

    @classmethod
    def _create_tx(cls, allocation=None, **overrides):
        return cls.env["payment.transaction"].create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": cls.env.ref("hostel_billing.payment_method_camu").id,
                "reference": allocation.payment_ref if allocation else "TX-TEST-1",
                "amount": allocation.price if allocation else 42000,
                "currency_id": cls.env.ref("base.INR").id,
                "partner_id": cls.student.partner_id.id,
                "operation": "online_redirect",
                "hostel_allocation_id": allocation.id if allocation else False,
                **overrides,
            }
        )

    @classmethod
    def _message(cls, tx, status="SUCCESS", **changes):
        """A message in Camu's words about an order; None takes a field away."""
        message = {
            "eventId": f"evt-{tx.reference}-{status}",
            "referenceNo": tx.reference,
            "studentId": tx._get_hostel_student().roll_number,
            "academicTerm": tx.hostel_allocation_id.term_id.code or "",
            "feeHead": "Hostel fee",
            "amount": f"{tx.amount:.2f}",
            "currency": "INR",
            "paymentStatus": status,
            "paidOn": "2026-06-30T23:40:00+05:30",
            "receiptNo": "RC000001" if status == "SUCCESS" else "",
        } | changes
        return {name: value for name, value in message.items() if value is not None}

    @classmethod
    def _receive(cls, message, source="webhook", **kwargs):
        event = cls.provider._camu_parse(message)
        entry, _new = cls.env["hostel.camu.event"]._receive(
            cls.provider, event, source, raw=json.dumps(message), **kwargs
        )
        return entry

    @classmethod
    def _deliver(cls, tx, status="SUCCESS", **changes):
        """Receive and process a message; returns the entry."""
        entry = cls._receive(cls._message(tx, status, **changes))
        entry._process()
        return entry

    @staticmethod
    def _sign(body, secret=SECRET, age=0):
        return camu_signature.sign(secret, body, int(time.time()) - age)

    def _get_ledger(self, tx):
        """What the books and the order say, for comparing two histories."""
        payments = self.env["account.payment"].search([("payment_transaction_id", "=", tx.id)])
        lines = payments.move_id.line_ids
        return {
            "state": tx.state,
            "receipt": tx.provider_reference,
            "payments": [(payment.amount, payment.state) for payment in payments],
            "lines": sorted((line.account_id.code, line.balance) for line in lines),
        }


class BillingCase(BillingMixin, TransactionCase):
    pass
