import { Component, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { bedName } from "../../core/my_bed";
import { floorTitle, stateTitle } from "../../core/bed_states";
import { formatClock } from "../../core/countdown";
import { mapUrl } from "../../core/map_address";
import { formatMoney } from "../../core/money";
import { bedTitle, stateAdvice } from "../../core/map_words";
import { BedShape } from "../bed_shape/bed_shape";
import { GroupHold } from "../group_hold/group_hold";
import { useRemaining } from "../hold_ring/hold_ring";
import { Counter } from "../counter/counter";
import { MyBedCard } from "../my_bed_card/my_bed_card";
import { NextBeds, Notice } from "../notice/notice";
import { Occupants } from "../occupants/occupants";
import { ShareBed } from "../share_bed/share_bed";

/** How far the sheet must be pulled down before it closes. */
const PULL_TO_CLOSE_PX = 70;

/** The big button of a free bed, or why it can't be pressed now. */
class HoldButton extends Component {
    static template = "hostel_booking.HoldButton";
    static props = { store: Object };

    setup() {
        this.state = useState(this.props.store.state);
        this.my = useState(this.props.store.my.state);
        this.time = useRemaining(() => this.state.waitUntil ?? this.state.window.opensAt);
    }

    get busy() {
        return this.my.busy === "hold";
    }

    /** @returns {{text: string, ready: boolean}} */
    get button() {
        const { state, holdMinutes } = this.state.window;
        if (this.busy) {
            return { text: _t("One moment…"), ready: false };
        }
        if (this.state.waitUntil !== null) {
            return { text: _t("Try again in %(time)s", { time: this.clock }), ready: false };
        }
        if (state === "soon") {
            return { text: _t("Opens in %(time)s", { time: this.clock }), ready: false };
        }
        if (state !== "open") {
            const texts = {
                paused: _t("Booking is paused"),
                pending: _t("Slots are being prepared"),
                ranked: _t("Beds are given by wishes"),
            };
            return { text: texts[state] || _t("Booking is closed"), ready: false };
        }
        return { text: _t("Hold this bed for %(n)s minutes", { n: holdMinutes }), ready: true };
    }

    get clock() {
        return formatClock(this.time.left);
    }
}

/** Side panel on a desk, bottom sheet on a phone: one bed, and what can be done with it. */
export class BedSheet extends Component {
    static template = "hostel_booking.BedSheet";
    static components = {
        BedShape,
        Counter,
        GroupHold,
        HoldButton,
        MyBedCard,
        NextBeds,
        Notice,
        Occupants,
        ShareBed,
    };
    static props = { store: Object };

    setup() {
        this.store = this.props.store;
        this.state = useState(this.store.state);
        this.my = useState(this.store.my.state);
        this.root = useRef("root");
        this.heading = useRef("heading");
        this.pull = useState({ from: null, by: 0 });
        const wantFocus = () => {
            this.wantsFocus = true;
            this.render();
        };
        this.store.bus.addEventListener("focus-sheet", wantFocus);
        onWillUnmount(() => this.store.bus.removeEventListener("focus-sheet", wantFocus));
        useEffect(() => this._takeFocus());
        useEffect(
            () => {
                if (this.root.el) {
                    this.root.el.scrollTop = 0;
                }
            },
            () => [this.state.selected?.key, this.state.selected?.i]
        );
    }

    /** The heading may be there only after the render that the wish came with. */
    _takeFocus() {
        if (this.wantsFocus && this.heading.el) {
            this.wantsFocus = false;
            this.heading.el.focus({ preventScroll: true });
        }
    }

    get placed() {
        return this.store.selected;
    }

    get floor() {
        return this.state.floors.find(({ key }) => key === this.state.selected.key);
    }

    get place() {
        return _t("%(floor)s · Room", { floor: floorTitle(this.floor) });
    }

    get room() {
        // A space that survives between two elements, for whoever listens or copies.
        return `${this.placed.room.n} `;
    }

    get bedTitle() {
        const { l, note } = this.placed.bed;
        return bedTitle(l, note);
    }

    get mineHere() {
        return this.state.selectedState === "mine";
    }

    get ownBed() {
        return this.my.bed;
    }

    get otherText() {
        const name = bedName(this.ownBed);
        const bed = this.ownBedElsewhere ? `${this.ownBed.hostel} · ${name}` : name;
        return _t("You have bed %(bed)s. Let it go first to hold another one.", { bed });
    }

    get ownBedElsewhere() {
        return !this.state.floors.some(({ key }) => key === this.ownBed.key);
    }

    get ownMapUrl() {
        return mapUrl(this.ownBed.hostelId, this.state.round);
    }

    get canHold() {
        return this.state.selectedState === "free" && !this.ownBed && !this.state.preview;
    }

    get price() {
        return formatMoney(this.store.data.priceOf(this.placed), this.state.currency);
    }

    get priceFor() {
        const months = this.state.term.months;
        if (!months || months < 2) {
            return _t("for the term");
        }
        const amount = Math.round(this.store.data.priceOf(this.placed) / months);
        const price = formatMoney(amount, this.state.currency);
        return _t("for the term · %(price)s a month", { price });
    }

    get stateTitle() {
        return stateTitle(this.state.selectedState);
    }

    get chips() {
        const { sharing, a } = this.placed.room;
        const kind = sharing === 1 ? _t("Single room") : _t("%(n)s-sharing", { n: sharing });
        return [kind, ...(a || [])];
    }

    get roomText() {
        // Freshly counted whenever the live state changed.
        if (this.state.summaryTurn < 0) {
            return "";
        }
        const { key } = this.state.selected;
        const { free, total } = this.store.data.roomCounts(key, this.placed.room.id);
        return total > 1 ? _t("%(free)s of %(total)s beds free", { free, total }) : "";
    }

    get bedKey() {
        return `${this.state.selected.key}:${this.state.selected.i}`;
    }

    get advice() {
        if (this.state.selectedState === "no") {
            return this.store.data.refusedBecause(this.state.selected.key, this.state.selected.i);
        }
        return stateAdvice(this.state.selectedState);
    }

    /** Beds to offer below the advice; a notice brings its own. */
    get alternatives() {
        const { selectedState, notice, preview } = this.state;
        const free = ["free", "mine"].includes(selectedState);
        // Freshly summed up whenever the live state changed.
        return this.state.summaryTurn && !free && !preview && !notice?.next.length
            ? this.store.alternatives()
            : [];
    }

    get freeText() {
        const n = this.state.floors.reduce((sum, floor) => sum + floor.free, 0);
        return n ? _t("%(n)s beds are free for you in this hostel.", { n }) : "";
    }

    act(name) {
        this.store[name]();
    }

    lookAt({ key, i }) {
        this.store.select(key, i);
        // The button that was pressed is gone; the news is in the heading.
        this.wantsFocus = true;
    }

    close() {
        this.store.leave();
    }

    startPull(ev) {
        this.pull.from = ev.clientY;
        ev.currentTarget.setPointerCapture(ev.pointerId);
    }

    movePull(ev) {
        if (this.pull.from !== null) {
            this.pull.by = Math.max(0, ev.clientY - this.pull.from);
        }
    }

    endPull() {
        const far = this.pull.by > PULL_TO_CLOSE_PX;
        Object.assign(this.pull, { from: null, by: 0 });
        if (far) {
            this.close();
        }
    }
}
