import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatSpan } from "../../core/countdown";
import { useRemaining } from "../hold_ring/hold_ring";

const SOON_MS = 10000;

/** Where the student stands while more want to choose a bed than are let in. */
export class QueueCard extends Component {
    static template = "hostel_booking.QueueCard";
    static props = { store: Object };

    setup() {
        this.queue = this.props.store.queue;
        this.state = useState(this.queue.state);
        this.my = useState(this.props.store.my.state);
        this.time = useRemaining(() => this.state.until);
    }

    get phase() {
        // With a bed in hand nobody waits for anything.
        return this.my.bed ? "none" : this.state.phase;
    }

    get behind() {
        return this.state.waiting > this.state.position
            ? _t("%(n)s are behind you", { n: this.state.waiting - this.state.position })
            : _t("You are the last for now");
    }

    get waitText() {
        if (this.state.paused) {
            return _t("Nobody is let in at the moment. Your place is safe.");
        }
        if (this.time.left < SOON_MS) {
            return _t("In a few seconds");
        }
        return _t("About %(time)s", { time: formatSpan(this.time.left) });
    }
}
