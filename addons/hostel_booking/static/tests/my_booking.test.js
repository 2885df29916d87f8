import { animationFrame, click, describe, expect, test } from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { MyBooking } from "@hostel_booking/components/my_booking/my_booking";
import { FakeApi, FakeBus, makeBooking, makeHold, makeMe, mockClock } from "./map_test_helpers";

describe.current.tags("desktop");
defineMailModels();

async function openBooking({ me = makeMe(), ...props } = {}) {
    mockClock();
    const api = new FakeApi();
    api.meAnswer = me;
    const bus = new FakeBus();
    await mountWithCleanup(MyBooking, {
        props: { ...props, services: { api, bus } },
        noMainContainer: true,
    });
    await animationFrame();
    return { api, bus };
}

test("without a bed the page says what to do, the card says nothing", async () => {
    await openBooking();
    expect(".hb_booking_none").toHaveText(/You have no bed yet/);
    expect(".hb_booking_none a").toHaveAttribute("href", "/hostel");
});

test("as a card it shows nothing without a bed", async () => {
    await openBooking({ compact: true });
    expect(".hb_booking_card").toHaveCount(0);
});

test("a hold can be let go here too", async () => {
    const { api } = await openBooking({ me: makeMe({ hold: makeHold() }) });
    expect(".hb_price").toHaveText("₹42,000");
    expect(".hb_ring_clock").toHaveText(/^(10:00|9:5\d)$/);
    await click("[data-act=release]");
    await animationFrame();
    expect(api.calls).toInclude("release t0k3n");
    expect(".hb_notice_text").toHaveText("You let bed 214 · B go.");
});

test("who came in the middle of the term sees from when the fee counts", async () => {
    const booking = makeBooking({ state: "allocated", hold_ms_left: null, pay_url: null });
    await openBooking({ me: makeMe({ booking }) });
    expect(".hb_booking_price .hb_sub").toHaveText("for the term");
    await openBooking({
        me: makeMe({ booking: { ...booking, price: 14800, price_from: "20 Oct 2026" } }),
    });
    expect(".hb_booking_price:last .hb_price").toHaveText("₹14,800");
    expect(".hb_booking_price:last .hb_sub").toHaveText("from 20 Oct 2026 on");
});

test("a booking that waits for the warden needs a second tap to be let go", async () => {
    const booking = makeBooking({ state: "awaiting_approval", hold_ms_left: null, pay_url: null });
    const { api } = await openBooking({ me: makeMe({ booking }) });
    await click("[data-act=cancel]");
    await animationFrame();
    expect(api.count("cancel")).toBe(0);
    expect("[data-act=cancel]").toHaveText("Yes, let it go");
    await click("[data-act=cancel]");
    await animationFrame();
    expect(api.count("cancel")).toBe(1);
});

test("a refusal is told with its code and the state is asked for again", async () => {
    const { api } = await openBooking({ me: makeMe({ hold: makeHold() }) });
    api.refuse("pay", "HOLD_EXPIRED", {}, { status: 410 });
    api.meAnswer = makeMe();
    await click("[data-act=pay]");
    await animationFrame();
    expect(".hb_notice_code").toHaveText("HOLD_EXPIRED");
    expect(".hb_booking_none").toHaveCount(1);
});

test("a bed that was offered is taken with one tap", async () => {
    const booking = makeBooking({
        ...{ state: "offered", state_label: "Offered", hold_ms_left: 86400000 },
        ...{ hold_ms: 86400000, pay_url: null },
    });
    const { api } = await openBooking({ me: makeMe({ booking, action_label: "Confirm" }) });
    expect(".hb_mine_title").toHaveText("Kept for you");
    expect("[data-act=confirm]").toHaveText("Confirm");
    expect(".hb_ring_clock").toHaveText(/^(24:00:00|23:59:5\d)$/);
    await click("[data-act=confirm]");
    await animationFrame();
    expect(api.calls).toInclude("confirm 5");
    expect(".hb_mine_title").toHaveText("Waiting for the warden");
});

test("days are counted in days", async () => {
    const booking = makeBooking({ state: "offered", hold_ms_left: 3.5 * 86400000 });
    await openBooking({ me: makeMe({ booking }) });
    expect(".hb_ring_clock").toHaveText("3 days");
});

test("an offer that costs something is not a link that leads back here", async () => {
    const booking = makeBooking({ state: "offered", hold_ms_left: 86400000 });
    await openBooking({ me: makeMe({ booking }) });
    expect("a[data-act=pay]").toHaveCount(0);
    expect("[data-act=confirm]").toHaveText("Pay ₹42,000 with Camu");
});

test("a bed that is held for the group leads to the group", async () => {
    await openBooking({ me: makeMe({ hold: makeHold({ group: true }) }) });
    expect(".hb_mine_title").toHaveText("Held for your group");
    expect("a[data-act=group]").toHaveAttribute("href", "/my/cohort");
    expect("button[data-act]").toHaveCount(0);
});
