import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { bookingApi, inRound } from "../../core/api";
import { floorTitle } from "../../core/bed_states";
import { countActive } from "../../core/filters";
import { MapStore } from "../../core/map_store";
import { bedName } from "../../core/my_bed";
import { BedSheet } from "../bed_sheet/bed_sheet";
import { BestBeds } from "../best_beds/best_beds";
import { Filters } from "../filters/filters";
import { FloorPlan } from "../floor_plan/floor_plan";
import { FloorSwitcher } from "../floor_switcher/floor_switcher";
import { HoldRing } from "../hold_ring/hold_ring";
import { Legend } from "../legend/legend";
import { ListView } from "../list_view/list_view";
import { QueueCard } from "../queue_card/queue_card";
import { WaitlistHint } from "../waitlist_hint/waitlist_hint";
import { Banner, LiveMark, PracticeStrip } from "./map_status";

const DESK_PX = 992;

/** The live map of one hostel: which bed can I have. */
export class BedMap extends Component {
    static template = "hostel_booking.BedMap";
    static components = {
        Banner,
        BedSheet,
        BestBeds,
        Filters,
        FloorPlan,
        FloorSwitcher,
        HoldRing,
        Legend,
        ListView,
        LiveMark,
        PracticeStrip,
        QueueCard,
        WaitlistHint,
    };
    static props = {
        hostelId: Number,
        /** One of several open rounds; without it the server chooses. */
        roundId: { type: Number, optional: true },
        /** Other ways to reach the server than the page's own. */
        services: { type: Object, optional: true, shape: { api: Object, bus: Object } },
    };

    setup() {
        this.store = new MapStore({
            hostelId: this.props.hostelId,
            bus: this.env.services.bus_service,
            api: this.props.roundId ? inRound(this.props.roundId) : bookingApi,
            ...this.props.services,
        });
        this.state = useState(this.store.state);
        this.my = useState(this.store.my.state);
        this.ui = useState({ filtersOpen: false, desk: browser.innerWidth >= DESK_PX });
        this.root = useRef("root");
        this.measure = () => this._measure();
        onMounted(() => {
            this.store.start();
            this._measure();
            browser.addEventListener("resize", this.measure);
        });
        onWillUnmount(() => {
            browser.removeEventListener("resize", this.measure);
            this.store.stop();
        });
    }

    /** The app takes what the website's header leaves of the screen. */
    _measure() {
        const top = this.root.el.getBoundingClientRect().top + window.scrollY;
        this.root.el.style.setProperty("--hb-top", `${Math.max(0, Math.round(top))}px`);
        this.ui.desk = browser.innerWidth >= DESK_PX;
    }

    get floor() {
        return this.state.floors.find(({ key }) => key === this.state.floorKey);
    }

    get floorTitle() {
        return this.floor ? floorTitle(this.floor) : "";
    }

    get title() {
        const { name, gender_label } = this.state.hostel;
        return [name, this.ui.desk ? gender_label : this.floorTitle].filter(Boolean).join(" · ");
    }

    get subtitle() {
        const when = this.closesLabel;
        const closes = when && _t("booking closes %(when)s", { when });
        return [this.state.term.name, closes].filter(Boolean).join(" · ");
    }

    /** When booking closes; empty if it isn't open, or while that is not known. */
    get closesLabel() {
        const { state, closesLabel } = this.state.window;
        return state === "open" ? closesLabel : "";
    }

    get phoneSubtitle() {
        const { floor } = this;
        if (!floor?.loaded) {
            return "";
        }
        return floor.eligible ? _t("%(n)s beds free", { n: floor.free }) : floor.reason;
    }

    /** For the narrow place beside the buttons. */
    get phoneCloses() {
        const when = this.closesLabel;
        return when && _t("closes %(when)s", { when });
    }

    get campusUrl() {
        return this.props.roundId ? `/hostel?round_id=${this.props.roundId}` : "/hostel";
    }

    get activeFilters() {
        return countActive(this.state.filters);
    }

    get filtersText() {
        const n = this.activeFilters;
        return n ? _t("Filters · %(n)s", { n }) : _t("Filters");
    }

    /** The views to go to from here. */
    get otherViews() {
        const views = [
            { name: "map", icon: "map-o", title: _t("Map") },
            { name: "list", icon: "list", title: _t("List") },
        ];
        if (this.state.student) {
            views.push({ name: "best", icon: "star-o", title: _t("Best for me") });
        }
        return views.filter(({ name }) => name !== this.state.view);
    }

    /** On a phone one's own bed stays in reach while the sheet is closed or shows another bed. */
    get ownBar() {
        const { bed } = this.my;
        return bed && !this.ui.desk && !this.state.selected && bed.state !== "checked_in"
            ? bed
            : null;
    }

    get ownBarName() {
        return bedName(this.ownBar);
    }

    get signInUrl() {
        const back = encodeURIComponent(browser.location.pathname + browser.location.search);
        return `/web/login?redirect=${back}`;
    }

    onKeydown(ev) {
        if (ev.key === "Escape" && this.state.selected) {
            this.store.leave();
        }
    }

    openOwn() {
        const known = this.state.floors.some(({ key }) => key === this.my.bed.key);
        if (known) {
            this.store.showMine();
        } else {
            browser.location.assign("/hostel/booking");
        }
    }
}

registry.category("public_components").add("hostel_booking.bed_map", BedMap);
