const NEAR = 3.2;
const FIT_MARGIN = 12;

/**
 * Which part of a floor is on the screen and how large: `screen = floor · k + (x, y)`.
 * `insets` are the parts of the view that something covers, such as the bottom sheet.
 */
export class Viewport {
    constructor() {
        this.k = 1;
        this.x = 0;
        this.y = 0;
        this.content = { w: 1, h: 1 };
        this.view = { w: 1, h: 1 };
        this.insets = { top: 0, right: 0, bottom: 0, left: 0 };
    }

    get minScale() {
        return Math.min(this._fitScale(), 1);
    }

    get maxScale() {
        return Math.max(NEAR, this._fitScale());
    }

    get transform() {
        return `translate(${round(this.x)}px, ${round(this.y)}px) scale(${round(this.k)})`;
    }

    setContent(w, h) {
        this.content = { w: Math.max(1, w), h: Math.max(1, h) };
    }

    setView(w, h) {
        this.view = { w: Math.max(1, w), h: Math.max(1, h) };
        this._clamp();
    }

    setInsets(insets) {
        this.insets = { top: 0, right: 0, bottom: 0, left: 0, ...insets };
        this._clamp();
    }

    /** Show the whole floor. */
    fit() {
        this.k = this._fitScale();
        this._center();
    }

    /**
     * Show the whole floor, unless its beds would be too small for a finger;
     * then show its beginning at a comfortable scale.
     */
    start({ smallest, comfortable }, focus = null) {
        const fit = this._fitScale();
        this.k = fit >= smallest ? fit : Math.min(this.maxScale, comfortable);
        this.x = this.insets.left + FIT_MARGIN;
        this.y = this.insets.top + FIT_MARGIN;
        this._clamp();
        if (focus) {
            this.reveal(focus, { center: true });
        }
    }

    panBy(dx, dy) {
        this.x += dx;
        this.y += dy;
        this._clamp();
    }

    /** Zoom while the point (px, py) of the screen stays where it is. */
    zoomAt(px, py, factor) {
        const k = Math.min(this.maxScale, Math.max(this.minScale, this.k * factor));
        const ratio = k / this.k;
        this.x = px - (px - this.x) * ratio;
        this.y = py - (py - this.y) * ratio;
        this.k = k;
        this._clamp();
    }

    zoomCenter(factor) {
        const { w, h } = this._free();
        this.zoomAt(this.insets.left + w / 2, this.insets.top + h / 2, factor);
    }

    /**
     * Follow two fingers from where they were to where they are.
     *
     * @param {[{x, y}, {x, y}]} before
     * @param {[{x, y}, {x, y}]} after
     */
    pinch(before, after) {
        const from = middle(before);
        const to = middle(after);
        const spread = distance(before) || 1;
        this.panBy(to.x - from.x, to.y - from.y);
        this.zoomAt(to.x, to.y, distance(after) / spread);
    }

    toFloor(px, py) {
        return { x: (px - this.x) / this.k, y: (py - this.y) / this.k };
    }

    /**
     * Move as little as needed to bring a rectangle of the floor into the free part of the view.
     *
     * @returns {boolean} whether anything moved
     */
    reveal(rect, { margin = 14, center = false } = {}) {
        const { x, y } = this;
        const { w, h } = this._free();
        const { left, top } = this.insets;
        this.x += shift(this.x + rect.x * this.k, rect.w * this.k, left, w, margin, center);
        this.y += shift(this.y + rect.y * this.k, rect.h * this.k, top, h, margin, center);
        this._clamp();
        return this.x !== x || this.y !== y;
    }

    _free() {
        const { top, right, bottom, left } = this.insets;
        return {
            w: Math.max(1, this.view.w - left - right),
            h: Math.max(1, this.view.h - top - bottom),
        };
    }

    _fitScale() {
        const { w, h } = this._free();
        const scale = Math.min(
            (w - 2 * FIT_MARGIN) / this.content.w,
            (h - 2 * FIT_MARGIN) / this.content.h
        );
        // A floor of two rooms need not fill a desk.
        return Math.max(0.05, Math.min(scale, 1.6));
    }

    _center() {
        const { w, h } = this._free();
        this.x = this.insets.left + (w - this.content.w * this.k) / 2;
        this.y = this.insets.top + (h - this.content.h * this.k) / 2;
    }

    _clamp() {
        const { w, h } = this._free();
        this.x = clampAxis(this.x, this.content.w * this.k, this.insets.left, w);
        this.y = clampAxis(this.y, this.content.h * this.k, this.insets.top, h);
    }
}

/** A floor smaller than the view sits in its middle, a larger one covers it. */
function clampAxis(position, size, start, room) {
    const slack = room - 2 * FIT_MARGIN - size;
    if (slack >= 0) {
        return start + FIT_MARGIN + slack / 2;
    }
    return Math.min(start + FIT_MARGIN, Math.max(start + FIT_MARGIN + slack, position));
}

function shift(position, size, start, room, margin, center) {
    if (center || size + 2 * margin > room) {
        return start + (room - size) / 2 - position;
    }
    if (position < start + margin) {
        return start + margin - position;
    }
    return Math.min(0, start + room - margin - size - position);
}

const middle = ([a, b]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const distance = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);
const round = (n) => Math.round(n * 1000) / 1000;
