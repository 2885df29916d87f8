import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { deadline, remaining } from "./countdown";

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
/** Thousands of maps hear the same news: their questions are spread over this. */
export const SPREAD_MS = 20000;
/** What concerns this student only is asked at once, or nearly. */
const SOON_MS = 1000;
const AGAIN_MS = 30000;
/** For how long an open map says that its window was extended or goes on. */
export const NEWS_MS = 300000;
/** Two answers about the same end differ by what they took on their way. */
const MOVED_MS = 60000;

/** What the server says about a window, as the map keeps it. */
function readWindow(window) {
    return {
        id: window.id || 0,
        state: window.state,
        opensAt: deadline(window.opens_in_ms ?? NaN),
        opensLabel: window.opens_label || "",
        closesAt: deadline(window.closes_in_ms ?? NaN),
        closesLabel: window.closes_label || "",
        holdMinutes: window.hold_minutes || 10,
        message: window.message || "",
        wishesUrl: window.wishes_url || null,
        slot: window.slot || null,
        news: null,
    };
}

/** @returns {"paused"|"closed"|"resumed"|"extended"|null} what the office did in between */
function findChange(before, after) {
    if (before.state !== after.state && ["paused", "closed"].includes(after.state)) {
        return after.state;
    }
    if (before.state === "paused" && ["open", "soon"].includes(after.state)) {
        return "resumed";
    }
    const moved = remaining(after.closesAt) - remaining(before.closesAt);
    const known = before.closesAt !== null && ["open", "closed"].includes(before.state);
    // Closed, its end may have been heard of before it opens again.
    const since = before.state === "closed" ? remaining(after.closesAt) : moved;
    return known && after.state === "open" && since > MOVED_MS ? "extended" : null;
}

/**
 * The booking window on an open map: it counts down and opens by itself, and hears when the
 * office pauses, extends or closes it, or when something about the student changes.
 *
 * @param {Object} options
 * @param {Object} options.state where `window` is kept; a reactive object of the owner's
 * @param {Object} options.api
 * @param {Object} [options.bus]
 * @param {number} options.hostelId
 * @param {(text: string) => void} options.say for screen readers
 * @param {(floors: Object[]) => void} options.onFloors which floors are the student's changed
 */
export class WindowWatch {
    constructor({ state, api, bus, hostelId, say, onFloors }) {
        Object.assign(this, { state, api, bus, hostelId, say, onFloors });
        this.doors = 0;
        this.refreshAt = null;
        this.asking = false;
        this._onNews = (news) => this.receive(news);
        this._onDoor = () => this.refreshWithin(SOON_MS);
    }

    get window() {
        return this.state.window;
    }

    start() {
        this.bus?.subscribe("hostel.booking/doors", this._onNews);
        this.bus?.subscribe("hostel.booking/door", this._onDoor);
    }

    stop() {
        this.stopped = true;
        browser.clearTimeout(this.turnTimer);
        browser.clearTimeout(this.refreshTimer);
        browser.clearTimeout(this.newsTimer);
        this.bus?.unsubscribe("hostel.booking/doors", this._onNews);
        this.bus?.unsubscribe("hostel.booking/door", this._onDoor);
    }

    /** Take what the server says about the window. */
    load({ window, doors = 0 }) {
        this.doors = Math.max(this.doors, doors);
        const before = this.state.window;
        this.state.window = readWindow(window);
        if (before?.id === this.window.id) {
            this.window.news = window.state === "open" ? before.news : null;
            this._tellChange(before);
        }
        this._armTurn();
    }

    /** The server says that it opens in so long after all: its clock counts. */
    opensIn(ms) {
        this.window.state = "soon";
        this.window.opensAt = deadline(ms);
        this._armTurn();
    }

    close() {
        this.window.state = "closed";
        this._armTurn();
    }

    // --- the hours

