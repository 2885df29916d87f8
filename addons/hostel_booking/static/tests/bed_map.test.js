import {
    advanceTime,
    animationFrame,
    click,
    describe,
    expect,
    manuallyDispatchProgrammaticEvent,
    press,
    queryAllTexts,
    queryFirst,
    queryOne,
    test,
    tick,
} from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { turnedBox } from "@hostel_booking/core/turned";
import {
    FakeApi,
    bed,
    makeBooking,
    makeBoot,
    makeHold,
    makeLayout,
    makeMe,
    mountMap,
} from "./map_test_helpers";

describe.current.tags("desktop");
defineMailModels();

/** Mount and wait until the map is drawn. */
async function openMap(options) {
    const context = await mountMap(options);
    await animationFrame();
    await advanceTime(500);
    await animationFrame();
    return context;
}

/** A click that knows no coordinates: what a screen reader sends, and safe wherever the bed is. */
async function tap(i, detail = 1) {
    await manuallyDispatchProgrammaticEvent(queryOne(bed(i)), "click", { detail });
    await animationFrame();
}

const sheet = ".hb_sheet";

test("a turned room is drawn turned with its beds, and its words stay upright", async () => {
    const layout = makeLayout();
    layout.rooms[1].rot = 90;
    const api = new FakeApi({ states: "0000000" });
    api._layout = () => layout;
    await openMap({ api });
    const room = queryOne(".hb_room[data-room-number='215']");
    expect(room).toHaveAttribute("transform", "rotate(90 202 76)");
    const name = room.querySelector(".hb_room_name");
    expect(name.getAttribute("transform")).toMatch(/^rotate\(270 /);
    // A pillow turns with its bed; what someone reads of a taken bed doesn't.
    expect(queryOne(`${bed(2)} .hb_bed_sign`).getAttribute("transform")).not.toMatch(/rotate/);
    const upright = queryOne(".hb_room[data-room-number='214']");
    expect(upright).not.toHaveAttribute("transform");
    // Where a bed lies for arrows and fingers is where it is drawn.
    const placed = turnedBox(layout.rooms[1].beds[0], layout.rooms[1]);
    expect([Math.round(placed.w), Math.round(placed.h)]).toEqual([22, 34]);
    expect([Math.round(placed.x), Math.round(placed.y)]).toEqual([202, 30]);
});

test("beds show state, label and their place in the document", async () => {
    await openMap({ states: "0123405" });
    expect(bed(0)).toHaveAttribute("data-state", "free");
    expect(bed(1)).toHaveAttribute("data-state", "held");
    expect(bed(2)).toHaveAttribute("data-state", "paying");
    expect(bed(3)).toHaveAttribute("data-state", "booked");
    expect(bed(4)).toHaveAttribute("data-state", "blocked");
    expect(bed(6)).toHaveAttribute("data-state", "retired");
    expect(bed(0)).toHaveAttribute("data-room", "214");
    expect(bed(0)).toHaveAttribute("data-label", "A");
    expect(bed(0)).toHaveAttribute("aria-label", "Room 214 bed A, free, ₹42,000");
    expect("[data-floor=k1]").toHaveText(/2 free/);
});

test("a tap looks and acts on nothing", async () => {
    const { api } = await openMap();
    expect(sheet).toHaveAttribute("data-sheet", "closed");
    await tap(1);
    expect(sheet).toHaveAttribute("data-sheet", "open");
    expect(`${sheet} h2`).toHaveText("214 Bed B, window side");
    expect(".hb_price").toHaveText("₹42,000");
    expect(".hb_price_line").toHaveText(/₹8,400 a month/);
    expect("[data-act=hold]").toHaveText("Hold this bed for 10 minutes");
    expect(api.count("hold")).toBe(0);
});

test("hold, countdown, more time, let it go", async () => {
    const { api } = await openMap();
    await tap(1);
    await click("[data-act=hold]");
    await animationFrame();
    expect(api.calls).toInclude("hold k1 1");
    expect(bed(1)).toHaveAttribute("data-state", "mine");
    expect(".hb_ring_clock").toHaveText(/^(10:00|9:5\d)$/);
    expect("[data-spoken]").toHaveText("Room 214 bed B is held for you for 10 minutes.");
    expect("[data-act=pay]").toHaveText("Pay ₹42,000 with Camu");

    await advanceTime(61000);
    await animationFrame();
    expect(".hb_ring_clock").toHaveText(/^8:5\d$/);

    await click("[data-act=extend]");
    await animationFrame();
    expect(".hb_ring_clock").toHaveText(/^(15:00|14:5\d)$/);
    expect("[data-act=extend]").toHaveCount(0);

    await click("[data-act=release]");
    await animationFrame();
    expect(api.calls).toInclude("release t0k3n");
    expect(bed(1)).toHaveAttribute("data-state", "free");
    expect("[data-act=hold]").toHaveCount(1);
});

test("a refused hold says so and offers the next best beds, which only look", async () => {
    const { api } = await openMap();
    api.refuse("hold", "BED_TAKEN", {
        next: [
            { key: "k1", i: 0, room: "214", label: "A", floor: "1", price: 42000 },
            { key: "k1", i: 2, room: "215", label: "A", floor: "1", price: 42000 },
        ],
    });
    await tap(1);
    await click("[data-act=hold]");
    await animationFrame();
    expect(".hb_notice_text").toHaveText(
        "Someone took bed B a second ago. Beds 214 A and 215 A are like it."
    );
    expect(".hb_notice_code").toHaveText("BED_TAKEN");
    expect("[data-spoken]").toHaveText(/Someone took bed B/);
    expect("[data-act=hold]").toHaveCount(0);
    expect(bed(1)).toHaveAttribute("data-state", "held");

    await click('[data-next="k1:2"]');
    await animationFrame();
    expect(`${sheet} h2`).toHaveText("215 Bed A");
    expect(api.count("hold")).toBe(1);
});

test("someone takes the bed that I look at: the sheet says so at once", async () => {
    const { bus } = await openMap({ states: "0000033" });
    await tap(1);
    bus.delta(1, [[1, "1"]]);
    await animationFrame();
    expect(bed(1)).toHaveAttribute("data-state", "held");
    expect(".hb_notice_text").toHaveText(/Someone took bed B a second ago\. Beds 214 A/);
    expect(queryAllTexts("[data-next] b")).toEqual(["214 A", "215 A", "215 B"]);
    expect("[data-act=hold]").toHaveCount(0);

    bus.delta(2, [[1, "0"]]);
    await animationFrame();
    expect(".hb_notice_text").toHaveText("Good news: this bed is free again.");
    expect("[data-act=hold]").toHaveCount(1);
});

test("a delta of my own hold is no loss", async () => {
    const { api, bus } = await openMap();
    let answer;
    api._hold = () => new Promise((resolve) => (answer = resolve));
    await tap(1);
    await click("[data-act=hold]");
    bus.delta(1, [[1, "1"]]);
    await animationFrame();
    expect(".hb_notice").toHaveCount(0);
    answer({ hold: makeHold() });
    await tick();
    await animationFrame();
    expect(bed(1)).toHaveAttribute("data-state", "mine");
});

test("a delta repaints the bed concerned and renders no other", async () => {
    const { bus } = await openMap();
    const painted = [];
    queryOne(".hb_svg").addEventListener("hostel-bed-repaint", ({ detail }) =>
        painted.push(`${detail.key}:${detail.i} ${detail.state}`)
    );
    const other = queryOne(bed(2)).outerHTML;
    bus.delta(1, [[1, "3"]]);
    expect(painted).toEqual(["k1:1 booked"]);
    await animationFrame();
    expect(queryOne(bed(2)).outerHTML).toBe(other);
});

test("a hold that ran out is asked for once and told", async () => {
    const me = makeMe({ hold: makeHold({ expires_in_ms: 30000 }) });
    const { api } = await openMap({ boot: makeBoot({ me }), states: "0100000" });
    expect(bed(1)).toHaveAttribute("data-state", "mine");
    api.meAnswer = makeMe();
    await advanceTime(31000);
    await animationFrame();
    expect(".hb_notice_text").toHaveText("Your time for bed 214 · B ran out.");
    expect(api.count("me")).toBe(1);
    expect(bed(1)).not.toHaveAttribute("data-state", "mine");
});

test("a reload keeps the countdown, because the server says what is left", async () => {
    const me = makeMe({ hold: makeHold({ expires_in_ms: 184000 }) });
    await openMap({ boot: makeBoot({ me }), states: "0100000" });
    expect(sheet).toHaveAttribute("data-sheet", "open");
    expect(".hb_ring_clock").toHaveText(/^3:0[0-4]$/);
});

test("confirming leads to waiting for the warden", async () => {
    const { api } = await openMap();
    await tap(1);
    await click("[data-act=hold]");
    await animationFrame();
    await click("[data-act=pay]");
    await animationFrame();
    expect(api.calls).toInclude("pay t0k3n");
    expect("[data-mine]").toHaveAttribute("data-mine", "awaiting_approval");
    expect(".hb_mine_title").toHaveText("Waiting for the warden");
    expect("[data-act=pay]").toHaveCount(0);
});

test("while paying: the way back to the payment, the time left, and a way out", async () => {
    const me = makeMe({ booking: makeBooking() });
    const { api, bus } = await openMap({ boot: makeBoot({ me }), states: "0200000" });
    expect(".hb_mine_title").toHaveText("Waiting for your payment");
    expect("a[data-act=pay]").toHaveAttribute("href", "/pay/5");
    expect(".hb_ring_clock").toHaveText(/^(15:00|14:5\d)$/);
    await click("[data-act=cancel]");
    await animationFrame();
    expect(api.calls).toInclude("cancel 5");
    bus.delta(1, [[1, "0"]]);
    await animationFrame();
    expect(".hb_notice_text").toHaveText("You let bed 214 · B go.");
    expect("[data-act=hold]").toHaveCount(1);
});

test("money that arrived while letting go keeps the bed", async () => {
    const me = makeMe({ booking: makeBooking() });
    const { api } = await openMap({ boot: makeBoot({ me }), states: "0200000" });
    api._cancel = () => ({ state: "awaiting_approval", code: "ALREADY_PAID" });
    await click("[data-act=cancel]");
    await animationFrame();
    expect(".hb_notice_text").toHaveText(/Your payment has arrived/);
    expect(".hb_notice_code").toHaveText("ALREADY_PAID");
});

test("a personal event brings the new state", async () => {
    const me = makeMe({ booking: makeBooking({ state: "awaiting_approval", hold_ms_left: null }) });
    const { api, bus } = await openMap({ boot: makeBoot({ me }), states: "0300000" });
    api.meAnswer = makeMe({ booking: makeBooking({ state: "allocated", hold_ms_left: null }) });
    bus.push("hostel.booking/me", { state: "allocated" });
    await tick();
    await animationFrame();
    expect(".hb_mine_title").toHaveText("This bed is yours");
});

test("money that comes back keeps no bed: another one may be held", async () => {
    const gone = makeBooking({ state: "refund_due", hold_ms_left: null, pay_url: null });
    await openMap({ boot: makeBoot({ me: makeMe({ booking: gone }) }) });
    expect(bed(1)).toHaveAttribute("data-state", "free");
    await tap(1);
    expect("[data-act=hold]").toHaveText("Hold this bed for 10 minutes");
});

test("before the opening the button counts down and then works", async () => {
    const window = { state: "soon", opens_in_ms: 90000, closes_in_ms: 3600000, hold_minutes: 10 };
    await openMap({ boot: makeBoot({ window }) });
    await tap(1);
    expect("[data-act=hold]").toHaveProperty("disabled", true);
    expect("[data-act=hold]").toHaveText(/Opens in 1:\d\d/);
    expect("[data-banner]").toHaveText(/Booking opens in/);
    await advanceTime(91000);
    await animationFrame();
    expect("[data-act=hold]").toHaveText("Hold this bed for 10 minutes");
    expect("[data-banner]").toHaveCount(0);
});

test("a refusal with Retry-After keeps the button shut for that long", async () => {
    const { api } = await openMap();
    api.refuse("hold", "TOO_MANY_REQUESTS", {}, { status: 429, retryAfterMs: 3000 });
    await tap(1);
    await click("[data-act=hold]");
    await animationFrame();
    expect("[data-act=hold]").toHaveText("Try again in 0:03");
    expect(".hb_notice_code").toHaveText("TOO_MANY_REQUESTS");
    await advanceTime(3100);
    await animationFrame();
    expect("[data-act=hold]").toHaveText("Hold this bed for 10 minutes");
});

test("beds of another gender's floor are not for me, with the reason", async () => {
    const boot = makeBoot();
    Object.assign(boot.floors[0], { eligible: false, reason: "Boys only" });
    await openMap({ boot, states: "0130000" });
    await click("[data-floor=k1]");
    await animationFrame();
    expect(bed(0)).toHaveAttribute("data-state", "no");
    expect(bed(1)).toHaveAttribute("data-state", "no");
    expect(bed(2)).toHaveAttribute("data-state", "booked");
    await tap(0);
    expect(".hb_advice").toHaveText("Boys only");
    expect("[data-act=hold]").toHaveCount(0);
});

test("rooms of a mixed hostel are counted for those who may live in them", async () => {
    const api = new FakeApi();
    const layout = makeLayout();
    layout.rooms[0].g = "male";
    layout.rooms[1].g = "female";
    api._layout = () => layout;
    await openMap({ api });
    expect("[data-floor=k1]").toHaveText(/5 free/);
    expect(bed(0)).toHaveAttribute("data-state", "no");
    expect(bed(2)).toHaveAttribute("data-state", "free");
    await tap(0);
    expect(".hb_advice").toHaveText("Men only");
});

test("staff see the map and can't hold", async () => {
    const boot = makeBoot({ student: null, preview: true });
    boot.floors.forEach((floor) =>
        Object.assign(floor, { eligible: false, reason: "Students only" })
    );
    await openMap({ boot });
    expect(bed(0)).toHaveAttribute("data-state", "free");
    await tap(0);
    expect("[data-act=hold]").toHaveCount(0);
    expect("[data-banner]").toHaveText(/Preview/);
});

test("arrow keys walk, Enter opens and moves the focus, Escape comes back", async () => {
    await openMap();
    queryOne(bed(0)).focus();
    await press("ArrowRight");
    expect(bed(1)).toBeFocused();
    await press("ArrowRight");
    expect(bed(2)).toBeFocused();
    expect(".hb_bed[tabindex='0']").toHaveCount(1);
    await press("Enter");
    await animationFrame();
    expect(`${sheet} h2`).toHaveText("215 Bed A");
    expect(`${sheet} h2`).toBeFocused();
    await press("Escape");
    await advanceTime(10);
    expect(sheet).toHaveAttribute("data-sheet", "closed");
    expect(bed(2)).toBeFocused();
});

test("filters dim what does not fit and count what would", async () => {
    await openMap({ states: "0300000" });
    expect("[data-filter='sharing-3']").toHaveText(/6/);
    await click("[data-filter='sharing-3']");
    await animationFrame();
    expect(bed(0)).toHaveClass("hb_dim");
    expect(bed(4)).not.toHaveClass("hb_dim");
    expect("[data-filter='sharing-3']").toHaveAttribute("aria-pressed", "true");
    expect("[data-filter=ac]").toHaveText(/0/);
    await click("[data-filter=clear]");
    await animationFrame();
    expect(bed(0)).not.toHaveClass("hb_dim");
});

test("the list has the same beds and the same sheet, and follows the deltas", async () => {
    const { bus } = await openMap({ states: "0300000" });
    await click("[data-act=open-list]");
    await animationFrame();
    expect(".hb_svg").toHaveCount(0);
    expect(bed(1)).toHaveCount(0, { message: "only free beds at first" });
    await click(bed(0));
    await animationFrame();
    expect("[data-act=hold]").toHaveCount(1);
    bus.delta(1, [[4, "1"]]);
    await advanceTime(300);
    await animationFrame();
    expect(bed(4)).toHaveCount(0);
    await press("Escape");
    await animationFrame();
    expect(sheet).toHaveAttribute("data-sheet", "closed");
    expect(bed(0)).toBeFocused();
    await click(".hb_list_toggle input");
    await animationFrame();
    expect(bed(4)).toHaveAttribute("data-state", "held");
    await click("[data-act=open-map]");
    await animationFrame();
    expect(bed(4)).toHaveAttribute("data-state", "held");
});

test("another floor has its own drawing and counts", async () => {
    const { api } = await openMap();
    api.snapshots.k2 = { e: 1, n: 2, lv: 1, s: "3333000" };
    await click("[data-floor=k2]");
    await animationFrame();
    expect(bed(0, "k2")).toHaveCount(1);
    expect(bed(0)).toHaveCount(0);
    expect("[data-floor=k2]").toHaveAttribute("aria-selected", "true");
});

test("the ground floor comes first, whatever the order of the answer", async () => {
    const boot = makeBoot();
    boot.floors.reverse();
    await openMap({ boot });
    expect(queryAllTexts("[data-floor] b")).toEqual(["1", "2"]);
    expect("[data-floor=k1]").toHaveAttribute("aria-selected", "true");
});

test("on a phone the own bed stays in reach while the sheet is closed", async () => {
    patchWithCleanup(browser, { innerWidth: 390 });
    const me = makeMe({ hold: makeHold({ expires_in_ms: 184000 }) });
    await openMap({ boot: makeBoot({ me }), states: "0100000" });
    expect(".hb_own_bar").toHaveCount(0);
    await click(".hb_sheet_close");
    await animationFrame();
    expect(".hb_own_bar").toHaveText(/214 · B/);
    expect(".hb_own_bar .hb_ring_clock").toHaveText(/^3:0[0-4]$/);
    await click(".hb_own_bar");
    await animationFrame();
    expect(sheet).toHaveAttribute("data-sheet", "open");
    expect("[data-live]").toHaveCount(1);
});

test("the live mark tells how fresh the map is", async () => {
    const { bus } = await openMap();
    expect("[data-live]").toHaveAttribute("data-live", "live");
    bus.turn("DISCONNECTED");
    await animationFrame();
    expect("[data-live]").toHaveAttribute("data-live", "polling");
    bus.turn("CONNECTED");
    bus.delta(7, [[1, "1"]]);
    await animationFrame();
    expect("[data-live]").toHaveAttribute("data-behind", "1");
    expect("[data-live]").toHaveText("catching up…");
});

test("a map that can't be opened says why and can be tried again", async () => {
    const context = await mountMap({ boot: makeBoot() });
    context.api.refuse("boot", "NO_ROUND", {}, { status: 404 });
    await context.map.store.load();
    await animationFrame();
    expect(".hb_failed").toHaveText(/Sentence for NO_ROUND/);
    expect(".hb_failed .hb_notice_code").toHaveText("NO_ROUND");
    context.api.refusals = {};
    await click(".hb_failed button");
    await animationFrame();
    await animationFrame();
    expect(queryFirst(bed(0))).not.toBe(null);
});

test("keys that open nothing are asked for once more and then given up", async () => {
    const { api, bus } = await openMap();
    api.refuse("snapshot", "NOT_FOUND", {}, { status: 404 });
    bus.delta(7, [[1, "1"]]);
    await advanceTime(1000);
    await animationFrame();
    await advanceTime(1000);
    await animationFrame();
    expect(api.count("boot")).toBe(2);
    expect(".hb_failed .hb_notice_code").toHaveText("NOT_FOUND");
});

test("beds whose state has not arrived are called neither free nor taken", async () => {
    const context = await mountMap();
    context.api.refuse("snapshot", "MAP_REBUILDING", {}, { status: 503, retryAfterMs: 1000 });
    await context.map.store.load();
    await animationFrame();
    expect(bed(0)).toHaveAttribute("data-state", "unknown");
    context.api.refusals = {};
    await advanceTime(3000);
    await animationFrame();
    expect(bed(0)).toHaveAttribute("data-state", "free");
});

test("a hostel without floors teaches what that means", async () => {
    await openMap({ boot: makeBoot({ floors: [] }) });
    expect(".hb_main_empty").toHaveText(/No floors to show yet/);
});
