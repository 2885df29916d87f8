import {
    advanceTime,
    animationFrame,
    click,
    describe,
    expect,
    manuallyDispatchProgrammaticEvent,
    press,
    queryAllTexts,
    queryOne,
    test,
} from "@odoo/hoot";
import { Component, xml } from "@odoo/owl";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { occupantActions } from "@hostel_booking/components/occupants/occupants";
import {
    FakeApi,
    addressOfMap,
    bed,
    makeBoot,
    makeCounterBed,
    makeHold,
    makeMe,
    makeOccupant,
    mountMap,
} from "./map_test_helpers";

describe.current.tags("desktop");
defineMailModels();

async function settle(ms = 500) {
    await animationFrame();
    await advanceTime(ms);
    await animationFrame();
}

async function openMap(options) {
    const context = await mountMap(options);
    await settle();
    return context;
}

async function tap(i, key = "k1") {
    await manuallyDispatchProgrammaticEvent(queryOne(bed(i, key)), "click", { detail: 1 });
    await animationFrame();
}

const best = (changes = {}) => ({
    ...{ key: "k1", i: 2, hostel_id: 7, hostel: "Kaveri", floor: "1", room: "215", label: "A" },
    ...{ price: 42000, reasons: ["same price as your last room", "86% match"] },
    ...changes,
});

// --- address

test("filters, view, floor and bed survive a reload through the address", async () => {
    await openMap();
    await click("[data-filter=sharing-3]");
    await click("[data-act=open-list]");
    await animationFrame();
    expect(new URLSearchParams(addressOfMap()).get("sharing")).toBe("3");
    expect(new URLSearchParams(addressOfMap()).get("view")).toBe("list");
    await click(`.hb_list ${bed(4)}`);
    await animationFrame();
    expect(new URLSearchParams(addressOfMap()).get("bed")).toBe("k1:4");
});

test("an address opens the map as it was left", async () => {
    await openMap({ address: "?view=list&sharing=3&floor=2&price=30000" });
    expect(".hb_list").toHaveCount(1);
    expect("[data-filter=sharing-3]").toHaveAttribute("aria-pressed", "true");
    expect("[data-floor=k2]").toHaveAttribute("aria-selected", "true");
    expect(queryAllTexts(".hb_list_room h3")).toEqual(["216"]);
});

test("a link leads to its bed, and a foreign or stale one to the map as usual", async () => {
    await openMap({ address: "?bed=k2:3" });
    expect(".hb_sheet").toHaveAttribute("data-sheet", "open");
    expect("[data-floor=k2]").toHaveAttribute("aria-selected", "true");
    expect(".hb_sheet h2").toHaveText("215 Bed B, window side");
});

test("an address of nonsense harms nothing", async () => {
    await openMap({ address: "?bed=k9:1&floor=99&sharing=x,-1&price=abc&view=moon&floors=8" });
    expect(".hb_sheet").toHaveAttribute("data-sheet", "closed");
    expect(bed(0)).toHaveAttribute("data-state", "free");
    expect("[data-filter=clear]").toHaveCount(0);
});

// --- counts of rooms

test("each room says how many of its beds are free, and keeps saying so", async () => {
    const { bus } = await openMap({ states: "0300005" });
    const room = () => queryOne(".hb_room[data-room-number='214']");
    expect(room()).toHaveAttribute("data-free", "1");
    expect(room().getAttribute("aria-label")).toMatch(/1 of 2 beds free/);
    expect(queryOne(".hb_room[data-room-number='216'] .hb_room_count")).toHaveText("2 free");
    bus.delta(1, [[0, "1"]]);
    await animationFrame();
    expect(room()).toHaveAttribute("data-free", "0");
    expect(room().getAttribute("aria-label")).toMatch(/0 of 2 beds free/);
    expect(room().querySelector(".hb_room_count")).toHaveText("full");
});

