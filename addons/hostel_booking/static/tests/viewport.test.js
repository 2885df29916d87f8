import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { Viewport } from "@hostel_booking/core/viewport";

describe.current.tags("headless");

const START = { smallest: 0.72, comfortable: 0.92 };
let viewport;

beforeEach(() => {
    viewport = new Viewport();
    viewport.setContent(1000, 500);
    viewport.setView(824, 624);
});

test("fit shows the whole floor in the middle", () => {
    viewport.fit();
    expect(viewport.k).toBe(0.8);
    expect(viewport.x).toBe(12);
    expect(viewport.y).toBe(112);
});

test("a floor of one room does not fill the screen", () => {
    viewport.setContent(100, 100);
    viewport.fit();
    expect(viewport.k).toBe(1.6);
});

test("a desk starts with the whole floor, a phone with beds that a finger finds", () => {
    viewport.start(START);
    expect(viewport.k).toBe(0.8);
    viewport.setView(390, 600);
    viewport.start(START);
    expect(viewport.k).toBe(0.92);
    expect(viewport.x).toBe(12);
});

test("a start with a room in mind shows that room", () => {
    viewport.setView(390, 600);
    viewport.start(START, { x: 880, y: 400, w: 100, h: 80 });
    const right = viewport.x + 980 * viewport.k;
    expect(right).toBeWithin(100, 390);
});

test("zooming keeps the point under the pointer", () => {
    viewport.start(START);
    viewport.zoomAt(400, 300, 2);
    const before = viewport.toFloor(400, 300);
    viewport.zoomAt(400, 300, 1.3);
    const later = viewport.toFloor(400, 300);
    expect(later.x).toBeCloseTo(before.x);
    expect(later.y).toBeCloseTo(before.y);
});

test("zooming ends at the limits", () => {
    viewport.fit();
    viewport.zoomAt(0, 0, 0.01);
    expect(viewport.k).toBe(viewport.minScale);
    viewport.zoomAt(0, 0, 1000);
    expect(viewport.k).toBe(viewport.maxScale);
});

test("the floor can't be pushed off the screen", () => {
    viewport.fit();
    viewport.zoomAt(400, 300, 3);
    viewport.panBy(99999, 99999);
    expect([viewport.x, viewport.y]).toEqual([12, 12]);
    viewport.panBy(-99999, -99999);
    expect(viewport.x + 1000 * viewport.k).toBeCloseTo(824 - 12);
    expect(viewport.y + 500 * viewport.k).toBeCloseTo(624 - 12);
});

test("two fingers that part zoom in and follow the hand", () => {
    viewport.fit();
    viewport.zoomAt(400, 300, 2);
    const k = viewport.k;
    const held = viewport.toFloor(400, 300);
    const before = [
        { x: 350, y: 300 },
        { x: 450, y: 300 },
    ];
    const later = [
        { x: 330, y: 310 },
        { x: 480, y: 310 },
    ];
    viewport.pinch(before, later);
    expect(viewport.k).toBeCloseTo(k * 1.5);
    expect(viewport.toFloor(405, 310).x).toBeCloseTo(held.x);
});

test("reveal moves only what is needed", () => {
    viewport.setView(390, 600);
    viewport.start(START);
    expect(viewport.reveal({ x: 30, y: 30, w: 100, h: 100 })).toBe(false);
    expect(viewport.reveal({ x: 600, y: 30, w: 100, h: 100 })).toBe(true);
    expect(viewport.x + 700 * viewport.k).toBeCloseTo(390 - 14);
});

test("a bed under the sheet comes up above it", () => {
    viewport.setContent(400, 900);
    viewport.setView(390, 700);
    viewport.start(START);
    viewport.setInsets({ bottom: 300 });
    viewport.reveal({ x: 20, y: 640, w: 34, h: 22 });
    expect(viewport.y + 662 * viewport.k).toBeWithin(100, 400);
});
