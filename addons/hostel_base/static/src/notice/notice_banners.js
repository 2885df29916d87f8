import { Component, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";

const KINDS = {
    emergency: { icon: "fa-exclamation-triangle", word: _t("Emergency") },
    warning: { icon: "fa-exclamation-circle", word: _t("Warning") },
    announcement: { icon: "fa-bullhorn", word: _t("Announcement") },
    general: { icon: "fa-info-circle", word: _t("Notice") },
};

/** Notices that just came, above whatever page is open. */
export class NoticeBanners extends Component {
    static template = "hostel_base.NoticeBanners";
    static props = {};

    setup() {
        this.board = useState(this.env.services.hostel_notice);
    }

    // Two live regions, each there before its content: readers announce only then.
    get regions() {
        const urgent = this.board.notices.filter((notice) => notice.type === "emergency");
        const quiet = this.board.notices.filter((notice) => notice.type !== "emergency");
        return [
            { name: "urgent", role: "alert", live: "assertive", notices: urgent },
            { name: "quiet", role: "status", live: "polite", notices: quiet },
        ];
    }

    kindOf(notice) {
        return KINDS[notice.type] || KINDS.general;
    }

    get isBackend() {
        return Boolean(this.env.services.action);
    }

    addressOf(notice) {
        return this.isBackend ? `/odoo/hostel-notices/${notice.id}` : `/my/notices/${notice.id}`;
    }

    async onOpen(ev, notice) {
        this.board.close(notice.id);
        if (!this.isBackend) {
            return;
        }
        ev.preventDefault();
        const { action, orm } = this.env.services;
        await orm.silent.call("hostel.notice", "action_mark_read", [[notice.id]]);
        await action.doAction({
            type: "ir.actions.act_window",
            res_model: "hostel.notice",
            res_id: notice.id,
            views: [[false, "form"]],
        });
    }

    onClose(notice) {
        this.board.close(notice.id);
        if (notice.type === "emergency" && !this.isBackend) {
            // Who closes an emergency has read it.
            browser
                .fetch(`/my/notices/${notice.id}/read`, {
                    method: "POST",
                    headers: { "Content-Type": "application/json" },
                    body: "{}",
                    keepalive: true,
                })
                .catch(() => {});
        }
    }
}
