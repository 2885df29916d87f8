import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { deserializeDate } from "@web/core/l10n/dates";
import { KeepLast } from "@web/core/utils/concurrency";
import { Layout } from "@web/search/layout";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useService } from "@web/core/utils/hooks";
import { LIVE_SECONDS, useLiveRefresh } from "../live/live_refresh";
import { TrendChart } from "./trend_chart";
import { Component, onWillStart, useState } from "@odoo/owl";

const SCOPE_KEY = "hostel_base.dashboard.hostel";

/**
 * Cards that other addons add: `{ component, section, isShown(data) }`; the component gets
 * `data` (all that the server sent), `open(action, domain, name)` and nothing else. The section
 * is `main` or `side`. Register with a sequence.
 */
export const dashboardCards = registry.category("hostel_dashboard_cards");

/** What the office sees first: how full, who comes and goes, what waits. */
export class HostelDashboard extends Component {
    static template = "hostel_base.HostelDashboard";
    static components = { Layout, TrendChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.state = useState({ data: null, loading: false, failed: false, at: null });
        this.display = { controlPanel: {} };
        this.hostelId = Number(browser.localStorage.getItem(SCOPE_KEY)) || false;
        onWillStart(() => this.load());
        useLiveRefresh(
            () => this.load(),
            () => !document.querySelector(".modal, .o_command_palette"),
            LIVE_SECONDS,
            { news: true }
        );
    }

    async load() {
        this.state.loading = true;
        try {
            this.state.data = await this.keepLast.add(
                this.orm.silent.call("hostel.dashboard", "get_data", [this.hostelId])
            );
            this.hostelId = this.state.data.hostel_id;
            this.state.failed = false;
            this.state.at = luxon.DateTime.now().toFormat("HH:mm:ss");
        } catch (error) {
            // What is on the screen stays there; only a first look has nothing to show.
            if (!this.state.data) {
                throw error;
            }
            this.state.failed = true;
        } finally {
            this.state.loading = false;
        }
    }

    setScope(ev) {
        this.hostelId = Number(ev.target.value) || false;
        browser.localStorage.setItem(SCOPE_KEY, this.hostelId || "");
        return this.load();
    }

    // --- words -------------------------------------------------------------

    percent(share) {
        return `${Math.round(share * 100)} %`;
    }

    width(part, row) {
        return row.capacity ? `width: ${(100 * part) / row.capacity}%` : "width: 0";
    }

    barLabel(row) {
        return _t(
            "%(name)s: %(occupied)s living here, %(booked)s booked, %(closed)s closed, %(free)s free of %(capacity)s beds",
            row
        );
    }

    dayName(day, index) {
        if (index === 0) {
            return _t("Today");
        }
        return deserializeDate(day.date).toFormat("ccc d LLL");
    }

    get movesTables() {
        const { arrivals, departures } = this.state.data.moves;
        return [
            {
                key: "arrivals",
                icon: "fa-sign-in",
                title: _t("Arrivals"),
                open: _t("expected"),
                done: _t("moved in"),
                none: _t("Nobody arrives in these days."),
                ...arrivals,
            },
            {
                key: "departures",
                icon: "fa-sign-out",
                title: _t("Departures"),
                open: _t("still here"),
                done: _t("gone"),
                none: _t("Nobody leaves in these days."),
                ...departures,
            },
        ];
    }

    /** Today, and the days after it on which somebody moves. */
    movingDays(table) {
        return table.days
            .map((day, index) => ({ ...day, name: this.dayName(day, index) }))
            .filter((day, index) => index === 0 || day.open || day.done);
    }

    cards(section) {
        return dashboardCards
            .getEntries()
            .map(([key, card]) => ({ key, ...card }))
            .filter(
                (card) =>
                    (card.section || "main") === section &&
                    (!card.isShown || card.isShown(this.state.data))
            );
    }

    // --- ways out ----------------------------------------------------------

    /** Opens one of the app's windows, narrowed to what was clicked. */
    async open(xmlid, domain, name, context = {}) {
        const action = await this.action.loadAction(xmlid);
        return this.action.doAction({
            ...action,
            ...(domain && { domain, context }),
            ...(name && { name, display_name: name }),
        });
    }

    openItem(item) {
        return this.open(item.action, item.domain, item.label);
    }

    openMoves(table, week) {
        return this.open(
            "hostel_base.hostel_allocation_action",
            week ? table.week_domain : table.domain,
            table.title
        );
    }

    openHostel(row) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "hostel.hostel",
            res_id: row.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("hostel_dashboard", HostelDashboard);
