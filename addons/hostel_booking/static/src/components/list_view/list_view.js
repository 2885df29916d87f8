import { Component, onWillRender, onWillUnmount, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { floorTitle, stateTitle } from "../../core/bed_states";
import { bedLabel, bedTitle } from "../../core/map_words";
import { formatMoney } from "../../core/money";
import { BedShape } from "../bed_shape/bed_shape";

const PAGE_ROOMS = 40;

/** One bed as a button. A component of its own, so a delta renders only its row. */
class ListBed extends Component {
    static template = "hostel_booking.ListBed";
    static components = { BedShape };
    static props = {
        placed: Object,
        state: String,
        selected: Boolean,
        currency: Object,
        onOpen: Function,
    };

    get label() {
        return bedLabel(this.props.placed, this.props.state, this.props.currency);
    }

    get title() {
        return bedTitle(this.props.placed.bed.l);
    }

    get word() {
        return stateTitle(this.props.state);
    }
}

/** The floor as text: the same beds, the same sheet, without a drawing. */
export class ListView extends Component {
    static template = "hostel_booking.ListView";
    static components = { ListBed };
    static props = { store: Object };

    setup() {
        this.store = this.props.store;
        this.state = useState(this.store.state);
        this.my = useState(this.store.my.state);
        this.ui = useState({ freeOnly: true, allFloors: false, pages: 1 });
        this.root = useRef("root");
        this.open = (placed, ev) => this._open(placed, ev);
        const focus = ({ detail }) => this._focus(detail);
        this.store.bus.addEventListener("focus-bed", focus);
        onWillUnmount(() => this.store.bus.removeEventListener("focus-bed", focus));
        onWillRender(() => {
            this.rooms = this._rooms();
        });
    }

    /** The floors of the list: those that the filter names, all, or the one on the map. */
    get floorKeys() {
        const { filters, floors, floorKey } = this.state;
        if (filters.floors.length) {
            return floors.map(({ key }) => key).filter((key) => filters.floors.includes(key));
        }
        return this.ui.allFloors ? floors.map(({ key }) => key) : [floorKey];
    }

    /** @returns {{room, key, beds: {placed, state}[]}[]} rooms that pass filters and toggles */
    _rooms() {
        const { layoutTurn, summaryTurn } = this.state;
        // Both turns tell that the plain data below has changed.
        if (!layoutTurn || summaryTurn < 0) {
            return [];
        }
        return this.floorKeys.flatMap((key) => this._roomsOf(key));
    }

    _roomsOf(key) {
        const rooms = new Map();
        for (const placed of this.store.data.bedsOf(key)) {
            const state = this.store.data.stateOf(key, placed.i);
            if (this._wanted(placed, state)) {
                if (!rooms.has(placed.room.id)) {
                    rooms.set(placed.room.id, { key, room: placed.room, beds: [] });
                }
                rooms.get(placed.room.id).beds.push({ placed, state });
            }
        }
        return [...rooms.values()];
    }

    /** Name of the floor above its first room, where several floors are listed. */
    heading(item, index) {
        const several = this.floorKeys.length > 1;
        if (!several || this.shown[index - 1]?.key === item.key) {
            return "";
        }
        return floorTitle(this.state.floors.find(({ key }) => key === item.key));
    }

    freeText({ key, room }) {
        const { free, total } = this.store.data.roomCounts(key, room.id);
        return _t("%(free)s of %(total)s free", { free, total });
    }

    _wanted(placed, state) {
        const { selected } = this.state;
        const looked = selected?.i === placed.i && selected.key === placed.floorKey;
        if (this.my.bed && state === "mine") {
            return true;
        }
        // The bed one looks at stays in the list when someone else takes it.
        return (
            this.store.matchesFilters(placed) && (!this.ui.freeOnly || state === "free" || looked)
        );
    }

    get shown() {
        return this.rooms.slice(0, this.ui.pages * PAGE_ROOMS);
    }

    get more() {
        return this.rooms.length - this.shown.length;
    }

    get moreText() {
        return _t("Show %(n)s more rooms", { n: this.more });
    }

    isSelected({ i, floorKey }) {
        const { selected } = this.state;
        return selected?.i === i && selected.key === floorKey;
    }

    price({ room, beds }) {
        const prices = beds.map(({ placed }) => this.store.data.priceOf(placed));
        return formatMoney(Math.min(...prices, room.price ?? Infinity), this.state.currency);
    }

    _focus({ key, i }) {
        this.root.el.querySelector(`[data-bed="${key}:${i}"]`)?.focus();
    }

    _open(placed, ev) {
        this.store.select(placed.floorKey, placed.i);
        if (ev.detail === 0) {
            this.store.bus.trigger("focus-sheet");
        }
    }
}
