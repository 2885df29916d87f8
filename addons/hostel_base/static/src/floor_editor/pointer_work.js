import { browser } from "@web/core/browser/browser";
import { around, middle, normalTurn, outline, snap, touches } from "./geometry";
import { find, move, pick, resized } from "./plan";
import { itemTransform } from "./plan_item";

/** A hand is never quite still: what moves less is a click. */
const SLACK_PX = 4;
const WHEEL_STEP = 0.0016;
const PINCH_STEP = 0.012;
const LINE_PX = 16;
export const GRID = 10;
export const TURN_STEP = 15;

/**
 * What mouse, pen and fingers do on the canvas. While they work, only the
 * elements concerned are touched; the plan changes once, when they let go.
 *
 * The editor gives: `stage`, `svg` (elements), `view`, `plan`, `selection` (a Set of
 * keys), `canWrite`, `tool`, `snaps`, and `select`, `commit`, `showLive`, `showLasso`, `viewMoved`.
 */
export class PointerWork {
    constructor(editor) {
        this.editor = editor;
        this.pointers = new Map();
        this.job = null;
        this.space = false;
    }

    attach(el) {
        this.el = el;
        this.listeners = [
            ["pointerdown", (ev) => this._down(ev)],
            ["pointermove", (ev) => this._move(ev)],
            ["pointerup", (ev) => this._up(ev)],
            ["pointercancel", (ev) => this._cancel(ev)],
            ["wheel", (ev) => this._wheel(ev), { passive: false }],
        ];
        for (const [type, handler, options] of this.listeners) {
            el.addEventListener(type, handler, options);
        }
    }

    detach() {
        browser.cancelAnimationFrame(this.frame);
        for (const [type, handler, options] of this.listeners || []) {
            this.el.removeEventListener(type, handler, options);
        }
    }

    get busy() {
        return Boolean(this.job?.started);
    }

    point({ clientX, clientY }) {
        const { left, top } = this.el.getBoundingClientRect();
        return { x: clientX - left, y: clientY - top };
    }

    // --- beginning

    _down(ev) {
        if (ev.button > 1) {
            return;
        }
        const at = this.point(ev);
        this.pointers.set(ev.pointerId, at);
        if (this.pointers.size === 2) {
            this.abort();
            this.job = { kind: "pinch", started: true };
            return;
        }
        if (this.pointers.size > 2) {
            return;
        }
        this.job = this._jobFor(ev, at);
        if (this.job) {
            Object.assign(this.job, { start: at, last: at, started: false, shift: ev.shiftKey });
        }
    }

    _jobFor(ev, at) {
        const { editor } = this;
        if (ev.button === 1 || this.space || editor.tool === "pan") {
            ev.preventDefault();
            return { kind: "pan" };
        }
        const handle = ev.target.closest("[data-handle]")?.dataset.handle;
        if (handle && editor.canWrite) {
            return this._handleJob(handle);
        }
        const key = ev.target.closest("[data-key]")?.dataset.key;
        if (key) {
            return this._itemJob(key, ev);
        }
        if (ev.pointerType === "touch") {
            return { kind: "pan", tapClears: true };
        }
        return { kind: "lasso", from: editor.view.toPlan(at), before: editor.selection };
    }

    _handleJob(handle) {
        const item = find(this.editor.plan, [...this.editor.selection][0]);
        if (handle === "turn") {
            return { kind: "turn", item };
        }
        const [x, y] = handle.split(",").map(Number);
        return { kind: "resize", item, handle: { x, y } };
    }

    _itemJob(key, ev) {
        const { editor } = this;
        const many = ev.shiftKey || ev.ctrlKey || ev.metaKey;
        const known = editor.selection.has(key);
        if (many) {
            const keys = new Set(editor.selection);
            if (known) {
                keys.delete(key);
            } else {
                keys.add(key);
            }
            editor.select(keys);
        } else if (!known) {
            editor.select(new Set([key]));
        }
        // A click on one of several, without a drag, means that one.
        return { kind: editor.canWrite ? "drag" : "none", key, alone: known && !many };
    }

    // --- going on

    _move(ev) {
        const last = this.pointers.get(ev.pointerId);
        if (!last || !this.job) {
            return;
        }
        const at = this.point(ev);
        if (this.job.kind === "pinch") {
            this._pinch(ev.pointerId, at);
            return;
        }
        this.pointers.set(ev.pointerId, at);
        const { job } = this;
        if (!job.started) {
            if (Math.hypot(at.x - job.start.x, at.y - job.start.y) < SLACK_PX) {
                return;
            }
            this._begin(ev);
        }
        job.at = at;
        job.free = ev.altKey;
        job.fine = ev.shiftKey;
        // One drawing a frame, however many events came.
        this.frame ||= browser.requestAnimationFrame(() => {
            this.frame = null;
            this._draw();
        });
    }

    _begin(ev) {
        const { job, editor } = this;
        job.started = true;
        this.el.setPointerCapture?.(ev.pointerId);
        this.el.classList.add("hfe_working");
        if (job.kind === "drag") {
            job.items = pick(editor.plan, editor.selection);
            job.lead = outline(find(editor.plan, job.key) || job.items[0]);
            job.nodes = job.items.map((item) => ({ item, el: editor.node(item.key) }));
        }
    }