test("the small map shows the rooms with free beds, once the floor is larger than the view", async () => {
    const { bus } = await openMap({ states: "3300000" });
    const box = (id) => queryOne(`[data-mini-room='${id}']`);
    expect(box(1)).toHaveAttribute("data-free", "0");
    expect(box(2)).toHaveAttribute("data-free", "1");
    bus.delta(1, [[0, "0"]]);
    await animationFrame();
    expect(box(1)).toHaveAttribute("data-free", "1");
    for (let n = 0; n < 8; n++) {
        await click("[aria-label='Zoom in']");
    }
    await animationFrame();
    expect(".hb_mini").toHaveClass("hb_mini_on");
    await click("[aria-label='Show the whole floor']");
    await animationFrame();
    expect(".hb_mini").not.toHaveClass("hb_mini_on");
});

// --- filters

test("a filter by floor holds in the list and counts free beds", async () => {
    const { api } = await openMap();
    api.snapshots.k2.s = "3333333";
    await click("[data-act=open-list]");
    await animationFrame();
    expect(".hb_list_floor").toHaveCount(0);
    await click("[data-act=all-floors]");
    await animationFrame();
    expect(queryAllTexts(".hb_list_floor")).toEqual(["Floor 1", "Floor 2"]);
    await click("[data-filter=floor-k2]");
    await animationFrame();
    expect(".hb_list_floor").toHaveCount(0);
    expect(".hb_list_bed[data-bed^='k1']").toHaveCount(0);
    expect(".hb_list_bed[data-bed^='k2']").toHaveCount(7);
});

// --- occupants

test("neighbours are a department, a year and a reference, with a score", async () => {
    const api = new FakeApi({ states: "3000000" });
    api._room = () => ({ occupants: [makeOccupant()], matching: "on" });
    await openMap({ api });
    await tap(1);
    await animationFrame();
    expect(api.calls).toInclude("room k1 1");
    expect(".hb_person_text b").toHaveText("AIML, 2nd year");
    expect(".hb_person_text .hb_sub").toHaveText("Bed A · Ref #4920");
    expect(".hb_person_match").toHaveText(/85%/);
    expect(queryAllTexts(".hb_person_reasons li")).toEqual(["Both like it quiet"]);
    expect(".hb_people_hint").toHaveCount(0);
});

test("an empty room asks nothing, a room that fills asks again", async () => {
    const { api, bus } = await openMap();
    await tap(1);
    expect(api.count("room")).toBe(0);
    api._room = () => ({ occupants: [makeOccupant({ score: null })], matching: "agree" });
    bus.delta(1, [[0, "3"]]);
    await animationFrame();
    await animationFrame();
    expect(api.count("room")).toBe(1);
    expect(".hb_person").toHaveCount(1);
    expect(".hb_person_match").toHaveCount(0);
    expect(".hb_people_hint a").toHaveAttribute("href", "/my/details");
});

test("the sheet works when the occupants can't be had", async () => {
    const api = new FakeApi({ states: "3000000" });
    api.refuse("room", "TOO_MANY_REQUESTS");
    await openMap({ api });
    await tap(1);
    await animationFrame();
    expect(".hb_people").toHaveCount(0);
    expect("[data-act=hold]").toHaveCount(1);
});

test("other parts of the booking add what can be done about an occupant", async () => {
    class Ping extends Component {
        static template = xml`<button class="ping" t-out="text"/>`;
        static props = ["store", "occupant", "mapKey", "roomId"];
        get text() {
            return [this.props.mapKey, this.props.roomId, this.props.occupant.ref].join(" ");
        }
    }
    occupantActions.add("test_ping", Ping);
    const api = new FakeApi({ states: "3000000" });
    api._room = () => ({ occupants: [makeOccupant()], matching: "on" });
    await openMap({ api });
    await tap(1);
    await animationFrame();
    expect(".ping").toHaveText("k1 1 4920");
    occupantActions.remove("test_ping");
});

test("staff ask nothing about occupants here", async () => {
    const boot = makeBoot({ student: null, preview: true });
    const { api } = await openMap({ boot, states: "3000000" });
    await tap(1);
    await animationFrame();
    expect(api.count("room")).toBe(0);
});

// --- best beds

