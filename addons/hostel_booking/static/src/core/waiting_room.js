import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { deadline, formatSpan } from "./countdown";

const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 15000;
// A screen reader is told about every place near the front, and now and then behind.
const NEAR = 3;

const nowhere = () => ({
    phase: "none",
    position: 0,
    waiting: 0,
    until: null,
    paused: false,
    busy: false,
});

/**
 * The student's place in the queue before beds can be held. Looking needs none.
 *
 * `state.phase` is `none`, `early` (places are drawn at the opening), `waiting`, or `turn`:
 * it came while the student waited, and nothing is held yet. A ticket proves the place, so
 * asking for it needs neither session nor database.
 *
 * @param {Object} options
 * @param {Object} options.api
 * @param {(text: string) => void} options.say to a screen reader
 */
export class WaitingRoom {
    constructor({ api, say }) {
        this.api = api;
        this.say = say;
        this.state = reactive(nowhere());
        this.tries = 0;
        this.turn = 0;
    }

    stop() {
        this.stopped = true;
        browser.clearTimeout(this.timer);
    }

    /** Take what the server says; `null` and `undefined` mean that there is no queue. */
    load(place) {
        browser.clearTimeout(this.timer);
        this.tries = 0;
        if (!place || place.state === "none") {
            Object.assign(this.state, nowhere());
            return;
        }
        this.key = place.key || this.key;
        this.ticket = place.ticket;
        this._show(place);
        this._schedule(place.poll_ms);
    }

    _show({ state, position, waiting, wait_ms }) {
        const before = { ...this.state };
        const waited = before.phase === "waiting" || before.phase === "early";
        const isTurn = state === "in" && (waited || before.phase === "turn");
        Object.assign(this.state, {
            phase: state === "in" ? (isTurn ? "turn" : "none") : state,
            position,
            waiting,
            until: state === "waiting" ? deadline(wait_ms ?? NaN) : null,
            paused: state === "waiting" && wait_ms === null,
        });
        this._tell(before, wait_ms);
    }

    _tell(before, wait) {
        const { phase, position } = this.state;
        if (phase === "turn" && before.phase !== "turn") {
            this.say(_t("It is your turn. Choose a bed."));
        } else if (phase === "early" && before.phase !== "early") {
            this.say(_t("You are in the waiting room. Places are drawn when booking opens."));
        } else if (phase === "waiting" && this._worthTelling(before)) {
            const said = { n: position, time: wait === null ? "" : formatSpan(wait) };
            this.say(
                wait === null
                    ? _t("You are number %(n)s in the queue.", said)
                    : _t("You are number %(n)s in the queue: about %(time)s.", said)
            );
        }
    }

    _worthTelling({ phase }) {
        const { position } = this.state;
        const worth =
            phase !== "waiting" ||
            position <= this.told / 2 ||
            (position <= NEAR && position < this.told);
        if (worth) {
            this.told = position;
        }
        return worth;
    }

    _schedule(ms) {
        if (!this.stopped) {
            this.timer = browser.setTimeout(() => this._look(), ms);
        }
    }

    async _look() {
        if (this.state.phase === "none" && document.visibilityState === "hidden") {
            // A pass lives on while its owner is there.
            this._schedule(LAST_RETRY_MS);
            return;
        }
        const { turn } = this;
        let answer;
        try {
            answer = await this.api.placeInQueue(this.key, this.ticket);
        } catch (error) {
            answer = await this._lookFailed(error);
        }
        // Who has left meanwhile is not brought back by an answer from before.
        if (answer && !this.stopped && turn === this.turn) {
            this.load(answer.queue);
        }
    }

    async _lookFailed(error) {
        if (error.code === "QUEUE_PLACE_LOST") {
            if (this.state.phase === "none" || this.state.phase === "turn") {
                // The pass ran out unused; the next hold queues again.
                return { queue: null };
            }
            try {
                return await this.api.joinQueue(this.ticket);
            } catch (refused) {
                error = refused;
            }
        }
        if (error.status >= 400 && error.status < 500 && error.status !== 429) {
            // The door is closed, or the student has a bed by now: there is nothing to wait for.
            return { queue: null };
        }
        const wait = Math.min(FIRST_RETRY_MS * 2 ** this.tries++, LAST_RETRY_MS);
        if (!this.stopped) {
            this._schedule(Math.max(error.retryAfterMs || 0, wait));
        }
    }

    async leave() {
        this.turn++;
        this.state.busy = true;
        try {
            await this.api.leaveQueue();
        } catch {
            // Whoever is not seen for two minutes has left as well.
        }
        this.load(null);
    }
}
