import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { bookingApi } from "../../core/api";
import { mapUrl } from "../../core/map_address";
import { bedTitle } from "../../core/map_words";
import { formatMoney } from "../../core/money";
import { bedName, MyBed } from "../../core/my_bed";
import { MyBedCard } from "../my_bed_card/my_bed_card";
import { Notice } from "../notice/notice";

const RUPEE = { symbol: "₹", position: "before", digits: 2 };

/** The student's own booking as a page, or as a card on top of another page. */
export class MyBooking extends Component {
    static template = "hostel_booking.MyBooking";
    static components = { MyBedCard, Notice };
    static props = {
        /** As a card: show nothing while there is nothing to show. */
        compact: { type: Boolean, optional: true },
        currency: { type: Object, optional: true },
        /** Other ways to reach the server than the page's own. */
        services: { type: Object, optional: true, shape: { api: Object, bus: Object } },
    };

    setup() {
        this.store = new MyBed({
            api: bookingApi,
            bus: this.env.services.bus_service,
            ...this.props.services,
            showsMoney: true,
            onRanOut: (bed) =>
                this._say("warn", _t("Your time for bed %(bed)s ran out.", { bed: bedName(bed) })),
        });
        this.my = useState(this.store.state);
        this.state = useState({ notice: null, failed: null });
        onMounted(() => {
            this.store.start();
            this.load();
        });
        onWillUnmount(() => this.store.stop());
    }

    get bed() {
        return this.my.bed;
    }

    get place() {
        const { hostel } = this.bed;
        return this.props.compact ? _t("Your booking · %(hostel)s", { hostel }) : hostel;
    }

    get room() {
        return `${_t("Room %(room)s", { room: this.bed.room })} `;
    }

    get bedTitle() {
        return bedTitle(this.bed.label);
    }

    get price() {
        return formatMoney(this.bed.price, this.props.currency || RUPEE);
    }

    get priceFor() {
        const { priceFrom } = this.bed;
        return priceFrom ? _t("from %(day)s on", { day: priceFrom }) : _t("for the term");
    }

    get mapUrl() {
        const { hostelId, roundId } = this.bed;
        return mapUrl(hostelId, roundId && { id: roundId });
    }

    /** The stay's own page on the portal; a mere hold has none. */
    get stayUrl() {
        return `/my/hostel/${this.bed.id}`;
    }

    get signInUrl() {
        return `/web/login?redirect=${encodeURIComponent(browser.location.pathname)}`;
    }

    async load() {
        this.state.failed = null;
        try {
            this.store.load(await this.store.api.me());
        } catch (error) {
            this.state.failed = { code: error.code || "INTERNAL", text: error.message };
        }
    }

    async act(name) {
        const bed = this.bed;
        this.state.notice = null;
        try {
            await this.store[name]();
            if (name === "release" || name === "cancel") {
                this._say("ok", _t("You let bed %(bed)s go.", { bed: bedName(bed) }));
            }
        } catch (error) {
            this._say("warn", error.message, error.code);
            this.store.refresh();
        }
    }

    _say(tone, text, code = "") {
        this.state.notice = { tone, text, code, next: [] };
    }
}

registry.category("public_components").add("hostel_booking.my_booking", MyBooking);
