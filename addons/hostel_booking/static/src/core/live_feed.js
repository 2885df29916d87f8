import { browser } from "@web/core/browser/browser";

export const JITTER_MS = 400;
export const POLL_MS = 3000;
/** While deltas flow a rare look at the snapshot catches what no delta told. */
export const CHECK_MS = 45000;
const OTHER_FLOORS_EVERY = 4;
const MAX_BACKOFF_MS = 15000;
const FAILURES_TO_BE_OFFLINE = 2;
const SETTLE_MS = 1500;

/**
 * Keeps the floors of one hostel up to date: deltas from the websocket,
 * a snapshot where a delta does not fit, polling where there is no websocket.
 *
 * @param {Object} options
 * @param {import("./live_state").LiveFloor[]} options.floors
 * @param {(key: string, version?: number) => Promise<Object>} options.fetchSnapshot
 * @param {Object} [options.bus] Odoo's bus service
 * @param {(floor, changed: number[]) => void} options.onChange
 * @param {(floor) => void} [options.onRelayout]
 * @param {() => void} [options.onStatus] `mode` or `behind` changed
 * @param {(key: string) => void} [options.onGone] the key no longer opens a floor
 * @param {(version: number) => void} [options.onDoors] version of the round's windows
 */
export class LiveFeed {
    constructor({ floors, fetchSnapshot, bus, onChange, onRelayout, onStatus, onGone, onDoors }) {
        this.floors = new Map(floors.map((floor) => [floor.key, floor]));
        this.fetchSnapshot = fetchSnapshot;
        this.bus = bus;
        this.onChange = onChange;
        this.onRelayout = onRelayout || (() => {});
        this.onStatus = onStatus || (() => {});
        this.onGone = onGone || (() => {});
        this.onDoors = onDoors || (() => {});
        this.jobs = new Map();
        this.visibleKey = floors[0]?.key;
        this.failures = 0;
        this.tick = 0;
        this.mode = "polling";
        this.behind = false;
        this.stopped = false;
        this._onDelta = (payload) => this.receive(payload);
        this._onWorkerState = () => this._socketChanged();
        this._onBack = () => this._cameBack();
        this._onNetwork = () => this._updateStatus();
    }

    start() {
        for (const key of this.floors.keys()) {
            this._fetch(key);
        }
        this._listen();
        this._schedulePoll();
        this._updateStatus();
    }

    stop() {
        this.stopped = true;
        browser.clearTimeout(this.pollTimer);
        browser.clearTimeout(this.settleTimer);
        for (const job of this.jobs.values()) {
            browser.clearTimeout(job.timer);
        }
        document.removeEventListener("visibilitychange", this._onBack);
        browser.removeEventListener("online", this._onBack);
        browser.removeEventListener("offline", this._onNetwork);
        if (this.bus) {
            this.bus.unsubscribe("hostel.floor/delta", this._onDelta);
            this.bus.removeEventListener("BUS:WORKER_STATE_UPDATED", this._onWorkerState);
            for (const key of this.floors.keys()) {
                this.bus.deleteChannel(`hostel.floor:${key}`);
            }
        }
    }

    /** The floor on the screen is looked after first. */
    setVisible(key) {
        this.visibleKey = key;
        if (this.mode !== "live") {
            this._fetch(key);
        }
    }

    /** Ask for a floor again, soon; nobody told us that it changed but we have reason to think so. */
    refresh(key) {
        this._schedule(key, this._jitter());
    }

    /** A delta of the bus. */
    receive({ k, e, f, t, lv, d }) {
        const floor = this.floors.get(k);
        if (!floor || this.stopped) {
            return;
        }
        const { status, changed } = floor.applyDelta({ e, f, t, lv, d });
        if (status === "gap") {
            this._need(k, { epoch: e, n: t });
        } else if (changed.length) {
            this.onChange(floor, changed);
        }
    }

    // --- the snapshot of one floor: at most one timer and one call at a time

    _job(key) {
        if (!this.jobs.has(key)) {
            this.jobs.set(key, {
                timer: null,
                inFlight: false,
                again: false,
                tries: 0,
                need: null,
            });
        }
        return this.jobs.get(key);
    }

    _need(key, version) {
        const job = this._job(key);
        const newer =
            !job.need ||
            version.epoch > job.need.epoch ||
            (version.epoch === job.need.epoch && version.n > job.need.n);
        if (newer) {
            job.need = version;
        }
        this._updateStatus();
        // A thousand phones see the same gap at the same moment.
        this._schedule(key, this._jitter());
    }

