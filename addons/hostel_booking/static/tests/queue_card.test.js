import { advanceTime, animationFrame, click, describe, expect, test } from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { bed, makeBoot, makeHold, makeMe, mountMap } from "./map_test_helpers";

describe.current.tags("desktop");
defineMailModels();

const place = (changes = {}) => ({
    ...{ key: "k1", state: "waiting", position: 12, waiting: 80, wait_ms: 180000 },
    ...{ pass_ms: 0, ticket: "t1", poll_ms: 5000 },
    ...changes,
});

async function openMap(options) {
    const context = await mountMap(options);
    await animationFrame();
    await advanceTime(500);
    await animationFrame();
    return context;
}

async function nextLook(ms = 5000) {
    await advanceTime(ms);
    await animationFrame();
}

test("without a queue there is no card", async () => {
    const { api } = await openMap();
    expect(".hb_queue").toHaveCount(0);
    await nextLook(60000);
    expect(api.count("placeInQueue")).toBe(0);
});

test("the place and the time are shown, and asked for again with the ticket", async () => {
    const { api } = await openMap({ boot: makeBoot({ queue: place() }) });
    expect("[data-queue]").toHaveAttribute("data-queue", "waiting");
    expect("[data-position]").toHaveText("12");
    expect(".hb_queue_wait").toHaveText("About 3 minutes");
    expect(".hb_queue_text").toHaveText(/68 are behind you/);
    expect("[data-spoken]").toHaveText("You are number 12 in the queue: about 3 minutes.");
    api.placeAnswer = place({ position: 5, waiting: 74, wait_ms: 4000, ticket: "t2" });
    await nextLook();
    expect("[data-position]").toHaveText("5");
    expect(".hb_queue_wait").toHaveText("In a few seconds");
    await nextLook();
    expect(api.calls.filter((call) => call.startsWith("placeInQueue"))).toEqual([
        "placeInQueue k1 t1",
        "placeInQueue k1 t2",
    ]);
});

test("when the turn comes it is said, and a held bed closes the card", async () => {
    const { api } = await openMap({ boot: makeBoot({ queue: place({ position: 1 }) }) });
    api.placeAnswer = place({ state: "in", position: 0, pass_ms: 300000 });
    await nextLook();
    expect("[data-queue]").toHaveAttribute("data-queue", "turn");
    expect("[data-spoken]").toHaveText("It is your turn. Choose a bed.");
    await click(bed(1));
    await animationFrame();
    await click("[data-act=hold]");
    await animationFrame();
    expect(".hb_queue").toHaveCount(0);
});

test("before the opening nobody has a place yet", async () => {
    const queue = place({ state: "early", position: 0, wait_ms: 90000, poll_ms: 30000 });
    const { api } = await openMap({ boot: makeBoot({ queue }) });
    expect("[data-queue]").toHaveText(/random place/);
    expect("[data-position]").toHaveCount(0);
    api.placeAnswer = place({ position: 40 });
    await nextLook(30000);
    expect("[data-position]").toHaveText("40");
});

test("a hold that is refused with a place opens the card", async () => {
    const { api } = await openMap();
    api.refuse("hold", "QUEUE", { position: 7, queue: place({ position: 7 }) }, { status: 429 });
    await click(bed(1));
    await animationFrame();
    await click("[data-act=hold]");
    await animationFrame();
    expect("[data-position]").toHaveText("7");
    expect(".hb_notice_code").toHaveText("QUEUE");
});

test("a lost place is taken again, with the ticket of the old one", async () => {
    const { api } = await openMap({ boot: makeBoot({ queue: place() }) });
    api.refuse("placeInQueue", "QUEUE_PLACE_LOST", {}, { status: 410 });
    api.placeAnswer = place({ position: 90, ticket: "t3" });
    await nextLook();
    expect(api.calls).toInclude("joinQueue t1");
    expect("[data-position]").toHaveText("90");
});

test("a server that is away is asked again, and the place stays on the screen", async () => {
    const { api } = await openMap({ boot: makeBoot({ queue: place() }) });
    api.refuse("placeInQueue", "MAP_REBUILDING", {}, { status: 503, retryAfterMs: 1000 });
    await nextLook();
    expect("[data-position]").toHaveText("12");
    delete api.refusals.placeInQueue;
    api.placeAnswer = place({ position: 9 });
    await nextLook(2100);
    expect("[data-position]").toHaveText("9");
});

test("while nobody is let in no time is promised", async () => {
    await openMap({ boot: makeBoot({ queue: place({ wait_ms: null }) }) });
    expect(".hb_queue_wait").toHaveText(/Nobody is let in at the moment/);
});

test("whoever leaves is asked nothing more", async () => {
    const { api } = await openMap({ boot: makeBoot({ queue: place() }) });
    await click("[data-act=leave-queue]");
    await animationFrame();
    expect(".hb_queue").toHaveCount(0);
    expect(api.count("leaveQueue")).toBe(1);
    await nextLook(20000);
    expect(api.count("placeInQueue")).toBe(0);
});

test("whoever holds a bed sees no queue", async () => {
    const me = makeMe({ hold: makeHold() });
    await openMap({ boot: makeBoot({ queue: place(), me }) });
    expect(".hb_queue").toHaveCount(0);
});
