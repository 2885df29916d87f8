import { animationFrame } from "@odoo/hoot-mock";
import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryFirst, queryText } from "@odoo/hoot-dom";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { listenToDesks } from "@hostel_booking/backend/desk_news/desk_news";
import { BookingBoard, clock, linePoints } from "@hostel_booking/backend/board/board";

defineMailModels();

const counts = { free: 5, held: 1, paying: 2, booked: 11, closed: 1 };
const kaveri = (changes = {}) => ({
    h: 1,
    name: "Kaveri",
    gender: "girls",
    floors: [{ name: "1", number: 1, ...counts }],
    waiting: 3,
    pace: [...Array(58).fill(0), 2, 4],
    live: true,
    ...counts,
    ...changes,
});
const whole = (changes = {}) => ({
    h: 0,
    round: "Odd term",
    queue: null,
    windows: [
        {
            id: 1,
            name: "Second years",
            paused: false,
            opens_in_ms: -1000,
            closes_in_ms: 3723000,
            hostels: ["Kaveri"],
        },
    ],
    ...changes,
});

let board;
async function mount(data) {
    onRpc("hostel.booking.board", "get_board", () => data);
    await mountWithCleanup(WebClient);
    board = null;
    const setup = BookingBoard.prototype.setup;
    BookingBoard.prototype.setup = function () {
        setup.call(this);
        board = this;
    };
    await getService("action").doAction({ type: "ir.actions.client", tag: "hostel_booking_board" });
    BookingBoard.prototype.setup = setup;
    await animationFrame();
}

test("a clock says seconds, and days where seconds say nothing", () => {
    expect(clock(59000)).toBe("0:59");
    expect(clock(3723000)).toBe("1:02:03");
    expect(clock(-5)).toBe("0:00");
    expect(clock(76 * 3600 * 1000)).toBe("3 d 4 h");
});

test("a line goes from the left edge to the right", () => {
    expect(linePoints([0, 1, 2], 100, 40)).toBe("0.0,40.0 50.0,20.0 100.0,0.0");
    expect(linePoints([], 100, 40)).toBe("");
});

test("the board shows beds, pace and windows, and takes news", async () => {
    await mount({ whole: whole(), hostels: [kaveri()], channels: [] });
    expect(queryText("[data-tile='free'] strong")).toBe("5");
    expect(queryText("[data-tile='waiting'] strong")).toBe("3");
    expect(queryText("[data-tile='pace']")).toInclude("6 bookings");
    expect("[data-tile='queue']").toHaveCount(0);
    expect(queryText(".o_hostel_board_windows .o_clock")).toBe("1:02:03");
    board.take(kaveri({ free: 4, held: 2 }));
    board.take({ ...kaveri({ h: 77, free: 1000 }) });
    board.takeWhole(whole({ queue: 42 }));
    await animationFrame();
    expect(queryText("[data-tile='free'] strong")).toBe("4");
    expect(queryText("[data-tile='held'] strong")).toBe("2");
    expect(queryText("[data-tile='queue'] strong")).toBe("42");
    expect(queryFirst("article li").getAttribute("aria-label")).toBe(
        "1: 5 free, 1 held, 2 paying, 11 booked, 1 closed"
    );
});

test("windows say what they wait for", async () => {
    const one = whole().windows[0];
    const windows = [
        { ...one, id: 1, opens_in_ms: 60000 },
        { ...one, id: 2, paused: true },
        { ...one, id: 3, closes_in_ms: -5 },
    ];
    await mount({ whole: whole({ windows }), hostels: [], channels: [] });
    expect(queryAllTexts(".o_hostel_board_windows .o_word")).toEqual([
        "opens in",
        "paused",
        "closed",
    ]);
});

test("without a round the board says so", async () => {
    await mount({ whole: null, hostels: [], channels: [] });
    expect(".o_hostel_board_empty").toHaveCount(1);
});

test("the desks of the own hostels hear that something happened", async () => {
    const log = [];
    const subscribers = new Map();
    const bus_service = {
        addChannel: (name) => log.push(`add ${name}`),
        deleteChannel: (name) => log.push(`delete ${name}`),
        subscribe: (type, callback) => subscribers.set(type, callback),
        unsubscribe: (type) => subscribers.delete(type),
    };
    const orm = {
        silent: {
            call: async (...call) => {
                log.push(call.slice(0, 2).join("."));
                return ["hostel.board:desk7"];
            },
        },
    };
    const stop = await listenToDesks({ services: { bus_service, orm } }, () => log.push("news"));
    subscribers.get("hostel.desk/changed")({ h: 7 });
    stop();
    expect(subscribers.size).toBe(0);
    expect(log).toEqual([
        "hostel.booking.board.get_desk_channels",
        "add hostel.board:desk7",
        "news",
        "delete hostel.board:desk7",
    ]);
});
