import { mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { ApiError } from "@hostel_booking/core/api";
import { pageAddress } from "@hostel_booking/core/map_address";
import { BedMap } from "@hostel_booking/components/bed_map/bed_map";

export const RUPEE = { symbol: "₹", position: "before", digits: 2 };

const BED = { w: 34, h: 22 };

function makeRoom(id, n, x, y, { first, count, sharing = 2, ac = ["ac"], price = 42000, g = "" }) {
    const beds = [...Array(count).keys()].map((b) => ({
        ...BED,
        i: first + b,
        l: "ABC"[b],
        x: x + 12 + (b % 2) * 58,
        y: y + 36 + Math.floor(b / 2) * 34,
        note: b === 1 ? "window side" : "",
        price,
    }));
    return { id, n, x, y, w: 116, h: 116, rot: 0, t: "", sharing, a: ["AC"], ac, g, price, beds };
}

/** Three rooms in a row: 214 A B, 215 A B, and the cheaper 216 A B C without AC. */
export function makeLayout() {
    const cheap = { count: 3, sharing: 3, ac: [], price: 30000 };
    return {
        v: 1,
        w: 420,
        h: 200,
        shapes: [{ type: "corridor", x: 0, y: 140, w: 420, h: 56, label: "" }],
        rooms: [
            makeRoom(1, "214", 18, 18, { first: 0, count: 2 }),
            makeRoom(2, "215", 144, 18, { first: 2, count: 2 }),
            makeRoom(3, "216", 270, 18, { first: 4, ...cheap }),
        ],
    };
}

export function makeBoot(changes = {}) {
    return {
        term: { id: 1, name: "Jan–May 2027", months: 5 },
        window: {
            state: "open",
            opens_in_ms: 0,
            closes_in_ms: 3600000,
            closes_label: "Sunday 18:00",
            hold_minutes: 10,
        },
        hostel: { id: 7, name: "Kaveri", gender_type: "girls", gender_label: "Girls" },
        hostels: [],
        currency: RUPEE,
        floors: [
            { key: "k1", name: "1", number: 1, layout_version: 1, eligible: true, reason: "" },
            { key: "k2", name: "2", number: 2, layout_version: 1, eligible: true, reason: "" },
        ],
        me: makeMe(),
        student: { gender: "female", name: "Asha" },
        preview: false,
        ...changes,
    };
}

export function makeMe(changes = {}) {
    return {
        hold: null,
        booking: null,
        action: "pay",
        action_label: "Pay ₹42,000 with Camu",
        ...changes,
    };
}

export function makeHold(changes = {}) {
    return {
        key: "k1",
        i: 1,
        token: "t0k3n",
        expires_in_ms: 600000,
        hold_ms: 600000,
        price: 42000,
        bed: "214 · B",
        room: "214",
        label: "B",
        hostel: "Kaveri",
        hostel_id: 7,
        extended: false,
        ...changes,
    };
}

export function makeBooking(changes = {}) {
    return {
        id: 5,
        state: "paying",
        state_label: "Paying",
        bed: "214 · B",
        room: "214",
        label: "B",
        hostel: "Kaveri",
        hostel_id: 7,
        key: "k1",
        i: 1,
        price: 42000,
        hold_ms_left: 900000,
        pay_url: "/pay/5",
        can_cancel: true,
        approval_label: "",
        ...changes,
    };
}

export function makeOccupant(changes = {}) {
    return {
        ...{ i: 0, label: "A", ref: "4920", who: "AIML, 2nd year", department: "AIML", year: 2 },
        ...{ score: 85, reasons: ["Both like it quiet"] },
        ...changes,
    };
}

export function makeCounterBed(changes = {}) {
    return {
        ...{ bed: "214 · A", price: 42000, state: "", state_label: "", who: "", reason: "" },
        ...{ from: "", until: "", when: "", url: "", hold_ms_left: null, can_open: false },
        kinds: [{ value: "repair", label: "Repair" }],
        term: { from: "2027-01-05", until: "2027-05-30" },
        ...changes,
    };
}

/** The booking routes as a plain object in memory. `calls` tells what was asked. */
export class FakeApi {
    constructor({ boot = makeBoot(), states = "0000000" } = {}) {
        this.calls = [];
        this.refusals = {};
        this.bootAnswer = boot;
        this.meAnswer = boot.me;
        this.snapshots = Object.fromEntries(
            boot.floors.map(({ key }) => [key, { e: 1, n: 1, lv: 1, s: states }])
        );
        for (const name of [
            "boot",
            "window",
            "layout",
            "snapshot",
            "me",
            "hold",
            "release",
            "extend",
            "pay",
            "confirm",
            "cancel",
            "room",
            "best",
            "link",
            "counterBed",
            "counterStudents",
            "counterAllocate",
            "counterClose",
            "counterOpen",
            "placeInQueue",
            "joinQueue",
            "leaveQueue",
        ]) {
            this[name] = async (...args) => {
                this.calls.push([name, ...args].join(" "));
                if (this.refusals[name]) {
                    throw this.refusals[name];
                }
                return this[`_${name}`](...args);
            };
        }
    }

    refuse(name, code, details = {}, more = {}) {
        this.refusals[name] = new ApiError(code, `Sentence for ${code}.`, {
            status: 409,
            details,
            ...more,
        });
    }

    count(name) {
        return this.calls.filter((call) => call.split(" ")[0] === name).length;
    }

    _boot() {
        return this.bootAnswer;
    }
    _window() {
        const { doors = 0, window, floors } = this.bootAnswer;
        return { doors, window, floors };
    }
    _layout() {
        return makeLayout();
    }
    _snapshot(key) {
        return { ...this.snapshots[key] };
    }
    _me() {
        return this.meAnswer;
    }
    _hold(key, i) {
        const room = makeLayout().rooms.find(({ beds }) => beds.some((bed) => bed.i === i));
        const label = room.beds.find((bed) => bed.i === i).l;
        const hold = makeHold({ key, i, room: room.n, label, bed: `${room.n} · ${label}` });
        this.meAnswer = makeMe({ hold });
        return { hold };
    }
    _placeInQueue() {
        return { queue: this.placeAnswer };
    }
    _joinQueue() {
        return { queue: this.placeAnswer };
    }
    _leaveQueue() {
        return {};
    }
    _release() {
        this.meAnswer = makeMe();
        return {};
    }
    _extend() {
        return { hold: makeHold({ expires_in_ms: 900000, hold_ms: 900000, extended: true }) };
    }
    _pay() {
        this.meAnswer = makeMe({
            booking: makeBooking({
                ...{
                    state: "awaiting_approval",
                    state_label: "Awaiting approval",
                    can_cancel: false,
                },
                ...{ hold_ms_left: null, pay_url: null },
            }),
        });
        return { state: "awaiting_approval", redirect: null };
    }
    _confirm() {
        return this._pay();
    }
    _cancel() {
        this.meAnswer = makeMe();
        return { state: "cancelled" };
    }
    _room() {
        return { occupants: [], matching: "on" };
    }
    _best() {
        return { beds: [], matching: "on" };
    }
    _link(key, i) {
        return { id: 1, url: `https://hostel.test/hostel/bed/${key}-${i}` };
    }
    _counterBed() {
        return makeCounterBed();
    }
    _counterStudents() {
        return { students: [] };
    }
    _counterAllocate() {
        return { id: 5, state: "awaiting_approval" };
    }
    _counterClose() {
        return {};
    }
    _counterOpen() {
        return {};
    }
}

/** Odoo's bus service without a websocket. */
export class FakeBus extends EventTarget {
    constructor() {
        super();
        this.workerState = "DISCONNECTED";
        this.channels = new Set();
        this.subscribers = new Map();
    }
    addChannel(name) {
        this.channels.add(name);
    }
    deleteChannel(name) {
        this.channels.delete(name);
    }
    start() {}
    subscribe(type, callback) {
        this.subscribers.set(type, callback);
    }
    unsubscribe(type) {
        this.subscribers.delete(type);
    }
    /** Deliver a notification. */
    push(type, payload) {
        this.subscribers.get(type)?.(payload);
    }
    turn(state) {
        this.workerState = state;
        this.dispatchEvent(new CustomEvent("BUS:WORKER_STATE_UPDATED", { detail: state }));
    }
    /** A delta of floor k1 from version f to f + 1. */
    delta(f, d, changes = {}) {
        this.push("hostel.floor/delta", { k: "k1", e: 1, f, t: f + 1, lv: 1, d, ...changes });
    }
}

/** HOOT's time moves timers and dates; let it move the clock of the countdowns too. */
export function mockClock() {
    patchWithCleanup(browser, { performance: { now: () => Date.now() } });
}

/** An address of the page that only the map reads and writes. */
function mockAddress(query) {
    patchWithCleanup(pageAddress, {
        read: () => query,
        write: (text) => (query = text),
    });
}

export const addressOfMap = () => pageAddress.read();

/** Mount the map on a fake server. */
export async function mountMap({ api, address = "", ...options } = {}) {
    mockClock();
    // What one test leaves in the address is nothing to the next.
    mockAddress(address);
    api ||= new FakeApi(options);
    const bus = new FakeBus();
    bus.workerState = "CONNECTED";
    const map = await mountWithCleanup(BedMap, {
        props: { hostelId: 7, services: { api, bus } },
        noMainContainer: true,
    });
    return { api, bus, map };
}

export const bed = (i, key = "k1") => `[data-bed="${key}:${i}"]`;