test("the best beds come with reasons, and one of them opens its sheet", async () => {
    const api = new FakeApi();
    api._best = () => ({
        beds: [best(), best({ i: 4, room: "216", reasons: [] })],
        matching: "on",
    });
    await openMap({ api });
    await click("header [data-act=open-best]");
    await settle();
    expect(queryAllTexts(".hb_best_bed > .hb_best_text > b")).toEqual(["215, bed A", "216, bed A"]);
    expect(queryAllTexts(".hb_best_reason")).toEqual(["same price as your last room", "86% match"]);
    await click("[data-best-bed='k1:2']");
    await animationFrame();
    expect(".hb_plan").toHaveCount(1);
    expect(".hb_sheet h2").toHaveText("215 Bed A");
});

test("a best bed of another hostel is a way to its map", async () => {
    const api = new FakeApi();
    api._best = () => ({ beds: [best({ hostel_id: 8, key: "z9" })], matching: "on" });
    await openMap({ api });
    await click("header [data-act=open-best]");
    await settle();
    expect("[data-best-bed='z9:2']").toHaveAttribute("href", "/hostel/map/8?bed=z9:2");
});

test("from a practice map it is the other hostel's practice map", async () => {
    const round = { id: 5, name: "Try it", practice: { minutes: 30, resets_in_ms: 60000 } };
    const api = new FakeApi({ boot: makeBoot({ round }) });
    api._best = () => ({ beds: [best({ hostel_id: 8, key: "z9" })], matching: "on" });
    await openMap({ api });
    await click("header [data-act=open-best]");
    await settle();
    expect("[data-best-bed='z9:2']").toHaveAttribute("href", "/hostel/map/8?round_id=5&bed=z9:2");
});

test("filters go along, and a bed that is taken meanwhile says so", async () => {
    const api = new FakeApi();
    const wishes = [];
    api._best = (wish) => {
        wishes.push(wish);
        return { beds: [best()], matching: "on" };
    };
    const { bus } = await openMap({ api });
    await click("header [data-act=open-best]");
    await settle();
    await click("[data-filter=ac]");
    await settle();
    expect(wishes.at(-1)).toEqual({
        ...{ sharing: [], amenities: ["ac"], floors: [] },
        ...{ max_price: null, hostel_id: null },
    });
    bus.delta(1, [[2, "1"]]);
    await settle();
    expect(".hb_best_gone").toHaveText("taken now");
});

test("no bed, and no answer, each say what to do", async () => {
    const api = new FakeApi();
    await openMap({ api });
    await click("header [data-act=open-best]");
    await settle();
    expect(".hb_best h3").toHaveText("No free bed fits");
    api.refuse("best", "MAP_OFFLINE");
    await click(".hb_best_head .hb_pill");
    await settle();
    expect(".hb_best [role=alert]").toHaveText(/MAP_OFFLINE/);
});

// --- sharing

test("a bed is shared by its public address", async () => {
    let copied = "";
    const { api } = await openMap();
    patchWithCleanup(browser, {
        navigator: { onLine: true, clipboard: { writeText: async (text) => (copied = text) } },
    });
    await tap(1);
    await click("[data-act=share]");
    await animationFrame();
    expect(api.calls).toInclude("link k1 1");
    expect(copied).toBe("https://hostel.test/hostel/bed/k1-1");
    expect("[data-spoken]").toHaveText(/The address is copied/);
    expect(".hb_share input").toHaveValue("https://hostel.test/hostel/bed/k1-1");
    await tap(2);
    expect(".hb_share input").toHaveCount(0);
});

// --- counter

const atCounter = (api = new FakeApi(), states) => {
    api.bootAnswer = makeBoot({
        student: null,
        preview: true,
        counter: { allocate: true, close: true },
    });
    return openMap({ api, states });
};

