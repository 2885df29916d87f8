import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { Layout } from "@web/search/layout";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useBus, useService } from "@web/core/utils/hooks";
import { useLiveRefresh } from "@hostel_base/live/live_refresh";
import { Component, onMounted, onWillStart, onWillUnmount, useRef, useState } from "@odoo/owl";

export const STATES = ["free", "held", "paying", "booked", "closed"];
const WHOLE = 0;
const DAY_MS = 24 * 3600 * 1000;

/** `1:02:03`, or `3 d 4 h` where seconds say nothing. */
export function clock(ms) {
    if (ms >= 2 * DAY_MS) {
        const hours = Math.floor(ms / 3600000);
        return `${Math.floor(hours / 24)} d ${hours % 24} h`;
    }
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    const pad = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return hours
        ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}`
        : `${minutes}:${pad(seconds % 60)}`;
}

/** Points of a line in a box of `width` × `height`, the last value at the right edge. */
export function linePoints(values, width, height) {
    const top = Math.max(1, ...values);
    const step = values.length > 1 ? width / (values.length - 1) : 0;
    return values
        .map(
            (value, index) =>
                `${(index * step).toFixed(1)},${(height - (value / top) * height).toFixed(1)}`
        )
        .join(" ");
}

/** The booking day as the office sees it: beds, pace, queue, windows. Read only. */
export class BookingBoard extends Component {
    static template = "hostel_booking.BookingBoard";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.bus = useService("bus_service");
        this.display = { controlPanel: {} };
        this.root = useRef("root");
        this.state = useState({ whole: null, hostels: [], wall: false, stale: false, now: 0 });
        this.channels = [];
        this.onNews = (news) => this.take(news);
        onWillStart(() => this.load());
        onMounted(() => {
            this.bus.subscribe("hostel.board/news", this.onNews);
            this.timer = browser.setInterval(() => (this.state.now = Date.now()), 1000);
            document.addEventListener("fullscreenchange", this.onFullscreen);
        });
        this.onFullscreen = () => {
            this.state.wall = document.fullscreenElement === this.root.el;
        };
        onWillUnmount(() => {
            this.bus.unsubscribe("hostel.board/news", this.onNews);
            this.channels.forEach((channel) => this.bus.deleteChannel(channel));
            browser.clearInterval(this.timer);
            document.removeEventListener("fullscreenchange", this.onFullscreen);
        });
        useBus(this.bus, "BUS:DISCONNECT", () => (this.state.stale = true));
        useBus(this.bus, "BUS:RECONNECT", () => this.load());
        // What no message told is seen here; a wall must not lie for hours.
        useLiveRefresh(() => this.load());
    }

    async load() {
        const board = await this.orm.silent.call("hostel.booking.board", "get_board", []);
        for (const channel of board.channels.filter((name) => !this.channels.includes(name))) {
            this.channels.push(channel);
            this.bus.addChannel(channel);
        }
        this.state.hostels = board.hostels;
        this.takeWhole(board.whole);
        this.state.stale = false;
    }

    take(news) {
        this.state.stale = false;
        if (news.h === WHOLE) {
            return this.takeWhole(news);
        }
        const place = this.state.hostels.findIndex((hostel) => hostel.h === news.h);
        if (place >= 0) {
            this.state.hostels[place] = news;
        }
    }

    takeWhole(whole) {
        this.at = Date.now();
        this.state.now = this.at;
        this.state.whole = whole;
    }

    // --- what is shown ------------------------------------------------------

    get totals() {
        const sum = (key) => this.state.hostels.reduce((total, hostel) => total + hostel[key], 0);
        return Object.fromEntries([...STATES, "waiting"].map((key) => [key, sum(key)]));
    }

    get pace() {
        const lines = this.state.hostels.map((hostel) => hostel.pace);
        return (lines[0] || []).map((_value, index) =>
            lines.reduce((total, line) => total + line[index], 0)
        );
    }

    get lastMinutes() {
        return this.pace.slice(-5).reduce((total, value) => total + value, 0);
    }

    get paceWords() {
        const pace = this.pace;
        return _t(
            "Bookings per minute in the last hour: %(all)s in all, %(best)s in the best minute",
            {
                all: pace.reduce((total, value) => total + value, 0),
                best: Math.max(0, ...pace),
            }
        );
    }

    points(values) {
        return linePoints(values, 240, 44);
    }

    /** The windows with what their clock says now. */
    get windows() {
        const gone = this.state.now - this.at;
        return (this.state.whole?.windows || []).map((window) => {
            const opens = window.opens_in_ms - gone;
            const closes = window.closes_in_ms - gone;
            const state = window.paused
                ? "paused"
                : opens > 0
                  ? "soon"
                  : closes > 0
                    ? "open"
                    : "closed";
            return { ...window, state, left: clock(opens > 0 ? opens : closes) };
        });
    }

    windowWord(window) {
        return {
            paused: _t("paused"),
            soon: _t("opens in"),
            open: _t("closes in"),
            closed: _t("closed"),
        }[window.state];
    }

    word(state) {
        return {
            free: _t("free"),
            held: _t("held"),
            paying: _t("paying"),
            booked: _t("booked"),
            closed: _t("closed"),
        }[state];
    }

    states() {
        return STATES;
    }

    total(row) {
        return STATES.reduce((sum, state) => sum + row[state], 0);
    }

    share(row, state) {
        const total = this.total(row);
        return total ? `width: ${(100 * row[state]) / total}%` : "width: 0";
    }

    /** A row in words, for those who do not see the bar. */
    rowLabel(row) {
        const words = STATES.map((state) => `${row[state]} ${this.word(state)}`).join(", ");
        return `${row.name}: ${words}`;
    }

    // --- ways out -----------------------------------------------------------

    async toggleWall() {
        if (document.fullscreenElement) {
            await document.exitFullscreen();
        } else if (this.root.el.requestFullscreen) {
            await this.root.el.requestFullscreen();
        } else {
            this.state.wall = !this.state.wall;
        }
    }

    openWaiting(hostel) {
        return this.action.doAction("hostel_base.hostel_allocation_action_to_approve", {
            additionalContext: { search_default_hostel_id: hostel.h },
        });
    }
}

registry.category("actions").add("hostel_booking_board", BookingBoard);
