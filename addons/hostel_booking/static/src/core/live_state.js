/**
 * Live state of one floor: an epoch, a version that only grows within the
 * epoch, and one character a bed. Knows nothing of networks and screens.
 */
export class LiveFloor {
    /**
     * @param {string} key
     * @param {number} layoutVersion
     */
    constructor(key, layoutVersion) {
        this.key = key;
        this.layoutVersion = layoutVersion;
        this.epoch = -1;
        this.n = -1;
        this.codes = [];
    }

    get loaded() {
        return this.n >= 0;
    }

    /** Whether this state is at least as new as a version that was announced. */
    reached({ epoch, n }) {
        return this.epoch > epoch || (this.epoch === epoch && this.n >= n);
    }

    /**
     * @param {{e: number, n: number, lv: number, s: string}} snapshot
     * @returns {{status: "applied"|"old", changed: number[], relayout: boolean}}
     */
    applySnapshot({ e, n, lv, s }) {
        if (this.reached({ epoch: e, n })) {
            // A cache on the way may answer with a state from before what we know.
            return { status: "old", changed: [], relayout: false };
        }
        const changed = [];
        for (let i = 0; i < s.length; i++) {
            if (this.codes[i] !== s[i]) {
                changed.push(i);
            }
        }
        this.codes = [...s];
        this.epoch = e;
        this.n = n;
        return { status: "applied", changed, relayout: this._takeLayoutVersion(lv) };
    }

    /**
     * @param {{e: number, f: number, t: number, lv: number, d: [number, string][]}} delta
     *     all changes from version f to version t, the last state of each bed
     * @returns {{status: "applied"|"old"|"gap", changed: number[]}}
     */
    applyDelta({ e, f, t, lv, d }) {
        if (this.reached({ epoch: e, n: t })) {
            return { status: "old", changed: [] };
        }
        // A delta that starts before our version still holds everything that came
        // after it, because it carries final states and not differences.
        // One that starts at -1 doesn't know what it left out.
        const known = e === this.epoch && f >= 0 && f <= this.n && lv === this.layoutVersion;
        if (!known || d.some(([i]) => i >= this.codes.length)) {
            return { status: "gap", changed: [] };
        }
        const changed = [];
        for (const [i, code] of d) {
            if (this.codes[i] !== code) {
                this.codes[i] = code;
                changed.push(i);
            }
        }
        this.n = t;
        return { status: "applied", changed };
    }

    /**
     * Show at once what our own call just did; the next version says it again.
     *
     * @returns {boolean} whether that changed anything
     */
    poke(i, code) {
        if (!this.loaded || this.codes[i] === code) {
            return false;
        }
        this.codes[i] = code;
        return true;
    }

    _takeLayoutVersion(lv) {
        const relayout = lv !== this.layoutVersion;
        this.layoutVersion = lv;
        return relayout;
    }
}
