"""One process that pays refunds out as fast as it may: `refund_racer.py ODOO_CONF DATABASE`.

It talks as `racer.py` does.
"""

import psycopg2
from racer import Race, serve

ATTEMPTS = 60


class Cashier(Race):
    def prepare_refunds(self, mark: str, refunds: int, rupees: int):
        """Students who paid so much ahead, each with an approved refund; returns its ids."""
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            students = env["hostel.student"].create(
                [
                    {"name": "Payee", "roll_number": f"PAYEE-{mark}-{n}", "gender": "male"}
                    for n in range(refunds)
                ]
            )
            payments = env["account.payment"].create(
                [
                    {
                        "payment_type": "inbound",
                        "partner_type": "customer",
                        "partner_id": student.partner_id.id,
                        "amount": rupees,
                        "hostel_student_id": student.id,
                    }
                    for student in students
                ]
            )
            payments.action_post()
            found = env["hostel.refund"].create(
                [
                    {"student_id": student.id, "amount": rupees, "reason": "Race"}
                    for student in students
                ]
            )
            found.action_approve()
            return found.ids

    def pay(self, process: int, plan: list, guarded: bool = True):
        """Pay out the refunds of the own lanes, all threads at once.

        A payout that PostgreSQL stops is tried again, as Odoo does with a request.

        :param plan: for each thread of each process a list of refund ids
        :param guarded: False: look at the open credit, then book a payout beside it
        :return: list of ``[refund id, code]``
        """
        return self._all_at_once(
            process, plan, lambda refund_id: [[refund_id, self._pay(refund_id, guarded)]]
        )

    def _pay(self, refund_id, guarded):
        for _attempt in range(ATTEMPTS):
            try:
                with self.registry.cursor() as cr:
                    refund = self.environment(cr)["hostel.refund"].browse(refund_id)
                    if guarded:
                        refund._pay(reference="Race")
                    else:
                        self._look_and_pay(refund)
                    return "DONE"
            except self.refusal as refusal:
                return refusal.code
            except psycopg2.Error:
                continue
        return "GAVE_UP"

    def _look_and_pay(self, refund):
        """What a desk would do that neither marks the refund nor uses up the credit."""
        if refund._get_available() < refund.amount or self._find_payout(refund):
            raise self.refusal("REFUND_DONE", "paid")
        refund.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": refund.partner_id.id,
                "amount": refund.amount,
                "hostel_refund_id": refund.id,
            }
        ).action_post()

    @staticmethod
    def _find_payout(refund):
        return refund.env["account.payment"].search_count(
            [("hostel_refund_id", "=", refund.id)], limit=1
        )


if __name__ == "__main__":
    serve(Cashier)
