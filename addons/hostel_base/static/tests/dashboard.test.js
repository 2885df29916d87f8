import { advanceTime, click, queryAllTexts, queryText, select } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { beforeEach, expect, test } from "@odoo/hoot";
import { Component, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    getService,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { TrendChart } from "@hostel_base/dashboard/trend_chart";
import { liveNews, NEWS_MS, NEWS_SPREAD_MS } from "@hostel_base/live/live_refresh";

defineMailModels();

const days = (open) => [{ date: "2031-01-04", open, done: 0, waiting: 0 }];
const moves = (open) => ({
    today: { open, done: 0, waiting: 0 },
    week: { open: 0, done: 0, waiting: 0 },
    days: days(open),
    domain: [["hostel_id", "in", [1]]],
    week_domain: [["hostel_id", "in", [1]]],
});
const numbers = { capacity: 10, occupied: 4, booked: 2, closed: 1, free: 3, share: 0.6667 };
const full = () => ({
    hostels: [
        {
            id: 1,
            name: "Kaveri",
            code: "KAV",
            takes: "Girls",
            band: "healthy",
            band_name: "Healthy",
            ...numbers,
        },
    ],
    totals: numbers,
    moves: { arrivals: moves(3), departures: moves(0) },
    todo: [
        {
            key: "to_approve",
            label: "Approvals waiting",
            hint: "Say yes",
            icon: "fa-check",
            level: "action",
            count: 7,
            action: "hostel_base.hostel_allocation_action_to_approve",
            domain: [["state", "=", "awaiting_approval"]],
        },
    ],
    trend: { days: ["2031-01-04"], taken: [6], today: 0, capacity: 10 },
    setup: false,
    choices: [
        { id: 1, name: "Kaveri" },
        { id: 2, name: "Godavari" },
    ],
    hostel_id: false,
});

let data;
let newsSources;
beforeEach(() => {
    data = full();
    newsSources = [];
    // What other addons tell is their tests' business.
    patchWithCleanup(liveNews, { getAll: () => newsSources });
    // Drawing is the library's business.
    patchWithCleanup(TrendChart.prototype, { draw() {} });
    onRpc("hostel.dashboard", "get_data", ({ args }) => {
        expect.step(`load ${args[0]}`);
        return data;
    });
});

async function openDashboard() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "hostel_dashboard" });
    await animationFrame();
}

test("numbers, band and what waits are on the screen in words", async () => {
    await openDashboard();
    expect.verifySteps(["load false"]);
    expect("[data-tile=occupied] .o_hostel_number").toHaveText("4");
    expect("[data-tile=share] .o_hostel_number").toHaveText("67 %");
    expect(queryText(".o_hostel_occupancy")).toMatch(/67 %\s*· Healthy/);
    expect(".o_hostel_bar").toHaveAttribute(
        "aria-label",
        "Kaveri: 4 living here, 2 booked, 1 closed, 3 free of 10 beds"
    );
    expect("[data-key=to_approve] .o_hostel_count").toHaveText("7");
    expect("[data-moves=arrivals] [data-when=today] .o_hostel_number").toHaveText("3");
    expect(queryText("[data-moves=departures]")).toMatch(/Nobody leaves/);
});

test("a click on what waits opens the list that was counted", async () => {
    mockService("action", {
        loadAction: async (xmlid) => ({ xml_id: xmlid, context: { search_default_x: 1 } }),
        doAction(action) {
            if (action.tag === "hostel_dashboard") {
                return super.doAction(...arguments);
            }
            expect.step([action.xml_id, action.domain, action.context]);
        },
    });
    await openDashboard();
    await click("[data-key=to_approve]");
    await animationFrame();
    expect.verifySteps([
        "load false",
        [
            "hostel_base.hostel_allocation_action_to_approve",
            [["state", "=", "awaiting_approval"]],
            {},
        ],
    ]);
});

test("one hostel can be chosen", async () => {
    await openDashboard();
    data = { ...full(), hostel_id: 2 };
    await click("#o_hostel_scope");
    await select("2");
    await animationFrame();
    expect.verifySteps(["load false", "load 2"]);
});

test("it looks again after half a minute and keeps what it has when that fails", async () => {
    await openDashboard();
    data.totals = { ...numbers, occupied: 5 };
    await advanceTime(30_000);
    await animationFrame();
    expect("[data-tile=occupied] .o_hostel_number").toHaveText("5");
    onRpc("hostel.dashboard", "get_data", () => {
        throw new Error("gone");
    });
    await advanceTime(30_000);
    await animationFrame();
    expect("[data-tile=occupied] .o_hostel_number").toHaveText("5");
    expect(queryText(".o_hostel_dashboard [role=status]")).toMatch(/Not current/);
    expect.verifySteps(["load false", "load false"]);
});

test("news of a change are followed, a swarm of them by one question", async () => {
    let tell;
    newsSources = [
        async (env, onNews) => {
            tell = onNews;
            return () => expect.step("stopped");
        },
        async () => {
            throw new Error("this source is away");
        },
    ];
    await openDashboard();
    data.totals = { ...numbers, occupied: 5 };
    tell();
    tell();
    await advanceTime(NEWS_MS - 1);
    expect.verifySteps(["load false"]);
    await advanceTime(NEWS_SPREAD_MS + 1);
    await animationFrame();
    expect("[data-tile=occupied] .o_hostel_number").toHaveText("5");
    expect.verifySteps(["load false"]);
    tell();
    class Elsewhere extends Component {
        static template = xml`<i class="elsewhere"/>`;
        static props = ["*"];
    }
    registry.category("actions").add("hostel_test_elsewhere", Elsewhere, { force: true });
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "hostel_test_elsewhere",
    });
    await animationFrame();
    await advanceTime(NEWS_MS + NEWS_SPREAD_MS);
    // Whoever has left the page asks nothing.
    expect.verifySteps(["stopped"]);
});

test("a new database leads to the first hostel", async () => {
    const nothing = { capacity: 0, occupied: 0, booked: 0, closed: 0, free: 0, share: 0 };
    data = {
        hostels: [],
        totals: nothing,
        moves: false,
        todo: [],
        trend: false,
        choices: [],
        hostel_id: false,
        setup: [
            { label: "Add your first hostel", action: "a.b", done: false },
            { label: "Name its warden", action: "a.c", done: true },
        ],
    };
    await openDashboard();
    expect("h2").toHaveText("Add your first hostel");
    expect(queryAllTexts(".o_hostel_step")).toEqual([
        "Add your first hostel",
        "Name its warden\ndone",
    ]);
    expect(".o_hostel_grid").toHaveCount(0);
    expect.verifySteps(["load false"]);
});

test("another addon adds a card", async () => {
    class Card extends Component {
        static template = xml`<b class="my_card" t-out="props.data.gate"/>`;
        static props = { data: Object, open: Function };
    }
    const cards = registry.category("hostel_dashboard_cards");
    cards.add("gate", { component: Card, isShown: (all) => Boolean(all.gate) });
    cards.add("mess", { component: Card, isShown: (all) => Boolean(all.mess) });
    data.gate = "12 outside";
    await openDashboard();
    expect(".my_card").toHaveCount(1);
    expect(".my_card").toHaveText("12 outside");
    cards.remove("gate");
    cards.remove("mess");
    expect.verifySteps(["load false"]);
});
