import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { floorTitle } from "../../core/bed_states";
import { noFilters } from "../../core/filters";
import { mapUrl } from "../../core/map_address";
import { formatMoney } from "../../core/money";

const SETTLE_MS = 400;

/** A short list of free beds that suit the student best, over all hostels, with the reasons. */
export class BestBeds extends Component {
    static template = "hostel_booking.BestBeds";
    static props = { store: Object };

    setup() {
        this.store = this.props.store;
        this.state = useState(this.store.state);
        this.ui = useState({ status: "loading", beds: [], error: null, here: false });
        this.turn = 0;
        const filtered = () => this._askSoon();
        this.store.bus.addEventListener("filters", filtered);
        onMounted(() => this.ask());
        onWillUnmount(() => {
            this.turn = -1;
            browser.clearTimeout(this.timer);
            this.store.bus.removeEventListener("filters", filtered);
        });
    }

    _askSoon() {
        browser.clearTimeout(this.timer);
        this.timer = browser.setTimeout(() => this.ask(), SETTLE_MS);
    }

    get wish() {
        const { sharing, amenities, floors, maxPrice } = this.state.filters;
        return {
            ...{ sharing, amenities, floors, max_price: maxPrice ?? null },
            hostel_id: this.ui.here || floors.length ? this.store.hostelId : null,
        };
    }

    async ask() {
        const turn = ++this.turn;
        this.ui.status = this.ui.beds.length ? "again" : "loading";
        try {
            const { beds } = await this.store.api.best(this.wish);
            if (turn === this.turn) {
                Object.assign(this.ui, { status: "ready", beds });
                this.store.say(_t("%(n)s beds suggested.", { n: beds.length }));
            }
        } catch (error) {
            if (turn === this.turn) {
                this.ui.status = "failed";
                this.ui.error = { text: error.message, code: error.code || "" };
            }
        }
    }

    setHere(ev) {
        this.ui.here = ev.target.checked;
        this.ask();
    }

    place({ hostel, floor }) {
        return `${hostel} · ${floorTitle({ name: floor })}`;
    }

    name({ room, label }) {
        return _t("%(room)s, bed %(bed)s", { room, bed: label });
    }

    price({ price }) {
        return formatMoney(price, this.state.currency);
    }

    /** State of the bed now, where this map knows it. */
    stateOf({ key, i }) {
        const fresh = this.state.summaryTurn >= 0 && this.store.data.layout(key);
        return fresh ? this.store.data.stateOf(key, i) : "free";
    }

    url({ hostel_id, key, i }) {
        return mapUrl(hostel_id, this.state.round, { bed: `${key}:${i}` });
    }

    open(bed, ev) {
        if (bed.hostel_id === this.store.hostelId) {
            ev.preventDefault();
            this.store.setView("map");
            this.store.select(bed.key, bed.i);
            this.store.bus.trigger("focus-sheet");
        }
    }

    clear() {
        this.store.setFilters(noFilters());
    }
}
