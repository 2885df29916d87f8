import { describe, expect, test } from "@odoo/hoot";
import { bedAt, neighbour, nextBest } from "@hostel_booking/core/neighbours";
import { makeLayout } from "./map_test_helpers";

describe.current.tags("headless");

const beds = makeLayout().rooms.flatMap((room) =>
    room.beds.map((bed) => ({ i: bed.i, bed, room, floorKey: "k1" }))
);
const go = (i, arrow) => neighbour(beds, beds[i], arrow)?.i;

test("right walks through a room into the next one, left comes back", () => {
    const path = [0];
    for (let to = go(0, "ArrowRight"); to !== undefined; to = go(to, "ArrowRight")) {
        path.push(to);
    }
    expect(path).toEqual([0, 1, 2, 3, 4, 5]);
    expect(go(4, "ArrowLeft")).toBe(3);
});

test("down and up stay in the column", () => {
    expect(go(4, "ArrowDown")).toBe(6);
    expect(go(6, "ArrowUp")).toBe(4);
});

test("there is nothing beyond the edge", () => {
    expect(go(0, "ArrowLeft")).toBe(undefined);
    expect(go(0, "ArrowUp")).toBe(undefined);
    expect(go(5, "ArrowRight")).toBe(undefined);
});

test("a finger beside a bed means that bed, one far away means none", () => {
    const { x, y, w } = beds[1].bed;
    expect(bedAt(beds, { x: x + 3, y: y + 3 }, 10).i).toBe(1);
    expect(bedAt(beds, { x: x + w + 6, y }, 10).i).toBe(1);
    expect(bedAt(beds, { x: x + w + 16, y }, 10)).toBe(undefined);
});

test("next best: the same room, then the same kind and price, then the rest", () => {
    expect(nextBest(beds, beds[0]).map(({ i }) => i)).toEqual([1, 2, 3]);
    const others = beds.filter(({ room }) => room.id !== 2);
    expect(nextBest(others, beds[3], 2).map(({ i }) => i)).toEqual([1, 0]);
});

test("next best: another floor comes after this one, and the bed itself never", () => {
    const above = beds.map((placed) => ({ ...placed, floorKey: "k2" }));
    const free = [beds[1], beds[3], above[0], above[1]];
    const found = nextBest(free, beds[1], 4).map(({ i, floorKey }) => `${floorKey}:${i}`);
    expect(found).toEqual(["k1:3", "k2:1", "k2:0"]);
});
