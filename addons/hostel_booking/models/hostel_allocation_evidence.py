from odoo import models
from odoo.tools import format_date


class HostelAllocation(models.Model):
    """What a warden wants to see before a yes: money, clearance, papers, who else is there."""

    _inherit = "hostel.allocation"

    def _get_evidence(self):
        """What proves that the students may have these beds, in a fixed number of queries.

        :return: ``{row id: [{key, state, label, detail}]}`` with the state ``ok``, ``missing``
            (an approval without it is asked about), ``open`` (worth a look) or ``info``
        """
        rows = self.sudo()
        clearances = rows._get_clearances()
        undertakings = rows._get_undertakings()
        identities = rows._get_identities()
        wanted = self.env["ir.config_parameter"].sudo().get_param("hostel_base.require_undertaking")
        must_sign = wanted in ("True", "1", "true")
        return {
            row.id: [
                *row._get_money_evidence(clearances.get((row.student_id.id, row.term_id.id))),
                row._get_undertaking_evidence(
                    undertakings.get((row.student_id.id, row.term_id.year_id.id)), must_sign
                ),
                row._get_identity_evidence(identities.get(row.student_id.id, set())),
                *row._get_more_evidence(),
            ]
            for row in rows
        }

    def _get_more_evidence(self):
        """Extension point: further lines of one row, as :meth:`_get_evidence` has them."""
        return []

    def _get_unproven(self):
        """Rows with something missing; for the counts, so it asks only what makes it missing."""
        return self.browse([row.id for row in self._get_missing_evidence()])

    def _get_missing_evidence(self):
        """Rows that nothing proves: ``{row: [labels]}``, only those with something missing."""
        evidence = self._get_evidence()
        missing = {
            row: [item["label"] for item in evidence[row.id] if item["state"] == "missing"]
            for row in self
        }
        return {row: labels for row, labels in missing.items() if labels}

    def _get_clearances(self):
        found = (
            self.env["hostel.clearance"]
            .sudo()
            .search(
                [
                    ("student_id", "in", self.student_id.ids),
                    ("term_id", "in", self.term_id.ids),
                ]
            )
        )
        return {(one.student_id.id, one.term_id.id): one for one in found}

    def _get_undertakings(self):
        found = (
            self.env["hostel.undertaking"]
            .sudo()
            .search(
                [
                    ("student_id", "in", self.student_id.ids),
                    ("year_id", "in", self.term_id.year_id.ids),
                ],
                order="is_complete",
            )
        )
        return {(one.student_id.id, one.year_id.id): one for one in found}

    def _get_identities(self):
        """States of the identity documents of each student."""
        states = {}
        for student, state in (
            self.env["hostel.identity.document"]
            .sudo()
            ._read_group([("student_id", "in", self.student_id.ids)], ["student_id", "state"])
        ):
            states.setdefault(student.id, set()).add(state)
        return states

    def _get_money_evidence(self, clearance):
        """Payment or clearance: one of them is enough."""
        self.ensure_one()
        items = []
        if self.paid_at:
            items.append(
                {
                    "key": "payment",
                    "state": "ok",
                    "label": self.env._("Paid"),
                    "detail": " · ".join(self._get_payment_facts()),
                }
            )
        if clearance:
            sources = dict(clearance._fields["source"]._description_selection(self.env))
            items.append(
                {
                    "key": "clearance",
                    "state": "ok",
                    "label": self.env._("Dues cleared"),
                    "detail": " · ".join(
                        filter(
                            None,
                            [
                                sources[clearance.source],
                                format_date(self.env, clearance.date),
                                clearance.reference,
                            ],
                        )
                    ),
                }
            )
        if not items:
            items.append(self._get_no_money_evidence())
        return items

    def _get_no_money_evidence(self):
        if not self.price:
            return {
                "key": "payment",
                "state": "info",
                "label": self.env._("Costs nothing"),
                "detail": "",
            }
        return {
            "key": "payment",
            "state": "missing",
            "label": self.env._("No payment"),
            "detail": self.env._("Neither a payment nor a clearance is recorded."),
        }

    def _get_payment_facts(self):
        """Extension point: what is known of the payment, as short texts."""
        self.ensure_one()
        return [format_date(self.env, self.paid_at), self.payment_ref or ""]

    def _get_undertaking_evidence(self, undertaking, must_sign):
        self.ensure_one()
        label = self.env._("Undertaking")
        if undertaking.is_complete if undertaking else False:
            return {
                "key": "undertaking",
                "state": "ok",
                "label": label,
                "detail": undertaking.reference or "",
            }
        detail = (
            self.env._("The guardian or the student has not signed.")
            if undertaking
            else self.env._("Not recorded for %(year)s.", year=self.term_id.year_id.name or "")
        )
        return {
            "key": "undertaking",
            "state": "missing" if must_sign else "open",
            "label": self.env._("No undertaking"),
            "detail": detail,
        }

    def _get_identity_evidence(self, states):
        words = {
            "verified": ("ok", self.env._("Identity checked")),
            "submitted": ("open", self.env._("Identity to check")),
            "rejected": ("open", self.env._("Identity rejected")),
        }
        for state in ("verified", "submitted", "rejected"):
            if state in states:
                kind, label = words[state]
                return {"key": "identity", "state": kind, "label": label, "detail": ""}
        return {
            "key": "identity",
            "state": "open",
            "label": self.env._("No identity document"),
            "detail": "",
        }

    # ------------------------------------------------------------------
    # The room
    # ------------------------------------------------------------------

    def _get_room_pictures(self):
        """Who has which bed of the rooms in the days of these rows.

        :return: ``{row id: [{label, state, who, mine}]}``; names only of whom the user may see
        """
        rows = self.sudo()
        beds = rows.room_id.bed_ids
        Allocation = self.env["hostel.allocation"].sudo()
        live = Allocation
        if rows:
            live = Allocation.search(
                [
                    ("bed_id", "in", beds.ids),
                    *Allocation._live_between(
                        min(rows.mapped("date_from")), max(rows.mapped("date_to"))
                    ),
                ]
            )
        seen = live.student_id.sudo(self.env.su)._filtered_access("read")
        states = dict(Allocation._fields["state"]._description_selection(self.env))
        per_bed = live.grouped("bed_id")
        return {
            row.id: [
                row._describe_neighbour(bed, per_bed.get(bed, Allocation), seen, states)
                for bed in row.room_id.bed_ids.sorted("label")
            ]
            for row in rows
        }

    def _describe_neighbour(self, bed, rows, seen, states):
        rows = rows.filtered(
            lambda row: row.date_from < self.date_to and row.date_to > self.date_from
        )
        other = rows[:1]
        student = other.student_id
        who = ""
        if student:
            known = student.id in seen.ids
            year = self.env._("year %(year)s", year=student.year_of_study)
            who = f"{student.name}, {year}" if known else year
        return {
            "label": bed.label,
            "state": other.state or "free",
            "state_label": states.get(other.state, self.env._("Free")),
            "who": who,
            "mine": other.id == self.id,
        }
