/**
 * Boxes of a floor plan. A box has x, y, w, h in the plan's units and may be turned:
 * `rot` degrees clockwise around its own middle. y grows downwards.
 */

/** What rounding may leave between boxes that touch. */
const TOUCH = 0.5;

const radians = (degrees) => (degrees * Math.PI) / 180;

export function middle({ x, y, w, h }) {
    return { x: x + w / 2, y: y + h / 2 };
}

/** A vector turned clockwise. */
export function turnVector({ x, y }, degrees) {
    const cos = Math.cos(radians(degrees));
    const sin = Math.sin(radians(degrees));
    return { x: x * cos - y * sin, y: x * sin + y * cos };
}

/** The four corners as they are drawn. */
export function corners(box) {
    const c = middle(box);
    return [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
    ].map(([sx, sy]) => {
        const v = turnVector({ x: (sx * box.w) / 2, y: (sy * box.h) / 2 }, box.rot || 0);
        return { x: c.x + v.x, y: c.y + v.y };
    });
}

/** Smallest upright box around a box as it is drawn. */
export function outline(box) {
    if (!box.rot) {
        return { x: box.x, y: box.y, w: box.w, h: box.h };
    }
    return around(corners(box));
}

/** Smallest upright box around points. */
export function around(points) {
    const xs = points.map(({ x }) => x);
    const ys = points.map(({ y }) => y);
    const x = Math.min(...xs);
    const y = Math.min(...ys);
    return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
}

/** Smallest upright box around boxes as they are drawn. */
export function outlineOf(boxes) {
    return around(boxes.flatMap(corners));
}

export function touches(one, other) {
    return !(
        one.x + one.w <= other.x + TOUCH ||
        other.x + other.w <= one.x + TOUCH ||
        one.y + one.h <= other.y + TOUCH ||
        other.y + other.h <= one.y + TOUCH
    );
}

/**
 * Whether two boxes share more than an edge, turned or not: two convex shapes
 * are apart if their shadows on the normal of some edge are.
 */
export function overlap(one, other) {
    const first = corners(one);
    const second = corners(other);
    if (!touches(around(first), around(second))) {
        return false;
    }
    const axes = [one, other].flatMap(({ rot }) => [
        turnVector({ x: 1, y: 0 }, rot || 0),
        turnVector({ x: 0, y: 1 }, rot || 0),
    ]);
    return axes.every((axis) => {
        const a = first.map((p) => p.x * axis.x + p.y * axis.y);
        const b = second.map((p) => p.x * axis.x + p.y * axis.y);
        return Math.max(...a) > Math.min(...b) + TOUCH && Math.max(...b) > Math.min(...a) + TOUCH;
    });
}

export function onPage(box, { w, h }) {
    const o = outline(box);
    return o.x >= -TOUCH && o.y >= -TOUCH && o.x + o.w <= w + TOUCH && o.y + o.h <= h + TOUCH;
}

export function snap(value, step) {
    return step ? Math.round(value / step) * step : value;
}

export function round(value) {
    return Math.round(value * 100) / 100;
}

/** A turn within 0…359. */
export function normalTurn(degrees) {
    return ((Math.round(degrees) % 360) + 360) % 360;
}

/** By how much to turn what is written on a turned box so that it can be read: quarter turns. */
export function uprightTurn(rot) {
    return (360 - Math.round((rot || 0) / 90) * 90) % 360;
}
