import {
    advanceTime,
    animationFrame,
    click,
    describe,
    expect,
    manuallyDispatchProgrammaticEvent,
    queryOne,
    test,
} from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { browser } from "@web/core/browser/browser";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { NEWS_MS, SPREAD_MS } from "@hostel_booking/core/window_watch";
import { FakeApi, bed, makeBoot, mountMap } from "./map_test_helpers";

describe.current.tags("desktop");
defineMailModels();

const OPEN = {
    id: 5,
    state: "open",
    opens_in_ms: 0,
    closes_in_ms: 3600000,
    closes_label: "Sunday 18:00",
    hold_minutes: 10,
};
const SLOT = { rank: 212, total: 840, opens_label: "Saturday 28 Nov, 10:20", is_late: false };

async function openMap(window = {}, changes = {}) {
    const api = new FakeApi({
        boot: makeBoot({ doors: 4, window: { ...OPEN, ...window }, ...changes }),
    });
    const context = await mountMap({ api });
    await animationFrame();
    await advanceTime(500);
    await animationFrame();
    return context;
}

async function look(i = 1) {
    await manuallyDispatchProgrammaticEvent(queryOne(bed(i)), "click", { detail: 1 });
    await animationFrame();
}

/** The window as the server tells it after it was given an hour more. */
function openLonger(message) {
    return { ...OPEN, closes_in_ms: 7200000, closes_label: "Sunday 19:00", message };
}

test("a pause is on every open map at once, without a question", async () => {
    const { api, bus } = await openMap();
    await look();
    expect("[data-act=hold]").toBeEnabled();
    bus.push("hostel.booking/doors", {
        v: 5,
        w: [{ id: 5, p: true, c: 3600000, m: "The payment site is slow." }],
    });
    await animationFrame();
    expect("[data-banner]").toHaveText(/Booking is paused.*The payment site is slow\./);
    expect("[data-act=hold]").not.toBeEnabled();
    expect("[data-act=hold]").toHaveText("Booking is paused");
    expect("[data-spoken]").toHaveText(/paused/);
    await advanceTime(SPREAD_MS);
    expect(api.count("window")).toBe(0);
});

test("when it goes on the button works at once and the rest is asked some time later", async () => {
    const { api, bus } = await openMap({ state: "paused", message: "Slow." });
    await look();
    expect("[data-act=hold]").not.toBeEnabled();
    bus.push("hostel.booking/doors", { v: 5, w: [{ id: 5, p: false, c: 7200000, m: "Back." }] });
    await animationFrame();
    expect("[data-banner]").toHaveText("Booking goes on. Back.");
    expect("[data-spoken]").toHaveText("Booking goes on. Back.");
    expect("[data-act=hold]").toBeEnabled();
    expect(api.count("window")).toBe(0);
    const window = openLonger("Back.");
    api.bootAnswer = { ...api.bootAnswer, doors: 5, window };
    await advanceTime(SPREAD_MS);
    await animationFrame();
    expect(api.count("window")).toBe(1);
    expect("[data-banner]").toHaveText("Booking goes on; it closes Sunday 19:00. Back.");
    await advanceTime(NEWS_MS);
    await animationFrame();
    expect("[data-banner]").toHaveCount(0);
});

test("an extension is told on every open map at once, with its end a little later", async () => {
    const { api, bus } = await openMap();
    expect(".hb_sub:first").toHaveText(/booking closes Sunday 18:00/);
    bus.push("hostel.booking/doors", { v: 5, w: [{ id: 5, p: false, c: 7200000, m: "Rain." }] });
    await animationFrame();
    expect("[data-banner]").toHaveText("Booking is open for longer. Rain.");
    expect("[data-spoken]").toHaveText("Booking is open for longer. Rain.");
    // The old end is no longer true.
    expect(".hb_sub:first").not.toHaveText(/closes/);
    const window = openLonger("Rain.");
    api.bootAnswer = { ...api.bootAnswer, doors: 5, window };
    await advanceTime(SPREAD_MS);
    await animationFrame();
    expect("[data-banner]").toHaveText("Booking is open for longer: it closes Sunday 19:00. Rain.");
    expect(".hb_sub:first").toHaveText(/booking closes Sunday 19:00/);
    await advanceTime(NEWS_MS);
    await animationFrame();
    expect("[data-banner]").toHaveCount(0);
});

