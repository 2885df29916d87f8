import { describe, expect, test } from "@odoo/hoot";
import { allowTranslations } from "@web/../tests/web_test_helpers";
import { floorShort, floorTitle, viewState } from "@hostel_booking/core/bed_states";
import { formatClock, formatSpan } from "@hostel_booking/core/countdown";
import { bedLabel, takenText } from "@hostel_booking/core/map_words";
import { formatMoney } from "@hostel_booking/core/money";
import { RUPEE, makeLayout } from "./map_test_helpers";

describe.current.tags("headless");

test("money is grouped as in India", () => {
    expect(formatMoney(42000, RUPEE)).toBe("₹42,000");
    expect(formatMoney(120000, RUPEE)).toBe("₹1,20,000");
    expect(formatMoney(99.5, RUPEE)).toBe("₹99.50");
    expect(formatMoney(42000, { symbol: "€", position: "after" })).toBe("42,000\u00a0€");
});

test("a clock rounds up, so that zero means over", () => {
    expect(formatClock(510001)).toBe("8:31");
    expect(formatClock(1)).toBe("0:01");
    expect(formatClock(0)).toBe("0:00");
    expect(formatClock(3723000)).toBe("1:02:03");
});

test("a span is said in one unit", () => {
    allowTranslations();
    expect(formatSpan(3 * 86400000)).toBe("3 days");
    expect(formatSpan(600000)).toBe("10 minutes");
    expect(formatSpan(61000)).toBe("1 minute");
    expect(formatSpan(20000)).toBe("20 seconds");
});

test("what one person sees of a bed", () => {
    expect(viewState("0")).toBe("free");
    expect(viewState("0", { allowed: false })).toBe("no");
    expect(viewState("1", { allowed: false })).toBe("no");
    expect(viewState("3", { allowed: false })).toBe("booked");
    expect(viewState("1", { mine: true })).toBe("mine");
    expect(viewState("5", { mine: true })).toBe("retired");
});

test("floors are named as people say it", () => {
    allowTranslations();
    expect(floorTitle({ name: "2", number: 2 })).toBe("Floor 2");
    expect(floorTitle({ name: "Ground", number: 0 })).toBe("Ground");
    expect(floorShort({ name: "Ground", number: 0 })).toBe("G");
    expect(floorShort({ name: "Second floor", number: 2 })).toBe("2");
});

test("a screen reader hears room, bed, state and price", () => {
    allowTranslations();
    const [room] = makeLayout().rooms;
    expect(bedLabel({ room, bed: room.beds[1] }, "free", RUPEE)).toBe(
        "Room 214 bed B, free, ₹42,000"
    );
});

test("a lost bed is told with those like it", () => {
    allowTranslations();
    expect(takenText("B", [])).toBe("Someone took bed B a second ago.");
    expect(takenText("B", ["214 A"])).toBe(
        "Someone took bed B a second ago. Bed 214 A is like it."
    );
    expect(takenText("B", ["214 A", "215 A"])).toBe(
        "Someone took bed B a second ago. Beds 214 A and 215 A are like it."
    );
});