    _draw() {
        const draw = {
            drag: () => this._drag(),
            pan: () => this._pan(),
            lasso: () => this._lasso(),
            turn: () => this._turn(),
            resize: () => this._resize(),
        }[this.job?.kind];
        if (this.job?.started) {
            draw?.();
        }
    }

    /** By how much the hand moved, in the plan. */
    get _delta() {
        const { at, start } = this.job;
        const { k } = this.editor.view;
        return { x: (at.x - start.x) / k, y: (at.y - start.y) / k };
    }

    _step(size) {
        return this.editor.snaps && !this.job.free ? size : 1;
    }

    _drag() {
        const { job } = this;
        const step = this._step(GRID);
        const { x, y } = this._delta;
        job.dx = snap(job.lead.x + x, step) - job.lead.x;
        job.dy = snap(job.lead.y + y, step) - job.lead.y;
        for (const { item, el } of job.nodes) {
            el?.setAttribute(
                "transform",
                itemTransform({ ...item, x: item.x + job.dx, y: item.y + job.dy })
            );
        }
        this.editor.showDrag(job.dx, job.dy);
    }

    _pan() {
        const { job, editor } = this;
        editor.view.panBy(job.at.x - job.last.x, job.at.y - job.last.y);
        job.last = job.at;
        editor.viewMoved();
    }

    _lasso() {
        const { job, editor } = this;
        const box = around([job.from, editor.view.toPlan(job.at)]);
        editor.showLasso(box);
        const caught = editor.plan.items
            .filter((item) => touches(outline(item), box))
            .map(({ key }) => key);
        editor.select(new Set([...(job.shift ? job.before : []), ...caught]));
    }

    _turn() {
        const { job, editor } = this;
        const c = middle(job.item);
        const to = editor.view.toPlan(job.at);
        const angle = (Math.atan2(to.y - c.y, to.x - c.x) * 180) / Math.PI + 90;
        const step = job.fine || job.free ? 1 : TURN_STEP;
        job.result = { ...job.item, rot: normalTurn(snap(angle, step)) };
        editor.showLive(job.result);
    }

    _resize() {
        const { job } = this;
        job.result = resized(job.item, job.handle, this._delta, this._step(GRID));
        this.editor.showLive(job.result);
    }

    // --- ending

    _up(ev) {
        this.pointers.delete(ev.pointerId);
        const { job } = this;
        if (!job || (job.kind === "pinch" && this.pointers.size)) {
            return;
        }
        if (job.started) {
            job.at = job.at || job.start;
            if (job.kind !== "pinch") {
                this._draw();
            }
            this._finish(job);
        } else {
            this._clicked(job);
        }
        this._clear();
    }

    _finish(job) {
        const { editor } = this;
        if (job.kind === "drag") {
            if (job.dx || job.dy) {
                editor.commit(move(editor.plan, editor.selection, job.dx, job.dy));
            }
        } else if (job.result) {
            editor.commitItem(job.result);
        }
    }

    _clicked(job) {
        if (job.kind === "drag" && job.alone) {
            this.editor.select(new Set([job.key]));
        } else if ((job.kind === "lasso" && !job.shift) || job.tapClears) {
            this.editor.select(new Set());
        }
    }

    _cancel(ev) {
        this.pointers.delete(ev.pointerId);
        this.abort();
    }

    /** Put everything back to where it was when the hand came down. */
    abort() {
        if (this.job?.kind === "drag") {
            for (const { item, el } of this.job.nodes || []) {
                el?.setAttribute("transform", itemTransform(item));
            }
        }
        this._clear();
    }

    _clear() {
        browser.cancelAnimationFrame(this.frame);
        this.frame = null;
        this.job = null;
        this.el.classList.remove("hfe_working");
        this.editor.showLasso(null);
        this.editor.showLive(null);
        this.editor.showDrag(0, 0);
    }

    // --- the view

    _pinch(id, at) {
        const before = [...this.pointers.values()];
        this.pointers.set(id, at);
        const after = [...this.pointers.values()];
        const from = around(before);
        const to = around(after);
        const c = middle(to);
        const was = middle(from);
        const { view } = this.editor;
        view.panBy(c.x - was.x, c.y - was.y);
        view.zoomAt(c.x, c.y, Math.hypot(to.w, to.h) / (Math.hypot(from.w, from.h) || 1));
        this.editor.viewMoved();
    }

    _wheel(ev) {
        ev.preventDefault();
        const { view } = this.editor;
        const lines = ev.deltaMode === 1 ? LINE_PX : 1;
        if (ev.shiftKey) {
            view.panBy(-(ev.deltaX || ev.deltaY) * lines, 0);
        } else {
            const { x, y } = this.point(ev);
            const step = ev.ctrlKey ? PINCH_STEP : WHEEL_STEP;
            view.zoomAt(x, y, Math.exp(-ev.deltaY * lines * step));
        }
        this.editor.viewMoved();
    }
}
