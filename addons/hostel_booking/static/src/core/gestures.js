import { browser } from "@web/core/browser/browser";

/** A finger is never quite still: what moves less than this is a tap. */
const TAP_SLACK_PX = 8;
const WHEEL_STEP = 0.0018;
const TRACKPAD_PINCH_STEP = 0.012;
const LINE_PX = 16;

/**
 * Turns pointers and the wheel into moves of a viewport: one finger or the
 * mouse pans, two fingers pinch, the wheel zooms at the pointer.
 */
export class Gestures {
    /**
     * @param {HTMLElement} el
     * @param {import("./viewport").Viewport} viewport
     * @param {() => void} onMove
     */
    constructor(el, viewport, onMove) {
        this.el = el;
        this.viewport = viewport;
        this.onMove = onMove;
        this.pointers = new Map();
        this.dragged = false;
        this.listeners = [
            ["pointerdown", (ev) => this._down(ev)],
            ["pointermove", (ev) => this._move(ev)],
            ["pointerup", (ev) => this._up(ev)],
            ["pointercancel", (ev) => this._up(ev)],
            ["wheel", (ev) => this._wheel(ev), { passive: false }],
            ["click", (ev) => this._click(ev), { capture: true }],
        ];
        for (const [type, handler, options] of this.listeners) {
            el.addEventListener(type, handler, options);
        }
    }

    destroy() {
        for (const [type, handler, options] of this.listeners) {
            this.el.removeEventListener(type, handler, options);
        }
    }

    /** A point of the page in the coordinates of the view. */
    toView({ clientX, clientY }) {
        const { left, top } = this.el.getBoundingClientRect();
        return { x: clientX - left, y: clientY - top };
    }

    _down(ev) {
        if (ev.button) {
            return;
        }
        if (!this.pointers.size) {
            this.dragged = false;
            this.travel = 0;
        }
        this.pointers.set(ev.pointerId, this.toView(ev));
    }

    _move(ev) {
        const last = this.pointers.get(ev.pointerId);
        if (!last || this.pointers.size > 2) {
            return;
        }
        const point = this.toView(ev);
        this.travel += Math.hypot(point.x - last.x, point.y - last.y);
        if (!this.dragged && this.travel < TAP_SLACK_PX) {
            return;
        }
        this._startDrag(ev.pointerId);
        const before = [...this.pointers.values()];
        this.pointers.set(ev.pointerId, point);
        const after = [...this.pointers.values()];
        if (after.length === 2) {
            this.viewport.pinch(before, after);
        } else {
            this.viewport.panBy(point.x - last.x, point.y - last.y);
        }
        this.onMove();
    }

    _startDrag(pointerId) {
        if (!this.dragged) {
            this.dragged = true;
            this.el.classList.add("hb_dragging");
        }
        if (!this.el.hasPointerCapture(pointerId)) {
            // Only now: a captured pointer would take the click away from the bed.
            this.el.setPointerCapture(pointerId);
        }
    }

    _up(ev) {
        this.pointers.delete(ev.pointerId);
        if (!this.pointers.size) {
            this.el.classList.remove("hb_dragging");
            // The click of this gesture comes right after; a later one is a tap again.
            browser.setTimeout(() => (this.dragged = false), 0);
        }
    }

    _click(ev) {
        if (this.dragged) {
            ev.stopPropagation();
            ev.preventDefault();
        }
    }

    _wheel(ev) {
        ev.preventDefault();
        const lines = ev.deltaMode === 1 ? LINE_PX : 1;
        const step = ev.ctrlKey ? TRACKPAD_PINCH_STEP : WHEEL_STEP;
        const { x, y } = this.toView(ev);
        this.viewport.zoomAt(x, y, Math.exp(-ev.deltaY * lines * step));
        this.onMove();
    }
}
