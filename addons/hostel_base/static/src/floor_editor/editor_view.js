const LEAST = 0.08;
const MOST = 4;
const MARGIN = 28;

/** Which part of the plan is on the screen: `screen = plan · k + (x, y)`. */
export class EditorView {
    constructor() {
        this.x = 0;
        this.y = 0;
        this.k = 1;
        this.size = { w: 1, h: 1 };
    }

    get transform() {
        return `translate(${this.x} ${this.y}) scale(${this.k})`;
    }

    resize(w, h) {
        this.size = { w, h };
    }

    fit({ w, h }) {
        const k = Math.min((this.size.w - 2 * MARGIN) / w, (this.size.h - 2 * MARGIN) / h, 1.6);
        this.k = Math.min(MOST, Math.max(LEAST, k));
        this.x = (this.size.w - w * this.k) / 2;
        this.y = (this.size.h - h * this.k) / 2;
    }

    panBy(dx, dy) {
        this.x += dx;
        this.y += dy;
    }

    /** Zoom while a point of the screen stays where it is. */
    zoomAt(px, py, factor) {
        const k = Math.min(MOST, Math.max(LEAST, this.k * factor));
        this.x = px - ((px - this.x) * k) / this.k;
        this.y = py - ((py - this.y) * k) / this.k;
        this.k = k;
    }

    zoomCenter(factor) {
        this.zoomAt(this.size.w / 2, this.size.h / 2, factor);
    }

    toPlan({ x, y }) {
        return { x: (x - this.x) / this.k, y: (y - this.y) / this.k };
    }

    get center() {
        return this.toPlan({ x: this.size.w / 2, y: this.size.h / 2 });
    }

    /** Bring a box of the plan into view; moves nothing if it is. */
    reveal({ x, y, w, h }) {
        const left = x * this.k + this.x;
        const top = y * this.k + this.y;
        const shift = (at, size, room) => {
            if (at < MARGIN) {
                return MARGIN - at;
            }
            return Math.min(0, room - MARGIN - size - at);
        };
        const dx = shift(left, w * this.k, this.size.w);
        const dy = shift(top, h * this.k, this.size.h);
        this.panBy(dx, dy);
        return Boolean(dx || dy);
    }
}
