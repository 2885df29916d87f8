import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { deserializeDate } from "@web/core/l10n/dates";
import { KeepLast } from "@web/core/utils/concurrency";
import { Layout } from "@web/search/layout";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useService } from "@web/core/utils/hooks";
import { useLiveRefresh } from "@hostel_base/live/live_refresh";
import { Component, onMounted, onWillStart, onWillUnmount, useState } from "@odoo/owl";

// News of the board come each second; the figures follow them at most so often.
const SETTLE_MS = 4000;
const KEPT = "hostel_booking.figures";

/** How dark a cell of the heat map is, 0 to 4; a number stands in it too. */
export function heatLevel(count, top) {
    return count ? Math.max(1, Math.ceil((4 * count) / top)) : 0;
}

/** What became of a booking round: drop-out, fill, wishes, hours. Read only, live. */
export class BookingFigures extends Component {
    static template = "hostel_booking.BookingFigures";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.bus = useService("bus_service");
        this.keepLast = new KeepLast();
        this.display = { controlPanel: {} };
        const kept = JSON.parse(browser.localStorage.getItem(KEPT) || "{}");
        this.scope = { round: kept.round || false, hostel: kept.hostel || false, window: false };
        this.state = useState({ data: null, failed: false, at: "" });
        this.channels = [];
        this.onNews = () => this.soon();
        onWillStart(() => this.load());
        onMounted(() => {
            this.bus.subscribe("hostel.board/news", this.onNews);
            this.listen();
        });
        onWillUnmount(() => {
            this.bus.unsubscribe("hostel.board/news", this.onNews);
            this.channels.forEach((channel) => this.bus.deleteChannel(channel));
            browser.clearTimeout(this.timer);
        });
        useLiveRefresh(() => this.load());
    }

    async listen() {
        const board = await this.orm.silent.call("hostel.booking.board", "get_board", []);
        this.channels = board.channels;
        this.channels.forEach((channel) => this.bus.addChannel(channel));
    }

    /** Many changes of some seconds are one question. */
    soon() {
        this.timer ??= browser.setTimeout(() => {
            this.timer = null;
            this.load();
        }, SETTLE_MS);
    }

    async load() {
        const { round, hostel, window: door } = this.scope;
        try {
            this.state.data = await this.keepLast.add(
                this.orm.silent.call("hostel.booking.figures", "get_figures", [round, hostel, door])
            );
            this.state.failed = false;
            this.state.at = luxon.DateTime.now().toFormat("HH:mm:ss");
        } catch (error) {
            if (!this.state.data) {
                throw error;
            }
            this.state.failed = true;
        }
    }

    set(name, value) {
        this.scope[name] = Number(value) || false;
        if (name === "round") {
            this.scope.window = false;
        }
        const { round, hostel } = this.scope;
        browser.localStorage.setItem(KEPT, JSON.stringify({ round, hostel }));
        return this.load();
    }

    // --- words and shapes ---------------------------------------------------

    percent(share) {
        return `${Math.round(100 * share)} %`;
    }

    width(part, whole) {
        return `width: ${whole ? Math.min(100, (100 * part) / whole) : 0}%`;
    }

    get funnelTop() {
        return Math.max(1, ...this.state.data.funnel.map((step) => step.count));
    }

    sum(items) {
        return items.reduce((total, item) => total + item.count, 0);
    }

    day(iso) {
        return deserializeDate(iso).toFormat("ccc d LLL");
    }

    heat(count) {
        return heatLevel(count, this.state.data.heat.top);
    }

    heatTitle(day, hour, count) {
        return _t("%(day)s, %(hour)s:00: %(count)s bookings", {
            day: this.day(day),
            hour: String(hour).padStart(2, "0"),
            count,
        });
    }

    fillLabel(row) {
        return _t("%(name)s: %(taken)s of %(beds)s beds booked", row);
    }

    get trend() {
        const { days } = this.state.data;
        const top = Math.max(1, ...days.map((day) => day.beds));
        const step = days.length > 1 ? 300 / (days.length - 1) : 0;
        return days
            .map((day, i) => `${(i * step).toFixed(1)},${(80 - (80 * day.taken) / top).toFixed(1)}`)
            .join(" ");
    }

    get trendLabel() {
        const { days } = this.state.data;
        const [first, last] = [days[0], days[days.length - 1]];
        return _t("Booked beds: %(from)s on %(first)s, %(to)s on %(last)s", {
            from: first.taken,
            first: this.day(first.day),
            to: last.taken,
            last: this.day(last.day),
        });
    }

    // --- ways out -----------------------------------------------------------

    get domain() {
        const domain = [["round_id", "=", this.state.data.round_id]];
        if (this.scope.hostel) {
            domain.push(["hostel_id", "=", this.scope.hostel]);
        }
        return domain;
    }

    async open(xmlid, more = []) {
        const action = await this.action.loadAction(xmlid);
        return this.action.doAction({
            ...action,
            domain: [...this.domain, ...more],
            context: {},
        });
    }

    download() {
        return this.action.doAction("hostel_booking.hostel_booking_round_report_xlsx", {
            additionalContext: {
                active_ids: [this.state.data.round_id],
                active_id: this.state.data.round_id,
                active_model: "hostel.booking.round",
            },
        });
    }
}

registry.category("actions").add("hostel_booking_figures", BookingFigures);
