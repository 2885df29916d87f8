import { _t } from "@web/core/l10n/translation";
import { Component } from "@odoo/owl";

const EVIDENCE_ICONS = {
    ok: "fa-check-circle",
    missing: "fa-exclamation-triangle",
    open: "fa-question-circle-o",
    info: "fa-info-circle",
};

/** One booking that waits: who, which bed, what proves it. */
export class ApprovalRow extends Component {
    static template = "hostel_booking.ApprovalRow";
    static props = {
        card: Object,
        chosen: { type: Boolean, optional: true },
        focused: { type: Boolean, optional: true },
        onToggle: Function,
        onFocus: Function,
        onApprove: Function,
        onReject: Function,
        onWithdraw: Function,
        onGiveOther: Function,
    };

    icon(item) {
        return EVIDENCE_ICONS[item.state];
    }

    /** A state is never a colour alone: the icon and the words say it too. */
    chipTitle(item) {
        return item.detail ? `${item.label}: ${item.detail}` : item.label;
    }

    get chips() {
        // What is in order is said short; what isn't stands first.
        const order = { missing: 0, open: 1, info: 2, ok: 3 };
        return [...this.props.card.evidence].sort((a, b) => order[a.state] - order[b.state]);
    }

    get waits() {
        const minutes = this.props.card.waits_minutes;
        if (minutes < 60) {
            return _t("%s min", minutes);
        }
        return minutes < 48 * 60
            ? _t("%s h", Math.floor(minutes / 60))
            : _t("%s days", Math.floor(minutes / 1440));
    }

    get seconds() {
        return Math.ceil(this.props.card.approval_due_in_ms / 1000);
    }
}
