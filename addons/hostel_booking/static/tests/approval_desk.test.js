import { animationFrame } from "@odoo/hoot-mock";
import { expect, test } from "@odoo/hoot";
import { click, press, queryAllTexts, queryFirst, queryText } from "@odoo/hoot-dom";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { heatLevel } from "@hostel_booking/backend/figures/figures";

defineMailModels();

const card = (id, changes = {}) => ({
    id,
    name: `AL/${id}`,
    student: `Student ${id}`,
    student_id: id,
    roll: `R${id}`,
    programme: "BBA",
    year: 2,
    hostel: "Kaveri",
    room: "204",
    bed: "A",
    floor: "2",
    room_type: "Twin",
    term: "Odd",
    price: "₹42,000",
    state: "awaiting_approval",
    approval_due_in_ms: 0,
    is_approved: false,
    source: "Live map",
    waits_minutes: 5,
    reason: "",
    evidence: [{ key: "payment", state: "ok", label: "Paid", detail: "HB-1" }],
    room_picture: [{ label: "A", state: "free", state_label: "Free", who: "", mine: true }],
    wish: {},
    cohort: "",
    twice: false,
    ...changes,
});
const data = (ids, changes = {}) => ({
    filters: [
        { key: "awaiting", label: "To decide", section: "state", count: ids.length },
        { key: "approved", label: "Approved", section: "state", count: 0 },
        { key: "unproven", label: "Proof is missing", section: "proof", count: 0 },
    ],
    filter: "awaiting",
    hostels: [{ id: 1, name: "Kaveri" }],
    groups: ids.length ? [{ key: "r1", name: "Kaveri · 204", ids }] : [],
    cards: ids.map((id) => card(id)),
    batches: [],
    has_cohorts: false,
    ...changes,
});

async function mount(state) {
    onRpc("hostel.approval.desk", "get_data", ({ args }) => {
        const cards = args[0].with_cards === false ? [] : state.data.cards;
        return { ...state.data, cards };
    });
    onRpc("hostel.approval.desk", "check_evidence", () => state.missing || {});
    onRpc("hostel.approval.desk", "approve", ({ args }) => {
        expect.step(`approve ${args[0]} ${args[1]}`);
        state.data = data([]);
        return { ids: args[0], count: args[0].length, due_in_ms: 60000 };
    });
    onRpc("hostel.approval.desk", "withdraw", ({ args }) => {
        expect.step(`withdraw ${args[0]}`);
        return { count: args[0].length };
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "hostel_approval_desk" });
    await animationFrame();
}

test("who waits stands there with the proof, and every filter has its count", async () => {
    await mount({ data: data([1, 2]) });
    expect(queryAllTexts(".o_hostel_desk_row .o_who .fw-bold")).toEqual([
        "R1 · Student 1",
        "R2 · Student 2",
    ]);
    expect(queryText("[data-filter='awaiting'] .o_count")).toBe("2");
    expect(queryAllTexts("[data-row='1'] .o_chip")).toEqual(["Paid"]);
});

test("keys move, choose and approve; what was done can be taken back", async () => {
    await mount({ data: data([1, 2]) });
    queryFirst(".o_hostel_desk").focus();
    await press("j");
    await animationFrame();
    expect("[data-row='2'].o_focused").toHaveCount(1);
    await press("x");
    await press("k");
    await press("x");
    await animationFrame();
    expect(".o_hostel_desk_row.o_chosen").toHaveCount(2);
    await press("a");
    await animationFrame();
    await animationFrame();
    expect.verifySteps(["approve 1,2 false"]);
    expect(".o_hostel_desk_bar .o_hostel_seconds").toHaveText("60");
    await press("z");
    await animationFrame();
    expect.verifySteps(["withdraw 1,2"]);
});

test("without proof the desk asks, and the proven ones can go first", async () => {
    await mount({ data: data([1, 2]), missing: { ids: [2], lines: ["R2 Student 2: No payment"] } });
    await click(".o_hostel_desk_tools input");
    await animationFrame();
    await click(".o_hostel_desk_bar .btn-primary");
    await animationFrame();
    expect(queryText(".modal li")).toBe("R2 Student 2: No payment");
    expect.verifySteps([]);
    await click(".modal .btn-primary");
    await animationFrame();
    expect.verifySteps(["approve 1 false"]);
});

test("a batch says how far it is", async () => {
    const batch = {
        id: 7,
        state: "running",
        total: 500,
        done: 125,
        failed: 0,
        failures: [],
        progress: 25,
        due_in_ms: 0,
        stalled: false,
    };
    await mount({ data: data([], { batches: [batch] }) });
    expect(queryText("[data-batch='7'] .d-flex span")).toMatch(/125 of 500/);
    expect("[data-batch='7'] .progress").toHaveAttribute("aria-valuenow", "25");
});

test("many of one click are taken back at one place", async () => {
    const state = { data: data([1, 2]) };
    await mount(state);
    onRpc("hostel.approval.desk", "approve", ({ args }) => {
        const batch = {
            id: 8,
            state: "waiting",
            total: 2,
            done: 0,
            failed: 0,
            failures: [],
            progress: 0,
            due_in_ms: 60000,
            stalled: false,
        };
        state.data = data([], { batches: [batch] });
        return { ids: args[0], count: 2, due_in_ms: 60000 };
    });
    await click(".o_hostel_desk_tools input");
    await animationFrame();
    await click(".o_hostel_desk_bar .btn-primary");
    await animationFrame();
    await animationFrame();
    expect("[data-batch='8'] .btn-warning").toHaveCount(1);
    expect(".o_hostel_desk_bar").toHaveCount(0);
});

test("a heat map has five steps, and none is for nothing only", () => {
    expect([0, 1, 5, 10].map((count) => heatLevel(count, 10))).toEqual([0, 1, 2, 4]);
});
