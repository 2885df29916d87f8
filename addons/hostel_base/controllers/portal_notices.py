"""Notices on the portal, and the browsers that want to be told."""

from odoo import http
from odoo.exceptions import MissingError
from odoo.http import request

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .json_api import as_text, json_route
from .portal import HostelPortal

HOME_NOTICES = 3
MAX_ENDPOINT = 1024


class HostelNoticePortal(HostelPortal):
    NOTICES_ROUTE = "/my/notices"
    NOTICE_ROUTE = "/my/notices/<int:notice_id>"
    FILE_ROUTE = "/my/notices/<int:notice_id>/file/<int:attachment_id>"
    READ_ROUTE = "/my/notices/<int:notice_id>/read"
    PUSH_KEY_ROUTE = "/my/push/key"
    PUSH_SUBSCRIBE_ROUTE = "/my/push/subscribe"
    PUSH_UNSUBSCRIBE_ROUTE = "/my/push/unsubscribe"

    # ------------------------------------------------------------------
    # What the person may read
    # ------------------------------------------------------------------

    def _get_my_notices(self, **kwargs):
        """Notices that address the signed-in person now, with all rights for the page."""
        domain = [("is_for_me", "=", True)]
        return request.env["hostel.notice"].sudo().search(domain, **kwargs)

    def _find_my_notice(self, notice_id):
        """One of them, or an empty recordset."""
        domain = [("id", "=", notice_id), ("is_for_me", "=", True)]
        return request.env["hostel.notice"].sudo().search(domain)

    def _get_my_notice(self, notice_id):
        """One of them; what addresses somebody else is not found."""
        notice = self._find_my_notice(notice_id)
        if not notice:
            raise request.not_found()
        return notice

    def _get_read_ids(self, notices):
        """Ids of those that the person has opened."""
        receipts = (
            request.env["hostel.notice.receipt"]
            .sudo()
            .search_fetch(
                [
                    ("notice_id", "in", notices.ids),
                    ("partner_id", "=", request.env.user.partner_id.id),
                    ("read_at", "!=", False),
                ],
                ["notice_id"],
            )
        )
        return set(receipts.notice_id.ids)

    def _prepare_my_notices(self):
        """Values of the home's card: how many are unread, and the first of all.

        :return: dict with ``count``, ``unread`` (numbers), ``first`` (records) and
            ``read_ids``
        """
        notices = self._get_my_notices()
        read_ids = self._get_read_ids(notices)
        first = notices.sorted(
            lambda notice: (
                notice.id in read_ids,
                notice.notice_type != "emergency",
                not notice.is_pinned,
            )
        )[:HOME_NOTICES]
        return {
            "count": len(notices),
            "unread": len(notices) - len(read_ids),
            "first": first,
            "read_ids": read_ids,
        }

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    @http.route()
    def home(self, **kw):
        response = super().home(**kw)
        response.qcontext["my_notices"] = self._prepare_my_notices()
        return response

    @http.route(
        [NOTICES_ROUTE, f"{NOTICES_ROUTE}/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        sitemap=False,
    )
    def my_notices(self, page=1, **_kwargs):
        """The list, pinned first."""
        count = request.env["hostel.notice"].sudo().search_count([("is_for_me", "=", True)])
        pager = portal_pager(
            url=self.NOTICES_ROUTE, total=count, page=page, step=self._items_per_page
        )
        notices = self._get_my_notices(limit=self._items_per_page, offset=pager["offset"])
        return request.render(
            "hostel_base.portal_my_notices",
            {
                **self._prepare_portal_layout_values(),
                "notices": notices,
                "read_ids": self._get_read_ids(notices),
                "pager": pager,
                "page_name": "my_notices",
            },
        )

    @http.route(NOTICE_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_notice(self, notice_id, **_kwargs):
        """One notice, which is read by being opened."""
        notice = self._get_my_notice(notice_id)
        notice._mark_read(request.env.user.partner_id)
        return request.render(
            "hostel_base.portal_my_notice",
            {
                **self._prepare_portal_layout_values(),
                "notice": notice,
                "page_name": "my_notice",
            },
        )

    @http.route(FILE_ROUTE, type="http", auth="user", website=True, sitemap=False)
    def my_notice_file(self, notice_id, attachment_id, **_kwargs):
        """A file of a notice, only for those whom the notice addresses."""
        notice = self._get_my_notice(notice_id)
        attachment = notice.attachment_ids.filtered(lambda file: file.id == attachment_id)
        if not attachment:
            raise request.not_found()
        stream = request.env["ir.binary"]._get_stream_from(attachment)
        # Shown by the browser only where it can't run: the rest is saved.
        harmless = attachment.mimetype in ("application/pdf", "image/png", "image/jpeg")
        response = stream.get_response(as_attachment=not harmless)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @json_route(READ_ROUTE, methods=("POST",), writes=True)
    def mark_notice_read(self, notice_id):
        """The reader closed the notice on an open page."""
        notice = self._find_my_notice(notice_id)
        if not notice:
            raise MissingError(request.env._("This notice is not shown any more."))
        notice._mark_read(request.env.user.partner_id)

    # ------------------------------------------------------------------
    # Web push
    # ------------------------------------------------------------------

    @json_route(PUSH_KEY_ROUTE)
    def push_key(self):
        """The server's public key, with which a browser subscribes."""
        return {"key": request.env["mail.push.device"].get_web_push_vapid_public_key()}

    @json_route(PUSH_SUBSCRIBE_ROUTE, methods=("POST",), writes=True)
    def push_subscribe(self, endpoint, keys, expirationTime=None):
        """Tell this browser from now on; the parameters are ``PushSubscription.toJSON()``."""
        as_text(endpoint, "endpoint", MAX_ENDPOINT)
        request.env["mail.push.device"]._subscribe(endpoint, keys)

    @json_route(PUSH_UNSUBSCRIBE_ROUTE, methods=("POST",), writes=True)
    def push_unsubscribe(self, endpoint):
        """Tell this browser nothing any more."""
        as_text(endpoint, "endpoint", MAX_ENDPOINT)
        request.env["mail.push.device"]._unsubscribe(endpoint)