test("a warden finds a walk-in and gives the bed", async () => {
    const api = new FakeApi();
    api._counterStudents = () => ({
        students: [
            {
                ...{ number: "22B1", name: "Asha", programme: "AIML", year: 2, gender: "Female" },
                ...{ cleared: false, refusal: "" },
            },
            {
                ...{ number: "22B2", name: "Bina", programme: "AIML", year: 2, gender: "Female" },
                ...{ cleared: true, refusal: "Has Kaveri · 101 · A for this term." },
            },
        ],
    });
    const asked = [];
    api._counterAllocate = (body) => asked.push(body) && {};
    await atCounter(api);
    expect("[data-banner]").toHaveText(/Counter/);
    await tap(1);
    await animationFrame();
    await click("[data-act=counter-give]");
    await animationFrame();
    await click("#hb_counter_q");
    await press("2");
    await press("2");
    await settle();
    expect("[data-student='22B2']").toHaveAttribute("disabled");
    expect("[data-student='22B2']").toHaveText(/Has Kaveri/);
    await click("[data-student='22B1']");
    await animationFrame();
    expect("[data-chosen]").toHaveText(/Dues not cleared/);
    expect("[data-act=counter-allocate]").toHaveText("Give the bed for ₹42,000");
    await click("#hb_counter_reason");
    await press("w");
    await click("[data-act=counter-allocate]");
    await settle();
    expect(asked).toEqual([{ key: "k1", i: 1, number: "22B1", reason: "w" }]);
    expect(".hb_notice_text").toHaveText("Asha has the bed. It waits for the approval.");
});

test("a refusal at the counter is told in words", async () => {
    const api = new FakeApi();
    await atCounter(api);
    api.refuse("counterClose", "BED_TAKEN");
    await tap(1);
    await animationFrame();
    await click("[data-act=counter-close]");
    await animationFrame();
    await click("#hb_counter_why");
    await press("x");
    await click("[data-act=counter-close-now]");
    await settle();
    expect(".hb_counter [role=alert]").toHaveText(/Sentence for BED_TAKEN/);
});

test("a held bed can't be given at the counter, a closed one can be opened", async () => {
    const api = new FakeApi();
    api._counterBed = (key, i) =>
        i === 1
            ? makeCounterBed({ hold_ms_left: 300000 })
            : makeCounterBed({ state: "blocked", reason: "Repair", can_open: true });
    await atCounter(api);
    await tap(1);
    await animationFrame();
    expect(".hb_counter").toHaveText(/5 minutes/);
    expect("[data-act=counter-give]").toHaveCount(0);
    await tap(2);
    await animationFrame();
    await animationFrame();
    await click("[data-act=counter-open]");
    await settle();
    expect(api.calls).toInclude("counterOpen k1 2");
});

// --- another device of one's own

test("who looks at a held bed learns that it is held on another device of theirs", async () => {
    const { api, bus } = await openMap();
    api.meAnswer = makeMe({ hold: makeHold() });
    bus.delta(1, [[1, "1"]]);
    await animationFrame();
    expect(bed(1)).toHaveAttribute("data-state", "held");
    await tap(1);
    await animationFrame();
    expect(bed(1)).toHaveAttribute("data-state", "mine");
    expect("[data-act=release]").toHaveCount(1);
});

test("a hold that was let go on another device ends here too", async () => {
    const boot = makeBoot({ me: makeMe({ hold: makeHold() }) });
    const { api, bus } = await openMap({ boot, states: "0100000" });
    expect(bed(1)).toHaveAttribute("data-state", "mine");
    api.meAnswer = makeMe();
    bus.delta(1, [[1, "0"]]);
    await animationFrame();
    await animationFrame();
    expect(bed(1)).toHaveAttribute("data-state", "free");
    expect("[data-act=release]").toHaveCount(0);
});

// --- states of the connection

test("a map that stays behind says that it is being refreshed", async () => {
    const { api, bus } = await openMap();
    api.refuse("snapshot", "MAP_OFFLINE", {}, { status: 503, retryAfterMs: 5000 });
    bus.delta(7, [[0, "1"]]);
    await settle(100);
    expect("[data-live]").toHaveAttribute("data-behind", "1");
    expect("[data-banner]").toHaveCount(0);
    await settle(1500);
    expect("[data-banner]").toHaveText(/This map is behind/);
    delete api.refusals.snapshot;
    Object.assign(api.snapshots.k1, { n: 8, s: "1000000" });
    await settle(12000);
    expect("[data-live]").toHaveAttribute("data-behind", "0");
    expect("[data-banner]").toHaveCount(0);
    expect(bed(0)).toHaveAttribute("data-state", "held");
});
