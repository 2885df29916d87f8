import {
    middle,
    normalTurn,
    onPage,
    outline,
    outlineOf,
    overlap,
    round,
    touches,
    turnVector,
} from "./geometry";

/**
 * A floor plan as the editor knows it. Plans and their items are never changed;
 * each operation gives a new plan that shares what stayed the same.
 *
 * @typedef {Object} Item a room, with `id` and `beds` relative to its upper left
 *     corner before it is turned, or a shape with `type` and `label`
 * @property {string} key
 * @property {"room"|"shape"} kind
 * @property {number} x @property {number} y @property {number} w @property {number} h
 * @property {number} rot
 *
 * @typedef {{w: number, h: number, items: Item[]}} Plan
 */

export const MIN_SIZE = { room: 40, shape: 6 };
const PAGE_MARGIN = 20;
const MAX_PAGE = 20000;
const BED = { w: 34, h: 22, gapX: 24, gapY: 12, least: 5 };

/** @param {Object} layout a drawing as the server keeps it */
export function fromLayout({ w, h, shapes, rooms }) {
    const items = [
        ...shapes.map((shape, n) => ({ ...shape, key: `s${n}`, kind: "shape", rot: 0 })),
        ...rooms.map((room) => ({
            ...room,
            key: `r${room.id}`,
            kind: "room",
            rot: normalTurn(room.rot || 0),
            beds: room.beds.map((bed) => ({
                ...bed,
                x: round(bed.x - room.x),
                y: round(bed.y - room.y),
            })),
        })),
    ];
    return { w, h, items };
}

/** @param {Plan} plan @returns {Object} the drawing as the server takes it */
export function toLayout({ w, h, items }) {
    const place = (item) => ({
        x: round(item.x),
        y: round(item.y),
        w: round(item.w),
        h: round(item.h),
    });
    return {
        w: round(w),
        h: round(h),
        shapes: items
            .filter(({ kind }) => kind === "shape")
            .map((item) => ({ type: item.type, label: item.label, ...place(item) })),
        rooms: items
            .filter(({ kind }) => kind === "room")
            .map((item) => ({
                id: item.id,
                rot: item.rot,
                ...place(item),
                beds: item.beds.map((bed) => ({
                    i: bed.i,
                    ...place({ ...bed, x: item.x + bed.x, y: item.y + bed.y }),
                })),
            })),
    };
}

export function find(plan, key) {
    return plan.items.find((item) => item.key === key);
}

export function pick(plan, keys) {
    return plan.items.filter(({ key }) => keys.has(key));
}

function change(plan, keys, how) {
    return { ...plan, items: plan.items.map((item) => (keys.has(item.key) ? how(item) : item)) };
}

export function move(plan, keys, dx, dy) {
    return change(plan, keys, (item) => ({
        ...item,
        x: round(item.x + dx),
        y: round(item.y + dy),
    }));
}

/** Replace some facts of one item: a place, a label, a type. */
export function put(plan, key, facts) {
    return change(plan, new Set([key]), (item) => ({ ...item, ...facts }));
}

/** Turn each item around its own middle. Shapes are never askew: they turn by quarters. */
export function turn(plan, keys, degrees) {
    return change(plan, keys, (item) => turned(item, degrees));
}

function turned(item, degrees) {
    if (item.kind === "room") {
        return { ...item, rot: normalTurn(item.rot + degrees) };
    }
    if (Math.round(degrees / 90) % 2 === 0) {
        return item;
    }
    const c = middle(item);
    return { ...item, x: c.x - item.h / 2, y: c.y - item.w / 2, w: item.h, h: item.w };
}

/**
 * An item pulled at an edge or a corner; the opposite one stays where it is.
 *
 * @param {Item} item
 * @param {{x: -1|0|1, y: -1|0|1}} handle
 * @param {{x: number, y: number}} delta by how much it was pulled, in the plan
 * @param {number} step sizes are multiples of it; 0 for any
 */
export function resized(item, handle, delta, step = 0) {
    const pulled = turnVector(delta, -item.rot);
    const least = MIN_SIZE[item.kind];
    const size = (old, sign, by) => {
        if (!sign) {
            return old;
        }
        const wanted = old + sign * by;
        return Math.max(least, step ? Math.round(wanted / step) * step : wanted);
    };
    const w = size(item.w, handle.x, pulled.x);
    const h = size(item.h, handle.y, pulled.y);
    const shift = turnVector(
        { x: (handle.x * (w - item.w)) / 2, y: (handle.y * (h - item.h)) / 2 },
        item.rot
    );
    const c = middle(item);
    return sized(item, {
        x: round(c.x + shift.x - w / 2),
        y: round(c.y + shift.y - h / 2),
        w: round(w),
        h: round(h),
    });
}

/** An item of another size, with its beds still in it. */
export function sized(item, box) {
    if (item.kind !== "room") {
        return { ...item, ...box };
    }
    const scale = (place, size, from, to) =>
        from > size ? (place * Math.max(0, to - size)) / (from - size) : 0;
    const beds = item.beds.map((bed) => ({
        ...bed,
        x: round(scale(bed.x, bed.w, item.w, box.w)),
        y: round(scale(bed.y, bed.h, item.h, box.h)),
    }));
    const room = { ...item, ...box, beds };
    return bedsFit(room) ? room : { ...room, beds: placeBeds(room) };
}

function bedsFit({ w, h, beds }) {
    const inside = beds.every((bed) => bed.x + bed.w <= w + 0.5 && bed.y + bed.h <= h + 0.5);
    return (
        inside && beds.every((bed, n) => beds.slice(n + 1).every((other) => !touches(bed, other)))
    );
}

