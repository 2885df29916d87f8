import { advanceTime, after, describe, expect, test, tick } from "@odoo/hoot";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { CHECK_MS, JITTER_MS, LiveFeed, POLL_MS } from "@hostel_booking/core/live_feed";
import { LiveFloor } from "@hostel_booking/core/live_state";
import { FakeBus } from "./map_test_helpers";

describe.current.tags("headless");

const SETTLED_MS = 5000;

/** Let time pass in steps, so that answers can arrive between the timers. */
async function pass(ms) {
    for (let step = 0; step < ms; step += 100) {
        await advanceTime(100);
    }
}

async function startFeed({ connected = true, snapshot } = {}) {
    const bus = new FakeBus();
    bus.workerState = connected ? "CONNECTED" : "DISCONNECTED";
    const server = { n: 1, s: "0000", calls: [], fail: null };
    const changes = [];
    const gone = [];
    const feed = new LiveFeed({
        floors: [new LiveFloor("k1", 1)],
        bus,
        fetchSnapshot: async (key, version) => {
            server.calls.push(version ?? null);
            if (server.fail) {
                throw server.fail;
            }
            return snapshot ? snapshot(version) : { e: 1, n: server.n, lv: 1, s: server.s };
        },
        onChange: (floor, changed) => changes.push(...changed),
        onGone: (key) => gone.push(key),
    });
    feed.start();
    after(() => feed.stop());
    await tick();
    return { bus, changes, feed, gone, server, floor: feed.floors.get("k1") };
}

test("a fitting delta needs no call", async () => {
    const { bus, changes, floor, server } = await startFeed();
    await advanceTime(SETTLED_MS);
    changes.length = 0;
    const calls = server.calls.length;
    bus.delta(1, [[2, "1"]]);
    expect(changes).toEqual([2]);
    expect(floor.n).toBe(2);
    expect(server.calls).toHaveLength(calls);
});

test("a gap is mended by a snapshot of the needed version, after a jitter", async () => {
    patchWithCleanup(Math, { random: () => 0.99 });
    const { bus, feed, floor, server } = await startFeed();
    await advanceTime(SETTLED_MS);
    server.calls.length = 0;
    bus.delta(5, [[2, "1"]]);
    expect(feed.behind).toBe(true);
    await advanceTime(JITTER_MS / 2);
    expect(server.calls).toEqual([]);
    Object.assign(server, { n: 6, s: "0010" });
    await advanceTime(JITTER_MS / 2);
    expect(server.calls).toEqual([6]);
    expect(floor.n).toBe(6);
    expect(feed.behind).toBe(false);
});

test("several gaps at once ask once, for the newest version", async () => {
    const { bus, server } = await startFeed();
    await advanceTime(SETTLED_MS);
    server.calls.length = 0;
    Object.assign(server, { n: 9, s: "0110" });
    bus.delta(5, [[2, "1"]]);
    bus.delta(7, [[1, "1"]]);
    bus.delta(8, [[1, "1"]]);
    await advanceTime(JITTER_MS);
    expect(server.calls).toEqual([9]);
});

test("a snapshot older than needed is asked for again", async () => {
    const { bus, feed, floor, server } = await startFeed();
    await advanceTime(SETTLED_MS);
    server.calls.length = 0;
    bus.delta(5, [[2, "1"]]);
    await advanceTime(JITTER_MS);
    expect(floor.n).toBe(1);
    expect(feed.behind).toBe(true);
    Object.assign(server, { n: 6, s: "0010" });
    await advanceTime(4 * JITTER_MS);
    expect(server.calls).toEqual([6, 6]);
    expect(feed.behind).toBe(false);
});

test("without a websocket the page polls, with one it only checks now and then", async () => {
    const { bus, feed, server } = await startFeed({ connected: false });
    expect(feed.mode).toBe("polling");
    server.calls.length = 0;
    await advanceTime(POLL_MS + JITTER_MS);
    expect(server.calls).toHaveLength(1);
    bus.turn("CONNECTED");
    expect(feed.mode).toBe("live");
    await advanceTime(SETTLED_MS);
    server.calls.length = 0;
    await advanceTime(CHECK_MS - SETTLED_MS - 1000);
    expect(server.calls).toHaveLength(0);
    bus.turn("DISCONNECTED");
    expect(feed.mode).toBe("polling");
    await advanceTime(POLL_MS + JITTER_MS);
    expect(server.calls).toHaveLength(1);
});

test("what happened before the subscription is fetched soon after connecting", async () => {
    const { bus, floor, server } = await startFeed({ connected: false });
    Object.assign(server, { n: 4, s: "1000" });
    bus.turn("CONNECTED");
    await advanceTime(2000);
    expect(floor.n).toBe(4);
});

test("two failures without a websocket are called offline, one success ends it", async () => {
    const { feed, server } = await startFeed({ connected: false });
    server.fail = Object.assign(new Error(), { status: 0 });
    await pass(2 * (POLL_MS + JITTER_MS));
    expect(feed.mode).toBe("offline");
    server.fail = null;
    await pass(POLL_MS + JITTER_MS);
    expect(feed.mode).toBe("polling");
});

test("the browser's own word for offline counts at once", async () => {
    const { feed } = await startFeed();
    patchWithCleanup(browser, { navigator: { onLine: false } });
    window.dispatchEvent(new Event("offline"));
    expect(feed.mode).toBe("offline");
});

test("Retry-After is honoured", async () => {
    const { bus, server } = await startFeed();
    await advanceTime(SETTLED_MS);
    server.fail = Object.assign(new Error(), { status: 503, retryAfterMs: 5000 });
    server.calls.length = 0;
    bus.delta(5, [[2, "1"]]);
    await advanceTime(JITTER_MS);
    expect(server.calls).toHaveLength(1);
    await advanceTime(4000);
    expect(server.calls).toHaveLength(1);
    await advanceTime(1500);
    expect(server.calls).toHaveLength(2);
});

test("a key that opens nothing any more is told and not asked for again", async () => {
    const { bus, gone, server } = await startFeed();
    await advanceTime(SETTLED_MS);
    server.fail = Object.assign(new Error(), { status: 404 });
    bus.delta(5, [[2, "1"]]);
    await advanceTime(JITTER_MS);
    expect(gone).toEqual(["k1"]);
});

test("a stopped feed is silent and leaves its channels", async () => {
    const { bus, changes, feed } = await startFeed();
    expect([...bus.channels]).toEqual(["hostel.floor:k1"]);
    feed.stop();
    changes.length = 0;
    bus.delta(1, [[2, "1"]]);
    await advanceTime(SETTLED_MS);
    expect(changes).toEqual([]);
    expect(bus.channels.size).toBe(0);
});