test("an extension that came over no socket is told all the same", async () => {
    const { api, bus } = await openMap();
    const window = openLonger("Rain.");
    api.bootAnswer = { ...api.bootAnswer, doors: 5, window };
    bus.push("hostel.booking/door", {});
    await advanceTime(1000);
    await animationFrame();
    expect("[data-banner]").toHaveText(/open for longer: it closes Sunday 19:00\. Rain\./);
});

test("the same end once more is no news", async () => {
    const { api, bus } = await openMap({ message: "Rain." });
    expect("[data-banner]").toHaveCount(0);
    api.bootAnswer = { ...api.bootAnswer, doors: 5 };
    bus.push("hostel.booking/door", {});
    await advanceTime(1000);
    await animationFrame();
    expect(api.count("window")).toBe(1);
    expect("[data-banner]").toHaveCount(0);
});

test("a pause ends the news of an extension", async () => {
    const { bus } = await openMap();
    bus.push("hostel.booking/doors", { v: 5, w: [{ id: 5, p: false, c: 7200000, m: "Rain." }] });
    bus.push("hostel.booking/doors", { v: 6, w: [{ id: 5, p: true, c: 7200000, m: "Flood." }] });
    await animationFrame();
    expect("[data-banner]").toHaveText(/Booking is paused.*Flood\./);
    bus.push("hostel.booking/doors", { v: 7, w: [{ id: 5, p: false, c: 7200000, m: "Dry." }] });
    await animationFrame();
    expect("[data-banner]").toHaveText("Booking goes on. Dry.");
});

test("a phone shows when booking closes", async () => {
    patchWithCleanup(browser, { innerWidth: 390 });
    await openMap();
    expect(".hb_phone_sub").toHaveText(/\d beds free/);
    expect(".hb_phone_closes").toHaveText("closes Sunday 18:00");
});

test("a window that closes early says so, with the reason", async () => {
    const { bus } = await openMap();
    await look();
    bus.push("hostel.booking/doors", { v: 5, w: [{ id: 5, p: false, c: 0, m: "All given." }] });
    await animationFrame();
    expect("[data-banner]").toHaveText(/closed.*All given\./);
    expect("[data-act=hold]").not.toBeEnabled();
});

test("news about another window leaves mine alone", async () => {
    const { api, bus } = await openMap();
    await look();
    bus.push("hostel.booking/doors", { v: 5, w: [{ id: 6, p: true, c: 1, m: "Other." }] });
    await animationFrame();
    expect("[data-act=hold]").toBeEnabled();
    api.bootAnswer = { ...api.bootAnswer, doors: 5 };
    await advanceTime(SPREAD_MS);
    expect(api.count("window")).toBe(1);
});

test("without a websocket the state tells that the windows changed", async () => {
    const { api, bus } = await openMap();
    bus.turn("DISCONNECTED");
    for (const key of ["k1", "k2"]) {
        api.snapshots[key] = { ...api.snapshots[key], n: 2, d: 5 };
    }
    api.bootAnswer = { ...api.bootAnswer, doors: 5, window: { ...OPEN, state: "paused" } };
    await advanceTime(4000);
    await animationFrame();
    await advanceTime(SPREAD_MS);
    await animationFrame();
    expect("[data-banner]").toHaveText(/paused/);
    const asked = api.count("window");
    await advanceTime(60000);
    expect(api.count("window")).toBe(asked);
});

test("the slot counts down and the button becomes active without a reload", async () => {
    const { api } = await openMap({ state: "soon", opens_in_ms: 90000, slot: SLOT });
    expect("[data-banner]").toHaveText(
        /Your slot: Saturday 28 Nov, 10:20, number 212 of 840\. It opens in 1:2\d|1:30/
    );
    await look();
    expect("[data-act=hold]").not.toBeEnabled();
    await advanceTime(60000);
    await animationFrame();
    expect("[data-act=hold]").toHaveText(/Opens in 0:/);
    await advanceTime(31000);
    await animationFrame();
    expect("[data-banner]").toHaveCount(0);
    expect("[data-act=hold]").toBeEnabled();
    expect(api.count("boot")).toBe(1);
});