    _schedule(key, delay) {
        const job = this._job(key);
        if (job.timer === null && !this.stopped) {
            job.timer = browser.setTimeout(() => {
                job.timer = null;
                this._fetch(key);
            }, delay);
        }
    }

    async _fetch(key) {
        const job = this._job(key);
        if (job.inFlight) {
            job.again = true;
            return;
        }
        job.inFlight = true;
        try {
            const snapshot = await this.fetchSnapshot(key, job.need?.n);
            if (!this.stopped) {
                this._arrived(key, snapshot);
            }
        } catch (error) {
            if (!this.stopped) {
                this._failed(key, error);
            }
        } finally {
            job.inFlight = false;
            if (job.again) {
                job.again = false;
                this._schedule(key, this._jitter());
            }
        }
    }

    _arrived(key, snapshot) {
        const floor = this.floors.get(key);
        const job = this._job(key);
        this.failures = 0;
        this.onDoors(snapshot.d || 0);
        const { status, changed, relayout } = floor.applySnapshot(snapshot);
        if (job.need && !floor.reached(job.need)) {
            this._schedule(key, this._backoff(job));
        } else {
            job.need = null;
            job.tries = 0;
        }
        this._updateStatus();
        if (relayout) {
            this.onRelayout(floor);
        }
        if (status === "applied") {
            this.onChange(floor, changed);
        }
    }

    _failed(key, error) {
        this.failures++;
        if (error.status === 404) {
            this.onGone(key);
            return;
        }
        const job = this._job(key);
        this._updateStatus();
        this._schedule(key, Math.max(error.retryAfterMs || 0, this._backoff(job)));
    }

    _backoff(job) {
        const base = Math.min(JITTER_MS * 2 ** job.tries, MAX_BACKOFF_MS);
        job.tries++;
        return base + this._jitter();
    }

    _jitter() {
        return Math.random() * JITTER_MS;
    }

    // --- the websocket and the polling that stands in for it

    _listen() {
        document.addEventListener("visibilitychange", this._onBack);
        browser.addEventListener("online", this._onBack);
        browser.addEventListener("offline", this._onNetwork);
        if (!this.bus) {
            return;
        }
        this.bus.addEventListener("BUS:WORKER_STATE_UPDATED", this._onWorkerState);
        this.bus.subscribe("hostel.floor/delta", this._onDelta);
        for (const key of this.floors.keys()) {
            this.bus.addChannel(`hostel.floor:${key}`);
        }
        this._socketChanged();
    }

    _socketChanged() {
        const was = this.mode;
        this._updateStatus();
        if (this.mode === "live" && was !== "live") {
            // What happened between the first snapshot and the subscription reached nobody.
            browser.clearTimeout(this.settleTimer);
            this.settleTimer = browser.setTimeout(() => this._refreshAll(), SETTLE_MS);
        }
        if (this.mode !== was) {
            this._schedulePoll();
        }
    }

    _cameBack() {
        this._updateStatus();
        if (document.visibilityState === "visible") {
            // Phones freeze pages in the background: nothing can be trusted after that.
            this._refreshAll();
        }
    }

    _refreshAll() {
        for (const key of this.floors.keys()) {
            this.refresh(key);
        }
    }

    _schedulePoll() {
        browser.clearTimeout(this.pollTimer);
        if (this.stopped) {
            return;
        }
        const base = this.mode === "live" ? CHECK_MS : POLL_MS;
        this.pollTimer = browser.setTimeout(() => this._poll(), base + this._jitter());
    }

    _poll() {
        this._schedulePoll();
        if (document.visibilityState === "hidden") {
            return;
        }
        this.tick++;
        for (const key of this.floors.keys()) {
            if (key === this.visibleKey || this.tick % OTHER_FLOORS_EVERY === 0) {
                this._fetch(key);
            }
        }
    }

    _updateStatus() {
        const behind = [...this.jobs.values()].some((job) => job.need);
        const mode = this._currentMode();
        if (mode !== this.mode || behind !== this.behind) {
            this.mode = mode;
            this.behind = behind;
            this.onStatus();
        }
    }

    _currentMode() {
        if (browser.navigator.onLine === false) {
            return "offline";
        }
        const lost = this.failures >= FAILURES_TO_BE_OFFLINE;
        // Deltas are worth nothing as long as there is no state to apply them to.
        const usable = !lost || this.floors.get(this.visibleKey)?.loaded;
        if (this.bus?.workerState === "CONNECTED" && usable) {
            return "live";
        }
        return lost ? "offline" : "polling";
    }
}
