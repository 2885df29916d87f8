import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { KeepLast } from "@web/core/utils/concurrency";
import { Layout } from "@web/search/layout";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useService } from "@web/core/utils/hooks";
import { localization } from "@web/core/l10n/localization";
import { Component, onWillStart, useState } from "@odoo/owl";

const { DateTime } = luxon;
const FILTER_KEY = "hostel_booking.availability";
/** From "nothing" to "nearly all"; each has a word, for colour says nothing to some. */
export const LEVELS = ["none", "few", "some", "many"];

/** How free a day is: `none`, `few` (up to a tenth), `some` (up to half) or `many`. */
export function level(day) {
    if (!day.free) {
        return "none";
    }
    const share = day.free / day.total;
    return share <= 0.1 ? "few" : share <= 0.5 ? "some" : "many";
}

/** The weeks of a month as rows of seven days; days of other months are null. */
export function weeksOf(month, weekStart) {
    const first = month.startOf("month");
    const lead = (first.weekday - weekStart + 7) % 7;
    const cells = [
        ...Array(lead).fill(null),
        ...Array.from({ length: first.daysInMonth }, (_empty, day) => first.plus({ days: day })),
    ];
    while (cells.length % 7) {
        cells.push(null);
    }
    return Array.from({ length: cells.length / 7 }, (_empty, row) =>
        cells.slice(7 * row, 7 * row + 7)
    );
}

/** How many beds are free on each day of a month; a click lists them. */
export class AvailabilityCalendar extends Component {
    static template = "hostel_booking.AvailabilityCalendar";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.display = { controlPanel: {} };
        const context = this.props.action.context || {};
        const kept = JSON.parse(browser.localStorage.getItem(FILTER_KEY) || "{}");
        this.state = useState({
            choices: null,
            days: {},
            month: DateTime.now().startOf("month"),
            hostel: context.availability_hostel_id || kept.hostel || false,
            roomType: context.availability_room_type_id || kept.roomType || false,
            gender: kept.gender || false,
            amenities: kept.amenities || [],
            from: null,
            loading: false,
        });
        onWillStart(async () => {
            this.state.choices = await this.orm.call("hostel.availability", "get_choices", []);
            this.forgetGone();
            await this.load();
        });
    }

    /** A choice of an earlier visit may be gone, or not mine any more. */
    forgetGone() {
        const { hostels, room_types: types, amenities } = this.state.choices;
        const known = (list, id) => list.some((choice) => choice.id === id);
        this.state.hostel = known(hostels, this.state.hostel) && this.state.hostel;
        this.state.roomType = known(types, this.state.roomType) && this.state.roomType;
        this.state.amenities = this.state.amenities.filter((code) =>
            amenities.some((amenity) => amenity.code === code)
        );
    }

    get filters() {
        return {
            hostels: this.state.hostel ? [this.state.hostel] : null,
            room_types: this.state.roomType ? [this.state.roomType] : null,
            amenities: this.state.amenities.length ? [...this.state.amenities] : null,
            gender: this.state.gender || null,
        };
    }

    async load() {
        this.state.loading = true;
        const first = this.state.month;
        try {
            const groups = await this.keepLast.add(
                this.orm.call("hostel.availability", "count_per_day", [], {
                    date_from: first.toISODate(),
                    date_to: first.plus({ months: 1 }).toISODate(),
                    ...this.filters,
                })
            );
            const days = groups.length ? groups[0].days : [];
            this.state.days = Object.fromEntries(days.map((day) => [day.day, day]));
        } finally {
            this.state.loading = false;
        }
    }

    change(name, value) {
        this.state[name] = value;
        const { hostel, roomType, gender, amenities } = this.state;
        browser.localStorage.setItem(
            FILTER_KEY,
            JSON.stringify({ hostel, roomType, gender, amenities })
        );
        return this.load();
    }

    choose(name, ev) {
        return this.change(name, Number(ev.target.value) || false);
    }

    toggleAmenity(code) {
        const chosen = this.state.amenities;
        return this.change(
            "amenities",
            chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code]
        );
    }

    move(months) {
        this.state.month = this.state.month.plus({ months });
        return this.load();
    }

    goTo(iso) {
        this.state.month = DateTime.fromISO(iso).startOf("month");
        return this.load();
    }

    // --- what is shown ------------------------------------------------------

    get monthName() {
        return this.state.month.toFormat("LLLL yyyy");
    }

    get weeks() {
        return weeksOf(this.state.month, localization.weekStart || 1).map((week) =>
            week.map(
                (day) =>
                    day && { date: day, iso: day.toISODate(), ...this.state.days[day.toISODate()] }
            )
        );
    }

    get weekdays() {
        const start = localization.weekStart || 1;
        return Array.from({ length: 7 }, (_empty, index) =>
            DateTime.fromObject({ weekday: ((start - 1 + index) % 7) + 1 }).toFormat("ccc")
        );
    }

    get isEmpty() {
        return !Object.keys(this.state.days).length;
    }

    levelOf(day) {
        return day.total ? level(day) : "none";
    }

    inRange(day) {
        return this.state.from === day.iso;
    }

    dayLabel(day) {
        return _t("%(day)s: %(free)s free of %(total)s, %(taken)s taken, %(closed)s closed", {
            day: day.date.toFormat("cccc d LLLL"),
            ...day,
        });
    }

    // --- ways out -----------------------------------------------------------

    /** A click lists the free beds of that day; with a first day chosen, those of the range. */
    async pick(day) {
        if (!day.total) {
            return;
        }
        const [first, last] = [this.state.from || day.iso, day.iso].sort();
        this.state.from = null;
        const action = await this.orm.call("hostel.availability", "open_free_beds", [], {
            date_from: first,
            date_to: DateTime.fromISO(last).plus({ days: 1 }).toISODate(),
            ...this.filters,
        });
        return this.action.doAction(action);
    }

    /** Free for a whole term, which is what a booking needs. */
    async openTerm(term) {
        const action = await this.orm.call("hostel.availability", "open_free_beds", [], {
            date_from: term.date_from,
            date_to: term.date_to,
            ...this.filters,
        });
        return this.action.doAction(action);
    }

    onDay(ev, day) {
        return ev.shiftKey ? this.startRange(day) : this.pick(day);
    }

    startRange(day) {
        this.state.from = this.state.from === day.iso ? null : day.iso;
    }
}

registry.category("actions").add("hostel_availability", AvailabilityCalendar);
