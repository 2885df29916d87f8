/* global Chart */

import { _t } from "@web/core/l10n/translation";
import { cookie } from "@web/core/browser/cookie";
import { getColor } from "@web/core/colors/colors";
import { deserializeDate } from "@web/core/l10n/dates";
import { loadBundle } from "@web/core/assets";
import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";

/** Beds taken, week by week: what was, what is, and what is booked so far. */
export class TrendChart extends Component {
    static template = "hostel_base.TrendChart";
    static props = { trend: Object };

    setup() {
        this.canvas = useRef("canvas");
        this.chart = null;
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            // A refresh that changes nothing draws nothing.
            () => [JSON.stringify(this.props.trend)]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get labels() {
        return this.props.trend.days.map((day) => deserializeDate(day).toFormat("d LLL"));
    }

    /** The picture in words, for those who do not see it. */
    get words() {
        const { taken, today, capacity } = this.props.trend;
        return _t(
            "Beds taken: %(first)s twelve weeks ago, %(now)s today, %(last)s in four weeks, of %(capacity)s.",
            { first: taken[0], now: taken[today], last: taken.at(-1), capacity }
        );
    }

    draw() {
        const { taken, today, capacity } = this.props.trend;
        const scheme = cookie.get("color_scheme");
        const color = getColor(1, scheme);
        const config = {
            type: "line",
            data: {
                labels: this.labels,
                datasets: [
                    {
                        label: _t("Beds taken"),
                        data: taken,
                        borderColor: color,
                        backgroundColor: `${color}22`,
                        fill: true,
                        tension: 0.2,
                        pointRadius: taken.map((_value, index) => (index === today ? 6 : 2)),
                        pointBackgroundColor: color,
                        // What is only booked is dashed.
                        segment: {
                            borderDash: (part) => (part.p0DataIndex >= today ? [6, 4] : undefined),
                        },
                    },
                    {
                        label: _t("Beds there are"),
                        data: taken.map(() => capacity),
                        borderColor: scheme === "dark" ? "#aaa" : "#666",
                        borderDash: [2, 3],
                        borderWidth: 1,
                        pointRadius: 0,
                    },
                ],
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: { mode: "index", intersect: false },
                scales: {
                    y: { beginAtZero: true, ticks: { precision: 0 } },
                    x: { grid: { display: false } },
                },
                plugins: { legend: { position: "bottom" } },
            },
        };
        this.chart?.destroy();
        this.chart = new Chart(this.canvas.el, config);
    }
}
