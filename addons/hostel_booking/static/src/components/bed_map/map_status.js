import { Component, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { formatClock, formatSpan } from "../../core/countdown";
import { useRemaining } from "../hold_ring/hold_ring";

const DAY_MS = 86400000;
const BEHIND_MS = 1200;

/** Says that the map lives, or that it does not. */
export class LiveMark extends Component {
    static template = "hostel_booking.LiveMark";
    static props = { store: Object };

    setup() {
        this.state = useState(this.props.store.state);
    }

    get text() {
        if (this.state.mode === "offline") {
            return _t("offline");
        }
        if (this.state.behind) {
            return _t("catching up…");
        }
        return this.state.mode === "live" ? _t("live") : _t("every few seconds");
    }
}

/** One line above the map for what concerns all beds: not open yet, closed, offline, preview. */
export class Banner extends Component {
    static template = "hostel_booking.Banner";
    static props = { store: Object };

    setup() {
        this.state = useState(this.props.store.state);
        this.time = useRemaining(() => this.state.window.opensAt);
        this.ui = useState({ behind: false });
        useEffect(
            (behind) => {
                // A gap is mended within half a second; only a longer one is worth a line.
                const timer = browser.setTimeout(() => (this.ui.behind = behind), BEHIND_MS);
                if (!behind) {
                    this.ui.behind = false;
                }
                return () => browser.clearTimeout(timer);
            },
            () => [this.state.behind]
        );
    }

    get opensIn() {
        const { left } = this.time;
        return left > 2 * DAY_MS ? formatSpan(left) : formatClock(left);
    }

    get notForViewer() {
        return this.floor && !this.floor.eligible && !this.state.preview;
    }

    get floor() {
        return this.state.floors.find(({ key }) => key === this.state.floorKey);
    }

    /** @returns {{tone: string, icon: string, text: string}|null} the most important line only */
    get banner() {
        if (this.state.mode === "offline") {
            return {
                tone: "warn",
                icon: "plug",
                text: _t("You are offline. The map shows what we knew last; we keep trying."),
            };
        }
        if (this.ui.behind) {
            return {
                tone: "warn",
                icon: "refresh",
                text: _t("This map is behind. It is being refreshed; wait before you choose."),
            };
        }
        // Whoever can't book here at all is not told when it opens.
        return this.notForViewer ? this.viewerBanner : this.windowBanner || this.viewerBanner;
    }

    get windowBanner() {
        const { state, message, news, slot, wishesUrl } = this.state.window;
        switch (state) {
            case "open":
                return news && { tone: "info", icon: "bullhorn", text: this.newsText };
            case "soon":
                return {
                    ...{ tone: "info", icon: "clock-o", opens: true },
                    text: slot ? this.slotText : _t("Booking opens in"),
                };
            case "paused":
                return {
                    ...{ tone: "warn", icon: "pause" },
                    text: [_t("Booking is paused. Beds can be looked at, not held."), message].join(
                        " "
                    ),
                };
            case "pending":
                return {
                    ...{ tone: "info", icon: "clock-o" },
                    text: _t("The time slots are being prepared. You will hear from us."),
                };
            case "ranked":
                return {
                    ...{ tone: "info", icon: "list-ol", url: wishesUrl, link: _t("My wishes") },
                    text: _t("Beds of this booking are given by wishes. Look around, then state"),
                };
            case "closed":
                return {
                    ...{ tone: "info", icon: "lock" },
                    text: [_t("Booking is closed for this term."), message].join(" ").trim(),
                };
        }
        return null;
    }

    get newsText() {
        const { news, message, closesLabel: when } = this.state.window;
        const known = when ? { when } : null;
        const texts = {
            extended: known
                ? _t("Booking is open for longer: it closes %(when)s.", known)
                : _t("Booking is open for longer."),
            resumed: known
                ? _t("Booking goes on; it closes %(when)s.", known)
                : _t("Booking goes on."),
        };
        return [texts[news], message].join(" ").trim();
    }

    get slotText() {
        const { rank, total, opens_label } = this.state.window.slot;
        return rank
            ? _t("Your slot: %(when)s, number %(rank)s of %(total)s. It opens in", {
                  ...{ when: opens_label, rank, total },
              })
            : _t("Your slot: %(when)s, the last one. It opens in", { when: opens_label });
    }

    get viewerBanner() {
        if (this.state.counter) {
            return {
                tone: "info",
                icon: "hand-pointer-o",
                text: _t("Counter: tap a bed to give, close or open it."),
            };
        }
        if (this.state.preview) {
            return { tone: "info", icon: "eye", text: _t("Preview: this is what students see.") };
        }
        if (this.floor && !this.floor.eligible) {
            return { tone: "info", icon: "info-circle", text: this.floor.reason };
        }
        return null;
    }
}

/** Says on every practice map that nothing here is real, and when it starts again. */
export class PracticeStrip extends Component {
    static template = "hostel_booking.PracticeStrip";
    static props = { store: Object };

    setup() {
        this.state = useState(this.props.store.state);
        this.time = useRemaining(() => this.state.practiceAgainAt);
    }

    get again() {
        return formatClock(this.time.left);
    }
}
