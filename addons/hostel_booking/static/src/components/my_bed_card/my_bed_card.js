import { Component, onWillUpdateProps, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { HoldRing } from "../hold_ring/hold_ring";

/**
 * The student's own bed: what state it is in, how long is left, and what can
 * be done now. The owner of the card performs the actions.
 */
export class MyBedCard extends Component {
    static template = "hostel_booking.MyBedCard";
    static components = { HoldRing };
    static props = {
        bed: Object,
        actionLabel: String,
        busy: { type: [String, { value: null }] },
        onAct: Function,
    };

    setup() {
        this.state = useState({ askCancel: false });
        onWillUpdateProps((next) => {
            if (next.bed.state !== this.props.bed.state) {
                this.state.askCancel = false;
            }
        });
    }

    get bed() {
        return this.props.bed;
    }

    get counts() {
        return this.bed.until !== null && ["held", "offered", "paying"].includes(this.bed.state);
    }

    get tone() {
        return this.counts ? "hold" : this.icon === "check" ? "done" : "wait";
    }

    get icon() {
        return ["allocated", "checked_in"].includes(this.bed.state) ? "check" : "hourglass-half";
    }

    get title() {
        switch (this.bed.state) {
            case "held":
                return this.bed.group ? _t("Held for your group") : _t("Held for you");
            case "offered":
                return _t("Kept for you");
            case "paying":
                return this.bed.paymentFailed
                    ? _t("The payment did not go through")
                    : _t("Waiting for your payment");
            case "awaiting_approval":
                return _t("Waiting for the warden");
            case "allocated":
                return _t("This bed is yours");
            case "checked_in":
                return _t("You live here");
            default:
                return this.bed.stateLabel;
        }
    }

    get text() {
        switch (this.bed.state) {
            case "offered":
                return _t("Take it before the time runs out; then others get it.");
            case "held":
                if (this.bed.group) {
                    return _t("The leader takes all the beds, before the time runs out.");
                }
                return _t("Go on before the time runs out. Until then nobody else can take it.");
            case "paying":
                if (this.bed.paymentFailed) {
                    return _t("Nothing was charged. Try again before the time runs out.");
                }
                return _t("We keep the bed while your payment is on its way.");
            case "awaiting_approval":
                return this.bed.approvalLabel || _t("Nobody else can take the bed meanwhile.");
            case "allocated":
                return (
                    this.bed.approvalLabel || _t("The warden has approved it. See you at move-in.")
                );
            default:
                return this.bed.approvalLabel;
        }
    }

    get question() {
        return _t("Let bed %(bed)s go? Others can take it at once.", { bed: this.bed.title });
    }

    /** Money may be involved by then, so one tap is not enough. */
    get cancelNeedsAsking() {
        return this.bed.state !== "paying" && this.bed.state !== "offered";
    }

    cancel() {
        if (this.cancelNeedsAsking && !this.state.askCancel) {
            this.state.askCancel = true;
        } else {
            this.props.onAct("cancel");
        }
    }
}
