import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { AC, BATH, countActive, noFilters, toggled } from "../../core/filters";
import { formatMoney } from "../../core/money";

/** What kind of bed one looks for; each choice says how many free beds it would leave. */
export class Filters extends Component {
    static template = "hostel_booking.Filters";
    static props = { store: Object };

    setup() {
        this.store = this.props.store;
        this.state = useState(this.store.state);
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
        const { sharing, amenities, prices } = this.summary;
        return sharing.length + amenities.length + prices.length > 0;
    }

    sharingText(n) {
        return (n === 1 ? _t("Single") : _t("%(n)s-sharing", { n })) + " ";
    }

    amenityText(code) {
        return { [AC]: _t("AC"), [BATH]: _t("Attached bath") }[code] + " ";
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
