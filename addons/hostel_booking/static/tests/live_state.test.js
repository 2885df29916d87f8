import { describe, expect, test } from "@odoo/hoot";
import { LiveFloor } from "@hostel_booking/core/live_state";

describe.current.tags("headless");

function makeFloor() {
    const floor = new LiveFloor("k1", 1);
    floor.applySnapshot({ e: 2, n: 10, lv: 1, s: "0000" });
    return floor;
}
const delta = (f, t, d, changes = {}) => ({ e: 2, f, t, lv: 1, d, ...changes });

test("the first snapshot is taken whole", () => {
    const floor = new LiveFloor("k1", 1);
    expect(floor.loaded).toBe(false);
    const result = floor.applySnapshot({ e: 2, n: 0, lv: 1, s: "012" });
    expect(result).toEqual({ status: "applied", changed: [0, 1, 2], relayout: false });
    expect(floor.loaded).toBe(true);
});

test("a delta that fits changes only what it names", () => {
    const floor = makeFloor();
    expect(floor.applyDelta(delta(10, 11, [[2, "1"]]))).toEqual({
        status: "applied",
        changed: [2],
    });
    expect(floor.codes.join("")).toBe("0010");
    expect(floor.n).toBe(11);
});

test("a bed that is already in the new state is not reported", () => {
    const floor = makeFloor();
    expect(floor.applyDelta(delta(10, 11, [[2, "0"]])).changed).toEqual([]);
    expect(floor.n).toBe(11);
});

test("a delta after a missed one is a gap and changes nothing", () => {
    const floor = makeFloor();
    expect(floor.applyDelta(delta(11, 12, [[2, "1"]])).status).toBe("gap");
    expect(floor.codes.join("")).toBe("0000");
    expect(floor.n).toBe(10);
});

test("a delta that starts before our version and ends after it still fits", () => {
    const floor = makeFloor();
    expect(floor.applyDelta(delta(8, 12, [[0, "3"]])).status).toBe("applied");
    expect(floor.n).toBe(12);
});

test("a delta without a beginning is a gap", () => {
    const floor = makeFloor();
    expect(floor.applyDelta(delta(-1, 12, [[0, "3"]])).status).toBe("gap");
});

test("a delta that we have outrun is ignored", () => {
    const floor = makeFloor();
    expect(floor.applyDelta(delta(8, 10, [[0, "3"]]))).toEqual({ status: "old", changed: [] });
    expect(floor.codes.join("")).toBe("0000");
});

test("another epoch is a gap if newer and ignored if older", () => {
    const floor = makeFloor();
    expect(floor.applyDelta(delta(0, 1, [[0, "1"]], { e: 3 })).status).toBe("gap");
    expect(floor.applyDelta(delta(10, 11, [[0, "1"]], { e: 1 })).status).toBe("old");
});

test("a bed that the drawing does not know is a gap", () => {
    const floor = makeFloor();
    expect(floor.applyDelta(delta(10, 11, [[4, "1"]])).status).toBe("gap");
    expect(floor.applyDelta(delta(10, 11, [[0, "1"]], { lv: 2 })).status).toBe("gap");
});

test("an older or equal snapshot from a cache is ignored", () => {
    const floor = makeFloor();
    expect(floor.applySnapshot({ e: 2, n: 10, lv: 1, s: "1111" }).status).toBe("old");
    expect(floor.applySnapshot({ e: 2, n: 9, lv: 1, s: "1111" }).status).toBe("old");
    expect(floor.applySnapshot({ e: 1, n: 99, lv: 1, s: "1111" }).status).toBe("old");
    expect(floor.codes.join("")).toBe("0000");
});

test("a rebuilt map starts at a small version of a new epoch", () => {
    const floor = makeFloor();
    expect(floor.applySnapshot({ e: 3, n: 0, lv: 1, s: "0001" })).toEqual({
        status: "applied",
        changed: [3],
        relayout: false,
    });
});

test("a new layout version is told once", () => {
    const floor = makeFloor();
    expect(floor.applySnapshot({ e: 2, n: 11, lv: 2, s: "00000" }).relayout).toBe(true);
    expect(floor.applySnapshot({ e: 2, n: 12, lv: 2, s: "00000" }).relayout).toBe(false);
});

test("what we did ourselves shows at once and does not move the version", () => {
    const floor = makeFloor();
    expect(floor.poke(1, "1")).toBe(true);
    expect(floor.poke(1, "1")).toBe(false);
    expect(floor.n).toBe(10);
    expect(floor.applyDelta(delta(10, 11, [[1, "0"]])).changed).toEqual([1]);
});
