import { Component, onWillUnmount, onWillUpdateProps, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { formatSpan } from "../../core/countdown";
import { formatMoney } from "../../core/money";

const SEARCH_MS = 300;
const FEWEST_LETTERS = 2;

const clean = () => ({
    ...{ error: null, form: "", q: "", students: null, student: null },
    ...{ reason: "", kind: "repair", why: "" },
});

/** A warden at the map: give the bed to a walk-in, close it, open it again. */
export class Counter extends Component {
    static template = "hostel_booking.Counter";
    static props = { store: Object, mapKey: String, i: Number, bedState: String };

    setup() {
        this.store = this.props.store;
        this.state = useState(this.store.state);
        this.ui = useState({ bed: null, busy: false, from: "", until: "", ...clean() });
        this.turn = 0;
        this.searchTurn = 0;
        this._load(this.props);
        onWillUpdateProps((next) => {
            const { mapKey, i, bedState } = this.props;
            if (next.mapKey !== mapKey || next.i !== i) {
                Object.assign(this.ui, clean(), { bed: null });
                this._load(next);
            } else if (next.bedState !== bedState) {
                this._load(next);
            }
        });
        onWillUnmount(() => {
            this.turn = -1;
            browser.clearTimeout(this.timer);
        });
    }

    get api() {
        return this.store.api;
    }

    async _load({ mapKey, i }) {
        const turn = ++this.turn;
        try {
            const bed = await this.api.counterBed(mapKey, i);
            if (turn === this.turn) {
                Object.assign(this.ui, { bed, from: bed.term.from, until: bed.term.until });
            }
        } catch (error) {
            if (turn === this.turn) {
                this._refused(error);
            }
        }
    }

    _refused(error) {
        this.ui.error = { text: error.message, code: error.code || "" };
        this.store.say(error.message);
    }

    get heldText() {
        const left = this.ui.bed.hold_ms_left;
        return left === null
            ? ""
            : _t("A student holds this bed for %(time)s more. It stays theirs until then.", {
                  time: formatSpan(left),
              });
    }

    get isFree() {
        return !this.ui.bed.state && this.ui.bed.hold_ms_left === null;
    }

    get giveText() {
        const price = formatMoney(this.ui.bed.price, this.state.currency);
        return _t("Give the bed for %(price)s", { price });
    }

    // --- whom

    onSearch(ev) {
        Object.assign(this.ui, { q: ev.target.value, student: null });
        browser.clearTimeout(this.timer);
        this.timer = browser.setTimeout(() => this._search(), SEARCH_MS);
    }

    async _search() {
        const q = this.ui.q.trim();
        const turn = ++this.searchTurn;
        if (q.length < FEWEST_LETTERS) {
            this.ui.students = null;
            return;
        }
        try {
            const { students } = await this.api.counterStudents(this.props.mapKey, this.props.i, q);
            if (turn === this.searchTurn) {
                this.ui.students = students;
                this.store.say(_t("%(n)s students found.", { n: students.length }));
            }
        } catch (error) {
            this._refused(error);
        }
    }

    choose(student) {
        Object.assign(this.ui, { student, error: null });
    }

    about({ programme, year, gender }) {
        return [programme, _t("year %(year)s", { year }), gender].filter(Boolean).join(" · ");
    }

    // --- acting

    async _act(action, text) {
        if (this.ui.busy) {
            return;
        }
        Object.assign(this.ui, { busy: true, error: null });
        try {
            await action();
            Object.assign(this.ui, clean());
            this.store.counterDone(text);
            await this._load(this.props);
        } catch (error) {
            this._refused(error);
        } finally {
            this.ui.busy = false;
        }
    }

    give() {
        const { student, reason } = this.ui;
        const { mapKey: key, i } = this.props;
        return this._act(
            () => this.api.counterAllocate({ key, i, number: student.number, reason }),
            _t("%(name)s has the bed. It waits for the approval.", { name: student.name })
        );
    }

    close() {
        const { from, until, kind, why } = this.ui;
        const { mapKey: key, i } = this.props;
        const body = { key, i, date_from: from, date_to: until, kind, reason: why };
        return this._act(() => this.api.counterClose(body), _t("The bed is closed."));
    }

    reopen() {
        const { mapKey, i } = this.props;
        return this._act(() => this.api.counterOpen(mapKey, i), _t("The bed is open again."));
    }
}
