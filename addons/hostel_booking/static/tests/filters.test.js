import { describe, expect, test } from "@odoo/hoot";
import { choices, countActive, matches, noFilters, toggled } from "@hostel_booking/core/filters";
import { makeLayout } from "./map_test_helpers";

describe.current.tags("headless");

const beds = makeLayout().rooms.flatMap((room) =>
    room.beds.map((bed) => ({ i: bed.i, bed, room }))
);
const fit = (changes) =>
    beds.filter((placed) => matches({ ...noFilters(), ...changes }, placed)).map(({ i }) => i);

test("no filter lets every bed through", () => {
    expect(fit({})).toHaveLength(7);
    expect(countActive(noFilters())).toBe(0);
});

test("sharings are alternatives, everything else must hold together", () => {
    expect(fit({ sharing: [3] })).toEqual([4, 5, 6]);
    expect(fit({ sharing: [2, 3] })).toHaveLength(7);
    expect(fit({ amenities: ["ac"] })).toEqual([0, 1, 2, 3]);
    expect(fit({ sharing: [3], amenities: ["ac"] })).toEqual([]);
});

test("a price is an upper limit that includes itself", () => {
    expect(fit({ maxPrice: 30000 })).toEqual([4, 5, 6]);
    expect(fit({ maxPrice: 42000 })).toHaveLength(7);
});

test("each choice counts the free beds that it would leave", () => {
    const free = beds.filter(({ i }) => i !== 0);
    const found = choices(beds, free, { ...noFilters(), maxPrice: 30000 });
    expect(found.sharing).toEqual([
        { value: 2, count: 0 },
        { value: 3, count: 3 },
    ]);
    expect(found.amenities).toEqual([{ value: "ac", name: "AC", first: true, count: 0 }]);
    expect(found.floors).toEqual([]);
    expect(found.prices).toEqual([
        { value: 30000, count: 3 },
        { value: 42000, count: 6 },
    ]);
    expect(found.matching).toBe(3);
});

test("a hostel of one kind offers no choice", () => {
    const alike = beds.filter(({ room }) => room.id === 1);
    const found = choices(alike, alike, noFilters());
    expect(found.sharing).toEqual([]);
    expect(found.prices).toEqual([]);
});

test("floors are alternatives, and other amenities are offered unless every room has them", () => {
    const placed = beds.map((one) => ({
        ...one,
        floorKey: one.i < 4 ? "k1" : "k2",
        room: {
            ...one.room,
            ac: one.room.id === 1 ? ["ac", "balcony", "fan"] : ["fan"],
            a: one.room.id === 1 ? ["AC", "Balcony", "Fan"] : ["Fan"],
        },
    }));
    const found = choices(placed, placed, noFilters());
    expect(found.floors).toEqual([
        { value: "k1", count: 4 },
        { value: "k2", count: 3 },
    ]);
    expect(found.amenities.map(({ value }) => value)).toEqual(["ac", "balcony"]);
    expect(found.amenities[1]).toEqual({
        value: "balcony",
        name: "Balcony",
        first: false,
        count: 2,
    });
    const on = { ...noFilters(), floors: ["k2"] };
    expect(placed.filter((one) => matches(on, one)).map(({ i }) => i)).toEqual([4, 5, 6]);
    expect(countActive(on)).toBe(1);
});

test("toggling adds and takes away", () => {
    expect(toggled([2], 3)).toEqual([2, 3]);
    expect(toggled([2, 3], 2)).toEqual([3]);
});
