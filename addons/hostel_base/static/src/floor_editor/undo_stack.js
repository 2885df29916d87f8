/** Steps older than this are forgotten. */
const LONGEST = 200;
/** Steps of the same kind within this time are one: a key held down, a word typed. */
const MERGE_MS = 900;

/** What was, what is, and what was taken back. Knows nothing of what a state is. */
export class UndoStack {
    constructor(state) {
        this.reset(state);
    }

    /** Begin anew with a state that is saved. */
    reset(state) {
        this.present = state;
        this.saved = state;
        this.past = [];
        this.future = [];
        this.merge = null;
    }

    get undoCount() {
        return this.past.length;
    }

    get redoCount() {
        return this.future.length;
    }

    get dirty() {
        return this.present !== this.saved;
    }

    /**
     * Do a step.
     *
     * @param {Object} state the new present
     * @param {string} [kind] steps of the same kind in quick succession are taken back as one
     * @param {number} [now]
     */
    push(state, kind = "", now = Date.now()) {
        if (state === this.present) {
            return;
        }
        const goesOn =
            kind && this.merge?.kind === kind && now - this.merge.at < MERGE_MS && this.past.length;
        // The state that was saved must stay reachable as a step of its own.
        if (!goesOn || this.present === this.saved) {
            this.past.push(this.present);
            this.past.splice(0, this.past.length - LONGEST);
        }
        this.merge = kind ? { kind, at: now } : null;
        this.present = state;
        this.future = [];
    }

    undo() {
        if (this.past.length) {
            this.future.push(this.present);
            this.present = this.past.pop();
            this.merge = null;
        }
    }

    redo() {
        if (this.future.length) {
            this.past.push(this.present);
            this.present = this.future.pop();
            this.merge = null;
        }
    }

    markSaved() {
        this.saved = this.present;
        this.merge = null;
    }
}
