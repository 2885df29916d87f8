/**
 * @typedef {Object} PlacedBed a bed of a layout with its room
 * @property {number} i
 * @property {{x, y, w, h, price}} bed
 * @property {{id, sharing, ac: string[], price}} room
 */

const VECTORS = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
};
/** How much worse a step aside is than a step ahead. */
const ASIDE = 2.5;

const center = ({ x, y, w, h }) => ({ x: x + w / 2, y: y + h / 2 });

/**
 * The bed that someone means who presses an arrow key.
 *
 * @param {PlacedBed[]} beds
 * @param {PlacedBed} from
 * @param {string} arrow a key name: "ArrowLeft" …
 * @returns {PlacedBed|undefined} nothing at the edge of the floor
 */
export function neighbour(beds, from, arrow) {
    const [vx, vy] = VECTORS[arrow];
    const start = center(from.bed);
    let best;
    let bestCost = Infinity;
    for (const candidate of beds) {
        const point = center(candidate.bed);
        const ahead = (point.x - start.x) * vx + (point.y - start.y) * vy;
        const aside = Math.abs((point.x - start.x) * vy) + Math.abs((point.y - start.y) * vx);
        const cost = ahead + ASIDE * aside;
        // Whoever lies more aside than ahead belongs to another arrow.
        if (ahead > 1 && aside <= 2 * ahead && cost < bestCost) {
            best = candidate;
            bestCost = cost;
        }
    }
    return best;
}

/**
 * The bed under a finger: the one hit, or else the nearest within reach.
 *
 * @param {number} reach in floor units
 */
export function bedAt(beds, point, reach) {
    let best;
    let bestGap = reach;
    for (const candidate of beds) {
        const { x, y, w, h } = candidate.bed;
        const dx = Math.max(x - point.x, 0, point.x - x - w);
        const dy = Math.max(y - point.y, 0, point.y - y - h);
        const distance = Math.hypot(dx, dy);
        if (distance <= bestGap) {
            best = candidate;
            bestGap = distance;
            if (!distance) {
                break;
            }
        }
    }
    return best;
}

const priceOf = ({ bed, room }) => bed.price ?? room.price;

function unlikeness(target, other) {
    if (other.room.id === target.room.id && other.floorKey === target.floorKey) {
        return 0;
    }
    const codes = target.room.ac || [];
    const missing = codes.filter((code) => !(other.room.ac || []).includes(code)).length;
    const price = priceOf(target) || 1;
    return (
        1 +
        (other.room.sharing === target.room.sharing ? 0 : 400) +
        missing * 200 +
        (Math.abs(priceOf(other) - price) / price) * 1000 +
        (other.floorKey === target.floorKey ? 0 : 150)
    );
}

function gap(target, other) {
    const a = center(target.bed);
    const b = center(other.bed);
    return Math.hypot(a.x - b.x, a.y - b.y);
}

/**
 * Free beds most like one that was lost: same room first, then the same
 * kind and price, the nearest first.
 *
 * @param {PlacedBed[]} freeBeds beds that this student may take, with `floorKey`
 * @param {PlacedBed} target
 */
export function nextBest(freeBeds, target, limit = 3) {
    return freeBeds
        .filter((other) => other.i !== target.i || other.floorKey !== target.floorKey)
        .map((other) => ({ other, cost: unlikeness(target, other), gap: gap(target, other) }))
        .sort((a, b) => a.cost - b.cost || a.gap - b.gap)
        .slice(0, limit)
        .map(({ other }) => other);
}
