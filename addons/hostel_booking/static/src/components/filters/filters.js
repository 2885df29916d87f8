import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { floorTitle } from "../../core/bed_states";
import { AC, BATH, countActive, noFilters, toggled } from "../../core/filters";
import { formatMoney } from "../../core/money";

/** What kind of bed one looks for; each choice says how many free beds it would leave. */
export class Filters extends Component {
    static template = "hostel_booking.Filters";
    static props = { store: Object };

    setup() {
        this.store = this.props.store;
        this.state = useState(this.store.state);
        this.ui = useState({ more: false });
    }

    get filters() {
        return this.state.filters;
    }

    get summary() {
        // Freshly counted whenever the turn changes.
        return this.state.summaryTurn >= 0 && this.store.summary;
    }

    get active() {
        return countActive(this.filters);
    }

    get anything() {
        const { sharing, amenities, floors, prices } = this.summary;
        return sharing.length + amenities.length + floors.length + prices.length > 0;
    }

    get firstAmenities() {
        return this.summary.amenities.filter(({ first }) => first);
    }

    /** What stands behind the button "More": other amenities, and floors. */
    get moreAmenities() {
        return this.summary.amenities.filter(({ first }) => !first);
    }

    get hasMore() {
        return this.moreAmenities.length + this.summary.floors.length > 0;
    }

    get moreActive() {
        const { amenities, floors } = this.filters;
        const names = this.moreAmenities.map(({ value }) => value);
        return floors.length + amenities.filter((code) => names.includes(code)).length;
    }

    get moreText() {
        return this.moreActive ? _t("More · %(n)s", { n: this.moreActive }) : _t("More");
    }

    get shownText() {
        return _t("%(n)s free beds match.", { n: this.summary.matching });
    }

    floorText(key) {
        return floorTitle(this.state.floors.find((floor) => floor.key === key)) + " ";
    }

    onKeydown(ev) {
        if (ev.key === "Escape" && this.ui.more) {
            ev.stopPropagation();
            this.ui.more = false;
        }
    }

    sharingText(n) {
        return (n === 1 ? _t("Single") : _t("%(n)s-sharing", { n })) + " ";
    }

    amenityText({ value, name }) {
        return ({ [AC]: _t("AC"), [BATH]: _t("Attached bath") }[value] || name) + " ";
    }

    priceText({ value, count }) {
        const price = formatMoney(value, this.state.currency);
        return _t("up to %(price)s (%(n)s)", { price, n: count });
    }

    toggle(name, value) {
        this.store.setFilters({ [name]: toggled(this.filters[name], value) });
    }

    setPrice(ev) {
        this.store.setFilters({ maxPrice: ev.target.value ? Number(ev.target.value) : null });
    }

    clear() {
        this.store.setFilters(noFilters());
    }
}