test("the server's clock counts when the phone's is ahead", async () => {
    const { api } = await openMap({ slot: SLOT });
    await look();
    api.refuse("hold", "NOT_YOUR_SLOT", { opens_in_ms: 4000 }, { status: 403 });
    await click("[data-act=hold]");
    await animationFrame();
    expect("[data-banner]").toHaveText(/It opens in 0:0[34]/);
    expect("[data-act=hold]").not.toBeEnabled();
    delete api.refusals.hold;
    await advanceTime(4100);
    await animationFrame();
    expect("[data-act=hold]").toBeEnabled();
});

test("cleared dues open the floor of an open map", async () => {
    const closed = { eligible: false, reason: "Dues for Jan–May are not cleared." };
    const floors = makeBoot().floors;
    const { api, bus } = await openMap({}, { floors: floors.map((f) => ({ ...f, ...closed })) });
    expect("[data-banner]").toHaveText(/Dues for Jan–May/);
    expect(bed(1)).toHaveAttribute("data-state", "no");
    api.bootAnswer = { ...api.bootAnswer, floors };
    bus.push("hostel.booking/door", {});
    await advanceTime(1000);
    await animationFrame();
    expect("[data-banner]").toHaveCount(0);
    expect(bed(1)).toHaveAttribute("data-state", "free");
});

test("a ranked window can be looked at and leads to the wishes", async () => {
    await openMap({ state: "ranked", wishes_url: "/my/cohort" });
    expect("[data-banner] a").toHaveAttribute("href", "/my/cohort");
    await look();
    expect("[data-act=hold]").not.toBeEnabled();
    expect(bed(1)).toHaveAttribute("data-state", "free");
});

test("practice says that it is practice, and when it starts again", async () => {
    const practice = { minutes: 30, resets_in_ms: 600000 };
    const { api } = await openMap({}, { round: { id: 3, name: "Practice", practice } });
    expect("[data-practice]").toHaveText(/^PRACTICE/);
    expect("[data-practice]").toHaveText(/nothing is paid/);
    expect(".hb_practice_again").toHaveText(/Starts again in (9|10):/);
    const asked = api.count("me");
    await advanceTime(604000);
    await animationFrame();
    expect(api.count("me")).toBe(asked + 1);
    expect(".hb_practice_again").toHaveText(/Starts again in (29|30):/);
});

test("a real round has no such strip", async () => {
    await openMap({}, { round: { id: 3, name: "Jan–May", practice: null } });
    expect("[data-practice]").toHaveCount(0);
});

test("beds whose places are full, or that are kept, follow the window", async () => {
    const { api, bus } = await openMap();
    await look(2);
    expect("[data-act=hold]").toBeEnabled();
    Object.assign(api.bootAnswer.floors[0], { full: [2], kept: [3] });
    bus.push("hostel.booking/door", {});
    await advanceTime(1000);
    await animationFrame();
    expect(api.count("window")).toBe(1);
    expect(bed(2)).toHaveAttribute("data-state", "no");
    expect(bed(3)).toHaveAttribute("data-state", "no");
    expect(bed(1)).toHaveAttribute("data-state", "free");
    expect("[data-act=hold]").toHaveCount(0);
    expect(".hb_advice").toHaveText("The places here that are open to you are taken");
    Object.assign(api.bootAnswer.floors[0], { full: [], kept: [] });
    bus.push("hostel.booking/door", {});
    await advanceTime(1000);
    await animationFrame();
    expect(bed(2)).toHaveAttribute("data-state", "free");
});

test("a hold that is refused because the places are full asks what else is", async () => {
    const { api } = await openMap();
    api.refuse("hold", "QUOTA_FULL", { next: [] });
    await look(2);
    Object.assign(api.bootAnswer.floors[0], { full: [2] });
    await manuallyDispatchProgrammaticEvent(queryOne("[data-act=hold]"), "click", { detail: 1 });
    await advanceTime(100);
    await animationFrame();
    expect(".hb_notice_code").toHaveText("QUOTA_FULL");
    expect(bed(2)).toHaveAttribute("data-state", "no");
});
