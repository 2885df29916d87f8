from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

DAYS = 180


class ReportWalletStatement(models.AbstractModel):
    _name = "report.hostel_billing.wallet_statement"
    _inherit = "report.hostel_base.list.abstract"
    _description = "Statement of a Wallet"

    @api.model
    def _get_table_of(self, docids, data):
        """Movements of one wallet, with the balance before and after.

        :param dict data: ``date_from``, ``date_to``, as ISO texts; half a year without
        """
        wallet = self.env["hostel.wallet"].browse(docids).ensure_one()
        wallet.check_access("read")
        wallet._note_access("report")
        today = wallet.sudo().company_id._get_college_day()
        day_to = fields.Date.to_date((data or {}).get("date_to")) or today
        day_from = fields.Date.to_date((data or {}).get("date_from")) or day_to - timedelta(DAYS)
        statement = wallet._get_statement(day_from, day_to)
        kinds = dict(
            self.env["hostel.wallet.line"]._fields["kind"]._description_selection(self.env)
        )
        rows = [[day_from, self.env._("Opening balance"), "", None, None, statement["opening"]]]
        rows += [
            [
                line.day,
                line.head_id.name if line.kind == "debit" and line.head_id else kinds[line.kind],
                line._get_text(),
                line.amount if line.amount > 0 else None,
                -line.amount if line.amount < 0 else None,
                line.balance_after,
            ]
            for line in statement["lines"]
        ]
        rows.append([day_to, self.env._("Closing balance"), "", None, None, statement["closing"]])
        column = self.env["hostel.list"]._column
        student = wallet.sudo().student_id
        return {
            "title": self.env._("Wallet of %(name)s", name=student.name),
            "subtitle": " · ".join(
                [
                    student.roll_number,
                    f"{format_date(self.env, day_from)} – {format_date(self.env, day_to)}",
                ]
            ),
            "company": wallet.sudo().company_id,
            "printed_by": self.env.user.name,
            "printed_at": fields.Datetime.context_timestamp(self, fields.Datetime.now()).strftime(
                "%d %b %Y, %H:%M"
            ),
            "columns": [
                column(self.env._("Day"), "date", 13),
                column(self.env._("What"), width=20),
                column(self.env._("Reason"), width=48),
                column(self.env._("In"), "money", 12),
                column(self.env._("Out"), "money", 12),
                column(self.env._("Balance"), "money", 13),
            ],
            "rows": rows,
        }


class ReportWalletStatementXlsx(models.AbstractModel):
    _name = "report.hostel_billing.wallet_statement_xlsx"
    _inherit = "report.hostel_base.list_xlsx.abstract"
    _description = "Statement of a Wallet as a Spreadsheet"

    def generate_xlsx_report(self, workbook, data, objs):
        report = self.env["report.hostel_billing.wallet_statement"]
        self._write(workbook, report._get_table_of(objs.ids, data))
