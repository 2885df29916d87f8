"""The wallet on the portal: of the signed-in student, or of a guardian's ward."""

from datetime import date, timedelta

from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from odoo.addons.hostel_base.controllers.portal import HostelPortal
from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.hostel_base.tools.storable import storable
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing
from odoo.addons.portal.controllers.portal import pager as portal_pager

PAGE = 25
CHOICES = (200, 500, 1000, 2000)
MAX_LIMIT = 100_000
STATEMENT_DAYS = 180
# No wallet is older, and a spreadsheet knows no days of other centuries.
FIRST_DAY = date(2000, 1, 1)
KINDS = {
    "pdf": ("hostel_billing.hostel_wallet_statement_pdf", "application/pdf"),
    "xlsx": (
        "report.hostel_billing.wallet_statement_xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
OWN = {"type": "http", "auth": "user", "website": True, "sitemap": False}


class WalletPortal(HostelPortal):
    WALLET_ROUTES = ("/my/wallet", "/my/wallet/<int:student_id>")
    TOP_UP_ROUTES = ("/my/wallet/top-up", "/my/wallet/<int:student_id>/top-up")
    NOTICE_ROUTES = ("/my/wallet/notice", "/my/wallet/<int:student_id>/notice")
    STATEMENT_ROUTES = (
        "/my/wallet/statement.<string:extension>",
        "/my/wallet/<int:student_id>/statement.<string:extension>",
    )
    PAY_ROUTE = "/my/wallet/pay/<string:reference>"

    # ------------------------------------------------------------------
    # Whose
    # ------------------------------------------------------------------

    def _get_my_wallet(self, student_id=None, make=False):
        """The wallet of the signed-in student, or of a ward; anybody else's is not found.

        :param bool make: make it if there is none yet; without, an empty one is only shown
        """
        student = self._get_own_student_or_ward(student_id)
        Wallet = request.env["hostel.wallet"]
        return Wallet._get(student) if make else Wallet._find(student)

    @staticmethod
    def _is_for_guardian(wallet):
        return wallet.student_id != request.env["hostel.student"]._get_current()

    @staticmethod
    def _get_base(student_id):
        return f"/my/wallet/{student_id}" if student_id else "/my/wallet"

    def _prepare_hostel_cards(self, student, stay):
        """Also the balance, for the card of the home."""
        wallet = request.env["hostel.wallet"].sudo().search([("student_id", "=", student.id)])
        score = request.env["hostel.credit.score"].sudo().search([("student_id", "=", student.id)])
        return {
            **super()._prepare_hostel_cards(student, stay),
            "wallet": wallet,
            "credit_score": score,
        }

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    @http.route(list(WALLET_ROUTES), methods=["GET"], **OWN)
    def my_wallet(self, student_id=None, page=1, **_kwargs):
        """Balance, top-up, movements and the notice."""
        return self._render_wallet(self._get_my_wallet(student_id), student_id, page=page)

    def _render_wallet(self, wallet, student_id, page=1, refusal=None, status=200):
        base = self._get_base(student_id)
        lines = request.env["hostel.wallet.line"].sudo()
        lines = lines.with_context(hostel_for_guardian=self._is_for_guardian(wallet))
        domain = [("wallet_id", "in", wallet.ids)]
        page = int(page) if str(page).isdecimal() and len(str(page)) < 7 else 1
        pager = portal_pager(url=base, total=lines.search_count(domain), page=page, step=PAGE)
        lines = lines.search(domain, limit=PAGE, offset=pager["offset"])
        least, most = wallet._get_top_up_limits()
        pending = (
            request.env["payment.transaction"]
            .sudo()
            .search_count(
                [
                    ("hostel_wallet_id", "in", wallet.ids),
                    ("state", "=", "pending"),
                ],
                limit=1,
            )
        )
        response = request.render(
            "hostel_billing.portal_my_wallet",
            {
                **self._prepare_portal_layout_values(),
                "wallet": wallet,
                "ward": wallet.student_id if student_id else None,
                "base": base,
                "months": lines.grouped(lambda line: line.day.replace(day=1)),
                "pager": pager,
                "choices": [amount for amount in CHOICES if least <= amount <= most],
                "least": least,
                "most": most,
                "pending": bool(pending),
                "refusal": refusal,
                "statement_from": wallet.company_id._get_college_day()
                - timedelta(days=STATEMENT_DAYS),
                "statement_to": wallet.company_id._get_college_day(),
                "page_name": "my_wallet",
            },
            status=status,
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @http.route(list(TOP_UP_ROUTES), methods=["POST"], **OWN)
    def top_up(self, student_id=None, amount="", **_kwargs):
        """Make an order at Camu and go there."""
        wallet = self._get_my_wallet(student_id, make=True)
        try:
            with request.env.cr.savepoint():
                order = wallet._create_top_up(
                    self._read_rupees(amount), request.env.user.partner_id
                )
        except UserError as refusal:
            status = getattr(refusal, "http_status", 422)
            return self._render_wallet(wallet, student_id, refusal=str(refusal), status=status)
        PaymentPostProcessing.monitor_transaction(order)
        return request.redirect(f"/my/wallet/pay/{order.reference}", 303)

    @staticmethod
    def _read_rupees(text):
        """Whole rupees of a form.

        :raises HostelError: ``INVALID_PAYMENT_AMOUNT``
        """
        cleaned = str(text).strip().replace(",", "")
        if not cleaned.isascii() or not cleaned.isdecimal() or len(cleaned) > 9:
            raise HostelError(
                "INVALID_PAYMENT_AMOUNT",
                request.env._("Write the amount in whole rupees, such as 500."),
                422,
            )
        return int(cleaned)

    @http.route(PAY_ROUTE, methods=["GET"], **OWN)
    def pay_top_up(self, reference, **_kwargs):
        """Send whoever made the order to Camu with it; somebody else's is not found."""
        if storable(reference) != reference:
            # Odoo's page about what is not found can't be drawn for such an address.
            return request.make_response("", status=404)
        order = (
            request.env["payment.transaction"]
            .sudo()
            .search(
                [
                    ("reference", "=", reference),
                    ("hostel_wallet_payer_id", "=", request.env.user.partner_id.id),
                    ("hostel_wallet_id", "!=", False),
                ],
                limit=1,
            )
        )
        if not order:
            raise request.not_found()
        if order.state != "draft":
            return request.redirect(order.landing_route)
        form = order._get_processing_values()["redirect_form_html"]
        return request.render("hostel_billing.wallet_pay", {"order": order, "form": form})

    @http.route(list(NOTICE_ROUTES), methods=["POST"], **OWN)
    def set_notice(self, student_id=None, low_balance="", **_kwargs):
        """Below which balance student and guardians are told."""
        wallet = self._get_my_wallet(student_id, make=True)
        try:
            limit = self._read_rupees(low_balance or "0")
            if limit > MAX_LIMIT:
                raise HostelError("INVALID", request.env._("That is too much."), 422)
        except HostelError as refusal:
            return self._render_wallet(wallet, student_id, refusal=str(refusal), status=422)
        wallet.low_balance = limit
        return request.redirect(self._get_base(student_id), 303)

    @http.route(list(STATEMENT_ROUTES), methods=["GET"], **OWN)
    def statement(self, extension, student_id=None, date_from=None, date_to=None, **_kwargs):
        """The movements of a range of days, as PDF or XLSX."""
        wallet = self._get_my_wallet(student_id)
        if extension not in KINDS or not wallet.ids:
            raise request.not_found()
        report, mimetype = KINDS[extension]
        day_from, day_to = self._read_statement_day(date_from), self._read_statement_day(date_to)
        today = wallet.company_id._get_college_day()
        day_to = day_to or today
        day_from = day_from or day_to - timedelta(days=STATEMENT_DAYS)
        data = {"date_from": str(min(day_from, day_to)), "date_to": str(max(day_from, day_to))}
        reader = {"hostel_for_guardian": self._is_for_guardian(wallet)}
        if extension == "pdf":
            # What the page needs is in it: the printer asks this server for nothing.
            reports = (
                request.env["ir.actions.report"]
                .sudo()
                .with_context(hostel_self_contained=True, **reader)
            )
            content, _type = reports._render_qweb_pdf(report, wallet.ids, data=data)
        else:
            book = request.env[report].sudo().with_context(active_model=wallet._name, **reader)
            content, _type = book.create_xlsx_report(wallet.ids, data)
        name = f"wallet-{wallet.roll_number}-{data['date_to']}.{extension}"
        return request.make_response(
            content,
            headers=[
                ("Content-Type", mimetype),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )

    @staticmethod
    def _read_statement_day(text):
        try:
            day = fields.Date.to_date(text) if text else None
        except ValueError:
            return None
        return day if day and day >= FIRST_DAY else None