    _armTurn() {
        browser.clearTimeout(this.turnTimer);
        const { state, opensAt, closesAt } = this.window;
        const until = state === "soon" ? opensAt : state === "open" ? closesAt : null;
        if (until !== null && !this.stopped) {
            const delay = Math.min(remaining(until), LONGEST_TIMEOUT_MS);
            this.turnTimer = browser.setTimeout(() => this._turn(), delay);
        }
    }

    _turn() {
        if (this.window.state === "soon" && remaining(this.window.opensAt) === 0) {
            this.window.state = "open";
            this.say(_t("Booking is open."));
        } else if (this.window.state === "open" && remaining(this.window.closesAt) === 0) {
            this.window.state = "closed";
            this.say(_t("Booking is closed."));
        }
        this._armTurn();
    }

    // --- news

    /** News for everybody who looks at a map of the round. */
    receive({ v, w }) {
        const mine = w.find(({ id }) => id === this.window?.id);
        if (mine) {
            this._apply(mine);
        }
        if (mine?.p) {
            // A pause is the same for all; there is nothing more to ask.
            this.doors = Math.max(this.doors, v);
        } else {
            this.seen(v);
        }
    }

    _apply({ p, c, m }) {
        const { window } = this;
        const before = { ...window };
        window.message = m;
        window.closesAt = deadline(c);
        if (Math.abs(remaining(window.closesAt) - remaining(before.closesAt)) > MOVED_MS) {
            // What was written is wrong now; the answer to the next question has the new one.
            window.closesLabel = "";
        }
        if (p) {
            window.state = "paused";
        } else if (c <= 0) {
            window.state = "closed";
        } else if (window.state === "paused") {
            window.state = remaining(window.opensAt) > 0 ? "soon" : "open";
        }
        if (window.state !== "open") {
            window.news = null;
        }
        this._tellChange(before);
        this._armTurn();
    }

    /** Say what the office did to the window, whichever way it was heard of. */
    _tellChange(before) {
        const reason = { reason: this.window.message };
        const change = findChange(before, this.window);
        if (change === "paused") {
            this.say(_t("Booking is paused. %(reason)s", reason));
        } else if (change === "closed") {
            this.say(_t("Booking is closed."));
        } else if (change === "resumed") {
            this._setNews(change);
            this.say(_t("Booking goes on. %(reason)s", reason));
        } else if (change === "extended") {
            this._setNews(change);
            this.say(_t("Booking is open for longer. %(reason)s", reason));
        }
    }

    /** @param {"resumed"|"extended"} what the map says for a while; before an opening it counts */
    _setNews(what) {
        browser.clearTimeout(this.newsTimer);
        if (this.window.state === "open") {
            this.window.news = what;
            this.newsTimer = browser.setTimeout(() => (this.window.news = null), NEWS_MS);
        }
    }

    /** The round's windows have this version; whoever knows an older one asks, some time soon. */
    seen(version) {
        if (version > this.doors && !this.asking) {
            this.refreshWithin(SPREAD_MS);
        }
    }

    refreshWithin(ms) {
        this._refreshIn(Math.random() * ms);
    }

    /** A question that is due sooner stays: whoever hears of it again must not wait longer. */
    _refreshIn(delay) {
        if (this.stopped || (this.refreshAt && remaining(this.refreshAt) <= delay)) {
            return;
        }
        browser.clearTimeout(this.refreshTimer);
        this.refreshAt = deadline(delay);
        this.refreshTimer = browser.setTimeout(() => this._refresh(), delay);
    }

    async _refresh() {
        this.refreshAt = null;
        this.asking = true;
        let answer;
        try {
            answer = await this.api.window(this.hostelId);
        } catch {
            // Holds are judged by the server anyway; the map only tells a little later.
            this._refreshIn(AGAIN_MS);
            return;
        } finally {
            this.asking = false;
        }
        if (!this.stopped) {
            this.load(answer);
            this.onFloors(answer.floors);
        }
    }
}
