import {
    animationFrame,
    click,
    describe,
    expect,
    press,
    queryAllTexts,
    queryOne,
    test,
} from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { CohortPage } from "@hostel_booking/components/cohort/cohort_page";
import { freeInRoom, toggled } from "@hostel_booking/core/group_pick";
import { fits, moved, openChoices, outlook } from "@hostel_booking/core/wishes";

describe.current.tags("desktop");
defineMailModels();

const ROOMS = [
    { id: 1, hostel: 1, floor: 1, type: 1, amenities: [1], beds: 2, free: 2, price: 100 },
    { id: 2, hostel: 1, floor: 2, type: 2, amenities: [], beds: 3, free: 0, price: 80 },
    { id: 3, hostel: 2, floor: 3, type: 1, amenities: [1, 2], beds: 2, free: 1, price: 120 },
];
const ANY = { hostel_id: 0, room_type_id: 0, floor_id: 0, room_id: 0, amenity_ids: [] };

test("an empty wish fits every room, and each part narrows it", () => {
    expect(ROOMS.filter((room) => fits(ANY, room))).toHaveLength(3);
    expect(fits({ ...ANY, hostel_id: 2 }, ROOMS[0])).toBe(false);
    expect(fits({ ...ANY, amenity_ids: [1, 2] }, ROOMS[2])).toBe(true);
    expect(fits({ ...ANY, room_id: 2, hostel_id: 9 }, ROOMS[1])).toBe(true);
});

test("free rooms have a bed for everybody", () => {
    expect(outlook(ANY, ROOMS, 2)).toEqual({ rooms: 3, free: 1, priceFrom: 80, priceTo: 120 });
    expect(outlook({ ...ANY, hostel_id: 9 }, ROOMS, 1).rooms).toBe(0);
});

test("a wish that is moved stays within the list", () => {
    expect(moved([1, 2, 3], 0, 1)).toEqual([2, 1, 3]);
    expect(moved([1, 2, 3], 2, 9)).toEqual([1, 2, 3]);
    expect(moved([1, 2, 3], 0, -1)).toEqual([1, 2, 3]);
});

test("choices that lead to no room are not offered", () => {
    const choices = {
        rooms: ROOMS,
        floors: [
            { id: 1, hostel: 1 },
            { id: 3, hostel: 2 },
        ],
        types: [{ id: 1 }, { id: 2 }],
        amenities: [{ id: 1 }, { id: 2 }],
    };
    const open = openChoices(choices, { ...ANY, hostel_id: 1 });
    expect(open.floors.map((floor) => floor.id)).toEqual([1]);
    expect(open.amenities.map((amenity) => amenity.id)).toEqual([1]);
    expect(open.rooms.map((room) => room.id)).toEqual([1, 2]);
    expect(openChoices(choices, ANY).rooms).toEqual([]);
});

test("a room's free beds come with the chosen one first", () => {
    const room = { beds: [{ i: 0 }, { i: 1 }, { i: 2 }] };
    expect(freeInRoom(room, (i) => i !== 1, 2)).toEqual([2, 0]);
    expect(freeInRoom(room, () => false, 2)).toEqual([]);
});

test("a bed is chosen and given up again; another floor starts anew", () => {
    const one = toggled({ key: "", beds: [] }, "a", 1);
    expect(toggled(one, "a", 2)).toEqual({ key: "a", beds: [1, 2] });
    expect(toggled(one, "a", 1)).toEqual({ key: "a", beds: [] });
    expect(toggled(one, "b", 5)).toEqual({ key: "b", beds: [5] });
});

function page(shown) {
    return {
        term: "Even 2026",
        window: { takes_wishes: true, picks_live: true, closes_label: "Friday", state: "open" },
        limits: { min: 2, max: 3, wishes: 20 },
        refusal: "",
        shares_name: true,
        invitations: [],
        cohort: shown,
    };
}

const ASHA = { id: 1, name: "Asha", department: "CSE", year: 2, is_me: true, is_leader: true };
const WISHES = [
    { id: 7, label: "Kaveri", rooms: 4, free: 2, price_from: 10, price_to: 20 },
    { id: 8, label: "Any hostel", rooms: 9, free: 0, price_from: 10, price_to: 10 },
];

function cohort(overrides) {
    return {
        name: "CO/2026/1",
        state: "complete",
        state_label: "Complete",
        is_solo: false,
        is_strict: false,
        size: 1,
        leads: true,
        can_change: true,
        can_leave: true,
        can_withdraw: false,
        members: [{ ...ASHA, is_cleared: false }],
        invited: [],
        invite: null,
        wishes: WISHES,
        beds: [],
        held: null,
        ...overrides,
    };
}

async function mountPage(answer, calls = []) {
    let current = answer;
    const record =
        (name) =>
        async (...args) => {
            calls.push([name, ...args]);
            if (name === "orderWishes") {
                const byId = new Map(WISHES.map((wish) => [wish.id, wish]));
                current = page(cohort({ wishes: args[0].map((id) => byId.get(id)) }));
            }
            return current;
        };
    const names = ["me", "create", "submit", "orderWishes", "removeWish", "answer", "leave"];
    const api = Object.fromEntries(names.map((name) => [name, record(name)]));
    const bus = { subscribe() {}, unsubscribe() {}, start() {} };
    await mountWithCleanup(CohortPage, {
        props: { services: { api, bus } },
        noMainContainer: true,
    });
    await animationFrame();
    return calls;
}

test("without a group one starts one with as many as one says", async () => {
    const calls = await mountPage(page(null));
    await click(".hb_size:last-child");
    await click("[name='create_group']");
    await animationFrame();
    expect(calls.at(-1)).toEqual(["create", 3, false]);
});

test("a wish is moved with the arrow keys and keeps the focus", async () => {
    const calls = await mountPage(page(cohort()));
    queryOne("[data-wish='8'] .hb_wish_handle").focus();
    await press("ArrowUp");
    await animationFrame();
    await animationFrame();
    expect(calls.at(-1)).toEqual(["orderWishes", [8, 7]]);
    expect(queryAllTexts(".hb_wish b")).toEqual(["Any hostel", "Kaveri"]);
});

test("what can't be undone is asked once more", async () => {
    const calls = await mountPage(page(cohort()));
    await click("[name='leave']");
    await animationFrame();
    expect(calls).toHaveLength(1);
    await click("[name='leave_yes']");
    await animationFrame();
    expect(calls.at(-1)).toEqual(["leave"]);
});

test("members who don't lead see no handles", async () => {
    await mountPage(page(cohort({ leads: false })));
    expect(".hb_wish_handle").toHaveCount(0);
    expect("[name='submit']").toHaveCount(0);
});
