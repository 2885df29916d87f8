"""Processes that bill the same stays at once: `bill_racer.py ODOO_CONF DATABASE`.

It talks as `racer.py` does.
"""

import time

import psycopg2
from line_racer import LineRace
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED
from racer import serve

# A posting takes a second or more, and all wait for each other.
ATTEMPTS, PAUSE_S = 600, 0.1


class BillRace(LineRace):
    locking = ("hostel.allocation", "hostel.charge")

    def prepare_bills(self, stays: int, runs: int):
        """Approved stays without a bill, and bill runs that have counted all of them.

        :return: ids of ``{"stays", "runs"}``
        """
        ground = self.prepare(rooms=stays, sharing=1, contenders=1)
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            rows = self._give_each_a_bed(env, ground)
            for row in rows:
                # A price of its own is the same whatever the campus asks for.
                row.write({"price": 42000, "paid_at": False, "fee_structure_id": False})
            stay = rows[0]
            made = env["hostel.bill.run"].create(
                [
                    {
                        "month": stay.term_id.date_from.replace(day=1),
                        "hostel_ids": [(6, 0, stay.hostel_id.ids)],
                        "with_charges": False,
                    }
                    for _number in range(runs)
                ]
            )
            for run in made:
                run.state = "counting"
                run._count_step()
            cr.postcommit.clear()
            return {"stays": [row.id for row in rows], "runs": made.ids}

    def prepare_charges(self, charges: int, runs: int):
        """Charges of students whose rent is not billed here, and bill runs that have counted them.

        :return: ids of ``{"charges", "runs"}``
        """
        ground = self.prepare(rooms=charges, sharing=1, contenders=1)
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            rows = self._give_each_a_bed(env, ground)
            for row in rows:
                row.write({"price": 0, "fee_structure_id": False})
            stay = rows[0]
            waiting = env["hostel.charge"].create(
                [
                    {
                        "student_id": row.student_id.id,
                        "allocation_id": row.id,
                        "head_id": env["hostel.fee.head"]._get_by_code("FINE").id,
                        "amount": 300,
                        "day": row.company_id._get_college_day(),
                    }
                    for row in rows
                ]
            )
            made = env["hostel.bill.run"].create(
                [
                    {
                        "month": stay.term_id.date_from.replace(day=1),
                        "hostel_ids": [(6, 0, stay.hostel_id.ids)],
                    }
                    for _number in range(runs)
                ]
            )
            for run in made:
                run.state = "counting"
                run._count_step()
            cr.postcommit.clear()
            return {"charges": waiting.ids, "runs": made.ids}

    def bill_charges(self, process: int, plan: list, guard: bool = True):
        """Bill the charges of the own lanes, all threads at once.

        :param plan: for each thread of each process its list of ``[charge id, run id or None]``;
            without a run it is somebody who presses *Bill now*
        :return: list of ``[charge id, code]``
        """
        return [
            [charge, code]
            for (charge, _run), code in self._try_all(process, plan, self._bill_charge, guard)
        ]

    def bill(self, process: int, plan: list, guard: bool = True):
        """Bill the stays of the own lanes, all threads at once.

        :param plan: for each thread of each process its list of ``[stay id, run id or None]``;
            without a run it is the job that follows an approval
        :return: list of ``[stay id, code]``
        """
        return [
            [stay, code] for (stay, _run), code in self._try_all(process, plan, self._bill, guard)
        ]

    def _try(self, attempt, guard, target, *args):
        """As queue_job does, what waits for another is played again."""
        from odoo.addons.queue_job.exception import RetryableJobError

        code = "GAVE_UP"
        for _try in range(ATTEMPTS):
            try:
                with self.registry.cursor() as cr:
                    if not guard:
                        cr._cnx.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
                    code = attempt(self.environment(cr), target, *args)
                    cr.postcommit.clear()
                return code
            except RetryableJobError:
                code = "RETRY"
            except psycopg2.Error as error:
                code = type(error).__name__
            time.sleep(PAUSE_S)
        return code

    def _bill(self, env, target):
        stay_id, run_id = target
        if run_id is None:
            env["hostel.allocation"].browse(stay_id)._create_period_bill()
            return "JOB"
        line = env["hostel.bill.run.line"].search(
            [("run_id", "=", run_id), ("allocation_id", "=", stay_id)], limit=1
        )
        line._post(False)
        env.flush_all()
        return f"RUN {line.code or line.state}"

    def _bill_charge(self, env, target):
        charge_id, run_id = target
        if run_id is None:
            return "NOW" if env["hostel.charge"].browse(charge_id)._bill() else "TAKEN"
        line = env["hostel.bill.run.line"].search(
            [("run_id", "=", run_id), ("charge_ids", "=", charge_id)], limit=1
        )
        line._post(True)
        env.flush_all()
        return f"RUN {line.code or line.state}"


if __name__ == "__main__":
    serve(BillRace)