/** Lay the beds of a room out in lines; smaller ones if the room is small. */
export function placeBeds({ w, h, beds }) {
    const count = beds.length;
    const head = Math.min(36, h * 0.55);
    const pad = Math.min(12, w * 0.15);
    const roomW = w - 2 * pad;
    const roomH = h - head - Math.min(12, h * 0.15);
    const fits = Math.max(1, Math.floor((roomW + BED.gapY) / (BED.w + BED.gapY)));
    let perLine = Math.min(2, count) || 1;
    const high = (n) => Math.ceil(count / n) * (BED.h + BED.gapY / 2) - BED.gapY / 2;
    while (perLine < Math.min(fits, count) && high(perLine) > roomH) {
        perLine++;
    }
    const [gapX, bedW] = inRow(perLine, BED.w, BED.gapX, roomW);
    const [gapY, bedH] = inRow(Math.ceil(count / perLine), BED.h, BED.gapY, roomH);
    return beds.map((bed, n) => ({
        ...bed,
        x: round(pad + (n % perLine) * (bedW + gapX)),
        y: round(head + Math.floor(n / perLine) * (bedH + gapY)),
        w: bedW,
        h: bedH,
    }));
}

function inRow(count, size, gap, room) {
    if (count * size + (count - 1) * gap <= room) {
        return [gap, size];
    }
    if (count * size + (count - 1) * BED.least <= room) {
        return [round((room - count * size) / Math.max(1, count - 1)), size];
    }
    const step = room / count;
    return [round(step * 0.1), round(step * 0.9)];
}

/** @param {"left"|"center"|"right"|"top"|"middle"|"bottom"} edge */
export function align(plan, keys, edge) {
    const all = outlineOf(pick(plan, keys));
    const to = {
        left: () => ({ x: all.x }),
        center: (o) => ({ x: all.x + (all.w - o.w) / 2 }),
        right: (o) => ({ x: all.x + all.w - o.w }),
        top: () => ({ y: all.y }),
        middle: (o) => ({ y: all.y + (all.h - o.h) / 2 }),
        bottom: (o) => ({ y: all.y + all.h - o.h }),
    }[edge];
    return change(plan, keys, (item) => {
        const o = outline(item);
        const { x = o.x, y = o.y } = to(o);
        return { ...item, x: round(item.x + x - o.x), y: round(item.y + y - o.y) };
    });
}

/**
 * Make the gaps between items equal; the outer ones stay.
 *
 * @param {"x"|"y"} axis
 */
export function distribute(plan, keys, axis) {
    const size = axis === "x" ? "w" : "h";
    const row = pick(plan, keys)
        .map((item) => ({ key: item.key, o: outline(item) }))
        .sort((a, b) => a.o[axis] - b.o[axis]);
    const first = row[0].o[axis];
    const last = row.at(-1).o;
    const taken = row.reduce((sum, { o }) => sum + o[size], 0);
    const gap = (last[axis] + last[size] - first - taken) / (row.length - 1);
    const shifts = new Map();
    let at = first;
    for (const { key, o } of row) {
        shifts.set(key, at - o[axis]);
        at += o[size] + gap;
    }
    return change(plan, keys, (item) => ({
        ...item,
        [axis]: round(item[axis] + shifts.get(item.key)),
    }));
}

/** Shapes are drawn below the rooms, so a new one comes before them. */
export function addShape(plan, shape) {
    const number = plan.items
        .filter(({ kind }) => kind === "shape")
        .reduce((most, { key }) => Math.max(most, Number(key.slice(1))), -1);
    const item = { label: "", rot: 0, ...shape, key: `s${number + 1}`, kind: "shape" };
    const firstRoom = plan.items.findIndex(({ kind }) => kind === "room");
    const at = firstRoom < 0 ? plan.items.length : firstRoom;
    return [{ ...plan, items: plan.items.toSpliced(at, 0, item) }, item.key];
}

/** Take shapes out. Rooms stay: where somebody lives can't be deleted in a drawing. */
export function removeShapes(plan, keys) {
    return {
        ...plan,
        items: plan.items.filter(({ key, kind }) => kind === "room" || !keys.has(key)),
    };
}

/** Give the page the size of what is drawn on it, and a margin. */
export function fitPage(plan) {
    if (!plan.items.length) {
        return plan;
    }
    const all = outlineOf(plan.items);
    const keys = new Set(plan.items.map(({ key }) => key));
    const moved = move(plan, keys, PAGE_MARGIN - all.x, PAGE_MARGIN - all.y);
    const side = (length) => Math.min(MAX_PAGE, Math.max(50, Math.ceil(length + 2 * PAGE_MARGIN)));
    return { ...moved, w: side(all.w), h: side(all.h) };
}

/**
 * What may be wrong with a plan that can be saved all the same.
 *
 * @returns {{kind: "overlap"|"outside", keys: string[]}[]}
 */
export function findWarnings(plan) {
    const rooms = plan.items
        .filter(({ kind }) => kind === "room")
        .map((room) => ({ room, box: outline(room) }));
    const warnings = [];
    rooms.forEach(({ room, box }, n) => {
        for (let m = n + 1; m < rooms.length; m++) {
            const other = rooms[m];
            // Most rooms are far apart, which their boxes tell at once.
            if (touches(box, other.box) && overlap(room, other.room)) {
                warnings.push({ kind: "overlap", keys: [room.key, other.room.key] });
            }
        }
    });
    for (const item of plan.items) {
        if (!onPage(item, plan)) {
            warnings.push({ kind: "outside", keys: [item.key] });
        }
    }
    return warnings;
}
