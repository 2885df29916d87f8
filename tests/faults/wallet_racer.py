"""One process that spends from wallets as fast as it may: `wallet_racer.py ODOO_CONF DATABASE`.

It talks as `racer.py` does.
"""

import time
from decimal import Decimal

import psycopg2
from line_racer import LineRace
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED
from racer import serve

ATTEMPTS = 60
# Posting a bill takes a second or more, and its number is waited for.
PAUSE_S = 0.1
AGAIN = {"BUSY", "SerializationFailure", "DeadlockDetected"}


class Purse(LineRace):
    locking = ("hostel.charge",)

    def prepare_wallets(self, mark: str, wallets: int, rupees: int):
        """Wallets with so much in each; returns their ids."""
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            students = env["hostel.student"].create(
                [
                    {"name": "Spender", "roll_number": f"SPEND-{mark}-{n}", "gender": "male"}
                    for n in range(wallets)
                ]
            )
            found = [env["hostel.wallet"]._get(student) for student in students]
            for wallet in found:
                wallet.low_balance = 0
                wallet._credit(rupees, "correction", "fill", "Filled for a race")
            return [wallet.id for wallet in found]

    def spend(self, process: int, plan: list, guarded: bool = True, snapshot: bool = True):
        """Carry out the debits of the own lanes, all threads at once.

        A debit that PostgreSQL stops is tried again, as Odoo does with a request.

        :param plan: for each thread of each process a list of ``[wallet id, key, rupees]``
        :param guarded: False: look at what the rows sum up to, then write another one
        :param snapshot: False: nothing notices what another has written since
        :return: list of ``[key, code]``
        """
        return self._all_at_once(
            process,
            plan,
            lambda task: [[task[1], self._spend(*task, guarded, snapshot)]],
        )

    def feed(self, wallets: list, times: int):
        """Take a meal from each of these wallets in one statement, again and again.

        :return: ``{"seconds", "breaches"}``: how long it took, and how many wallets are wrong
        """
        began = time.monotonic()
        for number in range(times):
            with self.registry.cursor() as cr:
                found = self.environment(cr)["hostel.wallet"].browse(wallets)
                found._apply(
                    [
                        wallet._prepare_move(Decimal(-1), "debit", f"meal{number}", "Lunch")
                        for wallet in found
                    ]
                )
        seconds = time.monotonic() - began
        with self.registry.cursor() as cr:
            broken = self.environment(cr)["hostel.wallet"]._find_breaches()
            return {"seconds": seconds, "breaches": len(broken)}

    def prepare_fines(self, wallets: list, rupees: int):
        """A fine for the student of each of these wallets; returns the ids of the charges."""
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            head = env["hostel.fee.head"]._get_by_code("FINE")
            fines = env["hostel.charge"].create(
                [
                    {
                        "student_id": wallet.student_id.id,
                        "company_id": wallet.company_id.id,
                        "head_id": head.id,
                        "amount": rupees,
                    }
                    for wallet in env["hostel.wallet"].browse(wallets)
                ]
            )
            return fines.ids

    def settle(self, process: int, plan: list, guard: bool = True):
        """Bill the charges of the own lanes, or take them from the wallets, all threads at once.

        :param plan: for each thread of each process its list of ``[charge id, whether to bill]``
        :return: list of ``[[charge id, whether to bill], code]``
        """
        return self._try_all(process, plan, self._settle, guard)

    def _try(self, attempt, guard, target, *args):
        """A clerk who is told to try again in a moment does."""
        code = "GAVE_UP"
        for _attempt in range(ATTEMPTS):
            code = super()._try(attempt, guard, target, *args)
            if code not in AGAIN:
                break
            time.sleep(PAUSE_S)
        return code

    def _settle(self, env, target):
        charge_id, billing = target
        charge = env["hostel.charge"].browse(charge_id)
        if charge.state != "pending":
            return "LATE"
        if billing:
            return "BILLED" if charge._bill() else "LATE"
        refused = charge._take_from_wallet()
        return refused[charge].code if refused else "TAKEN"

    def _spend(self, wallet_id, key, rupees, guarded, snapshot):
        pay = self._debit if guarded else self._look_and_write
        for _attempt in range(ATTEMPTS):
            try:
                with self.registry.cursor() as cr:
                    if not snapshot:
                        cr._cnx.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
                    return pay(self.environment(cr), wallet_id, key, rupees)
            except self.refusal as refusal:
                return refusal.code
            except psycopg2.OperationalError:
                continue
        return "GAVE_UP"

    def _debit(self, env, wallet_id, key, rupees):
        env["hostel.wallet"].browse(wallet_id)._debit(rupees, key, "Raced for")
        return "DONE"

    def _look_and_write(self, env, wallet_id, key, rupees):
        """What a ledger without the guarded balance would do."""
        env.cr.execute(
            "SELECT SUM(amount) FROM hostel_wallet_line WHERE wallet_id = %s", (wallet_id,)
        )
        [left] = env.cr.fetchone()
        if left < rupees:
            return "INSUFFICIENT_BALANCE"
        env.cr.execute(
            "INSERT INTO hostel_wallet_line (wallet_id, student_id, company_id, day, amount,"
            " balance_after, kind, key, reason) SELECT id, student_id, company_id, now()::date,"
            " %s, 0, 'debit', %s, 'Raced for' FROM hostel_wallet WHERE id = %s",
            (-rupees, key, wallet_id),
        )
        return "DONE"


if __name__ == "__main__":
    serve(Purse)
