import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { formatClock, formatSpan, remaining } from "../../core/countdown";

const TICK_MS = 250;
const URGENT_MS = 60000;
const TWO_DAYS_MS = 2 * 86400000;

/** Remaining time until a deadline, in whole seconds, for the component that calls this. */
export function useRemaining(getUntil) {
    const state = useState({ left: remaining(getUntil()) });
    let timer;
    const tick = () => {
        const left = remaining(getUntil());
        if (Math.ceil(left / 1000) !== Math.ceil(state.left / 1000)) {
            state.left = left;
        }
    };
    onMounted(() => (timer = browser.setInterval(tick, TICK_MS)));
    onWillUnmount(() => browser.clearInterval(timer));
    return {
        get left() {
            // A render for another reason must not show an old deadline.
            return (state.left, remaining(getUntil()));
        },
    };
}

/** Countdown of a hold: a ring that empties, with the time in its middle. */
export class HoldRing extends Component {
    static template = "hostel_booking.HoldRing";
    static props = { until: Number, total: { type: Number, optional: true } };

    setup() {
        this.time = useRemaining(() => this.props.until);
    }

    get clock() {
        // Seconds mean nothing while there are days.
        return this.time.left >= TWO_DAYS_MS ? this.spoken : formatClock(this.time.left);
    }

    get spoken() {
        return formatSpan(this.time.left);
    }

    get urgent() {
        return this.time.left <= URGENT_MS;
    }

    /** Length of the arc on a circle of length 100. */
    get arc() {
        const total = this.props.total || this.time.left || 1;
        return `${Math.min(100, (this.time.left / total) * 100)} 100`;
    }
}
