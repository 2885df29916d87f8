import { browser } from "@web/core/browser/browser";
import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";

/** How far a batch is; while it can be withdrawn, for how long. */
export class BatchBar extends Component {
    static template = "hostel_booking.BatchBar";
    static props = { batch: Object, onWithdraw: Function, onResume: Function, onOpen: Function };

    setup() {
        this.state = useState({ now: Date.now() });
        onMounted(() => {
            this.timer = browser.setInterval(() => (this.state.now = Date.now()), 500);
        });
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    get left() {
        return Math.max(0, Math.ceil((this.props.batch.due - this.state.now) / 1000));
    }

    get canWithdraw() {
        return this.props.batch.state === "waiting" && this.left > 0;
    }

    get isBusy() {
        return ["waiting", "running"].includes(this.props.batch.state);
    }

    get percent() {
        return Math.round(this.props.batch.progress);
    }
}
