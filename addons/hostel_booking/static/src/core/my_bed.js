import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { redirect } from "@web/core/utils/urls";
import { ApiError } from "./api";
import { deadline, remaining } from "./countdown";

// The server decides when time is over; asking a moment later spares a second question.
const AFTER_DEADLINE_MS = 400;
/** How often to ask while the server has not cleared away what ran out. */
const ASK_AGAIN_MS = 3000;
/** Money whose bed is gone: no bed is kept, and another one may be held. */
const MONEY_ONLY = ["unplaced", "refund_due"];

function fromHold(hold) {
    return {
        kind: "hold",
        state: "held",
        stateLabel: "",
        id: null,
        token: hold.token,
        group: Boolean(hold.group),
        key: hold.key,
        i: hold.i,
        title: hold.bed,
        room: hold.room,
        label: hold.label,
        hostel: hold.hostel,
        hostelId: hold.hostel_id,
        price: hold.price,
        until: deadline(hold.expires_in_ms),
        total: hold.hold_ms,
        extended: hold.extended,
        payUrl: null,
        canCancel: false,
        approvalLabel: "",
    };
}

function fromBooking(booking) {
    return {
        kind: "booking",
        state: booking.state,
        stateLabel: booking.state_label,
        id: booking.id,
        roundId: booking.round_id || null,
        token: null,
        group: false,
        key: booking.key,
        i: booking.i,
        title: booking.bed,
        room: booking.room,
        label: booking.label,
        hostel: booking.hostel,
        hostelId: booking.hostel_id,
        price: booking.price,
        priceFrom: booking.price_from || null,
        until: deadline(booking.hold_ms_left ?? NaN),
        total: booking.hold_ms ?? booking.hold_ms_left,
        extended: true,
        payUrl: booking.pay_url,
        paymentFailed: Boolean(booking.payment_failed),
        canCancel: booking.can_cancel,
        approvalLabel: booking.approval_label || "",
    };
}

/** Name of a bed as a student says it: "214 · B". */
export function bedName({ title, room, label }) {
    return title || `${room} · ${label}`;
}

/**
 * The one bed that the signed-in student holds or has booked, on any device,
 * and what can be done with it. Every action throws the ApiError of a refusal.
 *
 * @param {Object} options
 * @param {Object} options.api
 * @param {Object} [options.bus]
 * @param {(before, after) => void} [options.onChange] after the bed or its state changed
 * @param {(bed) => void} [options.onRanOut] a hold or a payment ran out of time
 * @param {boolean} [options.showsMoney] whether a booking is shown whose bed is gone
 */
export class MyBed {
    constructor({ api, bus, onChange, onRanOut, showsMoney }) {
        this.api = api;
        this.bus = bus;
        this.onChange = onChange || (() => {});
        this.onRanOut = onRanOut || (() => {});
        this.showsMoney = Boolean(showsMoney);
        this.state = reactive({ bed: null, actionLabel: "", loaded: false, busy: null });
        this.turn = 0;
        this._onEvent = () => this.refresh();
        this._onVisible = () => document.visibilityState === "visible" && this.refresh();
        this._onShow = (ev) => ev.persisted && this.refresh();
    }

    get bed() {
        return this.state.bed;
    }

    start() {
        this.bus?.subscribe("hostel.booking/me", this._onEvent);
        this.bus?.start();
        document.addEventListener("visibilitychange", this._onVisible);
        browser.addEventListener("pageshow", this._onShow);
    }

    stop() {
        this.stopped = true;
        browser.clearTimeout(this.timer);
        this.bus?.unsubscribe("hostel.booking/me", this._onEvent);
        document.removeEventListener("visibilitychange", this._onVisible);
        browser.removeEventListener("pageshow", this._onShow);
    }

    /** Take what the server says about this student. */
    load(me) {
        this.state.actionLabel = me.action_label || "";
        this.state.loaded = true;
        this._set(this._choose(me));
    }

    _choose({ booking, hold }) {
        if (booking && (this.showsMoney || !MONEY_ONLY.includes(booking.state))) {
            return fromBooking(booking);
        }
        return hold ? fromHold(hold) : null;
    }

    /** Ask the server again; an answer that an action has overtaken is dropped. */
    async refresh() {
        const turn = ++this.turn;
        let me;
        try {
            me = await this.api.me();
        } catch {
            // The next event, or the next look at the page, asks again.
            return;
        }
        if (turn === this.turn && !this.stopped) {
            this.load(me);
        }
    }

    hold(key, i) {
        return this._act("hold", async () => {
            const { hold, action_label } = await this.api.hold(key, i);
            // The label names the price of this bed.
            this.state.actionLabel = action_label || this.state.actionLabel;
            this._set(fromHold(hold));
        });
    }

    release() {
        return this._act("release", async () => {
            await this.api.release(this.bed.token);
            this._set(null);
        });
    }

    extend() {
        return this._act("extend", async () => {
            const { hold } = await this.api.extend(this.bed.token);
            this._set(fromHold(hold));
        });
    }

    pay() {
        return this._act("pay", async () => this._goOn(await this.api.pay(this.bed.token)));
    }

    /** Take a bed that was offered. */
    confirm() {
        return this._act("confirm", async () => this._goOn(await this.api.confirm(this.bed.id)));
    }

    async _goOn(answer) {
        if (answer.redirect) {
            redirect(answer.redirect);
        } else {
            this.load(await this.api.me());
        }
    }

    cancel() {
        return this._act("cancel", async () => {
            const { code } = await this.api.cancel(this.bed.id);
            this.load(await this.api.me());
            if (code === "ALREADY_PAID") {
                throw new ApiError(
                    code,
                    _t("Your payment has arrived meanwhile, so the bed stays yours.")
                );
            }
        });
    }

    async _act(name, action) {
        if (this.state.busy) {
            return;
        }
        this.turn++;
        this.state.busy = name;
        try {
            await action();
        } finally {
            this.turn++;
            this.state.busy = null;
        }
    }

    _set(bed) {
        const before = this.state.bed;
        this.state.bed = bed;
        this._armTimer();
        this.onChange(before, bed);
    }

    _armTimer() {
        browser.clearTimeout(this.timer);
        if (this.bed && this.bed.until !== null) {
            const left = remaining(this.bed.until);
            this._armTimerIn(left > 0 ? left + AFTER_DEADLINE_MS : ASK_AGAIN_MS);
        }
    }

    _armTimerIn(delay) {
        this.timer = browser.setTimeout(() => this._timeIsUp(), delay);
    }

    async _timeIsUp() {
        const lost = this.bed;
        await this.refresh();
        if (this.stopped) {
            return;
        }
        if (!this.bed) {
            this.onRanOut(lost);
        } else if (this.bed === lost) {
            this._armTimerIn(ASK_AGAIN_MS);
        }
    }
}
