import { Component, onMounted, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { floorTitle } from "../../core/bed_states";
import { Gestures } from "../../core/gestures";
import { bedLabel } from "../../core/map_words";
import { bedAt, neighbour } from "../../core/neighbours";
import { turnOf, uprightTurn } from "../../core/turned";
import { Viewport } from "../../core/viewport";
import { LYING, SIGNS, frameFill, signTransform } from "../bed_shape/bed_shape";
import { MiniMap } from "../mini_map/mini_map";

/** Scales at which a finger finds a bed of usual size at all, and with ease. */
const FINGER_SCALE = { smallest: 0.72, comfortable: 1 };
/** A tap that hits no bed means the nearest one within so many pixels. */
const REACH_PX = 16;
const ZOOM_STEP = 1.4;
const NAME_PX = 7.6;
const KIND_PX = 5.4;
const FREE_PX = 28;
const LABEL_PX = 12;
const TREAD = 9;
/** So small that beds are dots: rooms say in words how many are free. */
const DOTS_SCALE = 0.42;
const FAR_SCALE = 0.62;
const NEAR_SCALE = 1.35;
const REST_MS = 240;

/** The still part of a floor: rooms, beds, corridors. Renders once a drawing. */
export class FloorDrawing extends Component {
    static template = "hostel_booking.FloorDrawing";
    static props = { floorKey: String, layout: Object };

    shapeLabel({ type, label }) {
        const words = {
            corridor: _t("Corridor"),
            stairs: _t("Stairs"),
            lift: _t("Lift"),
            bath: _t("Washrooms"),
            common: _t("Common room"),
            mess: _t("Mess"),
        };
        return label || words[type] || "";
    }

    /** A label in a narrow shape runs along it. */
    labelTurn(shape) {
        const { x, y, w, h } = shape;
        return h > w * 1.6 && this.shapeLabel(shape).length * LABEL_PX > w
            ? `rotate(-90 ${x + w / 2} ${y + h / 2})`
            : undefined;
    }

    /** Treads of stairs, across the way one walks. */
    treads({ w, h }) {
        const along = Math.max(w, h);
        const count = Math.min(40, Math.floor(along / TREAD));
        const at = (n) => (along * (n + 1)) / count;
        return [...Array(Math.max(0, count - 1)).keys()]
            .map((n) => (w >= h ? `M${at(n)} 0v${h}` : `M0 ${at(n)}h${w}`))
            .join("");
    }

    roomLabel(room) {
        return [_t("Room %(room)s", { room: room.n }), room.t, ...(room.a || [])]
            .filter(Boolean)
            .join(", ");
    }

    /** SVG text has no ellipsis; a name longer than its room is cut here. */
    roomName({ n, w }) {
        const fits = Math.max(3, Math.floor((w - 20) / NAME_PX));
        return n.length > fits ? `${n.slice(0, fits - 1)}…` : n;
    }

    /** Where the count of free beds stands: after the name if that fits, else nowhere near. */
    freeSpot(room) {
        const name = this.roomName(room).length * NAME_PX;
        const kind = this.roomKind(room).length * KIND_PX;
        const upright = !uprightTurn(room.rot);
        return upright && name + kind + FREE_PX + 31 <= room.w
            ? { x: room.x + 16 + name, y: room.y + 22.5 }
            : null;
    }

    /** Where nothing but the count of free beds is shown: the middle of the room. */
    countTurn(room) {
        const upright = uprightTurn(room.rot);
        return upright
            ? `rotate(${upright} ${room.x + room.w / 2} ${room.y + room.h / 2})`
            : undefined;
    }

    /** Where the number stands: in its corner, or upright in the head of a turned room. */
    nameSpot(room) {
        const upright = uprightTurn(room.rot);
        if (!upright) {
            return { x: room.x + 12, y: room.y + 23, anchor: "start" };
        }
        const x = room.x + room.w / 2;
        const y = room.y + Math.min(18, room.h / 2);
        // The base line of the text lies below its middle.
        return { x, y: y + 4.5, anchor: "middle", turn: `rotate(${upright} ${x} ${y})` };
    }

    letterTurn({ w, h }, { rot }) {
        const upright = uprightTurn(rot);
        return upright ? `rotate(${upright} ${w - 5.5} ${h / 2})` : undefined;
    }

    /** The kind stands beside the name only if both have room. */
    roomKind({ n, t, w, rot }) {
        return t && !uprightTurn(rot) && n.length * NAME_PX + t.length * KIND_PX + 32 <= w ? t : "";
    }

    turn(room) {
        return turnOf(room) || undefined;
    }
}

function zoomLevel(k) {
    if (k < FAR_SCALE) {
        return k < DOTS_SCALE ? "dots" : "far";
    }
    return k > NEAR_SCALE ? "near" : "mid";
}

/**
 * One floor as a single SVG that can be panned, zoomed and walked with arrow
 * keys. Live changes touch the attributes of the beds concerned and render
 * nothing.
 */
export class FloorPlan extends Component {
    static template = "hostel_booking.FloorPlan";
    static components = { FloorDrawing, MiniMap };
    static props = { store: Object };

    setup() {
        this.store = this.props.store;
        this.state = useState(this.store.state);
        this.stage = useRef("stage");
        this.svg = useRef("svg");
        this.ring = useRef("ring");
        this.viewport = new Viewport();
        this.nodes = new Map();
        this.roomNodes = new Map();
        /** How the small map in the corner hears of moves. */
        this.miniLink = {};
        onMounted(() => this._mount());
        onWillUnmount(() => this._unmount());
        useEffect(
            () => this._drawingChanged(),
            () => [this.state.floorKey, this.layout]
        );
        useEffect(
            () => this._selectionChanged(),
            () => [this.state.floorKey, this.state.selected?.i, this.layout]
        );
    }

    get floorKey() {
        return this.state.floorKey;
    }

    get layout() {
        // The drawings are not reactive; their arrival is.
        return this.state.layoutTurn ? this.store.data.layout(this.floorKey) : undefined;
    }

    get size() {
        return this.layout || { w: 0, h: 0 };
    }

    get drawingKey() {
        return `${this.floorKey}:${this.layout.v}`;
    }

    get planLabel() {
        const floor = this.state.floors.find(({ key }) => key === this.floorKey);
        return _t("Plan of %(floor)s", { floor: floorTitle(floor) });
    }

    // --- life

    _mount() {
        this.gestures = new Gestures(this.stage.el, this.viewport, () => this._chose("hb_gliding"));
        this.resizes = new ResizeObserver(() => this._resized());
        this.resizes.observe(this.stage.el);
        // A sheet that grows, because a hold came or a notice, covers more of the plan.
        this.sheetResizes = new ResizeObserver(() => this._makeRoomSoon());
        const sheet = this.stage.el.closest(".hb_map")?.querySelector(".hb_sheet");
        if (sheet) {
            this.sheetResizes.observe(sheet);
        }
        this.listeners = {
            paint: ({ detail }) => detail.key === this.drawnKey && this.paint(detail.indexes),
            filters: () => this._dim(),
            "focus-bed": ({ detail }) => this._wantFocus(detail),
        };
        for (const [type, handler] of Object.entries(this.listeners)) {
            this.store.bus.addEventListener(type, handler);
        }
    }

    _unmount() {
        this.gestures.destroy();
        this.resizes.disconnect();
        this.sheetResizes.disconnect();
        browser.cancelAnimationFrame(this.frame);
        for (const [type, handler] of Object.entries(this.listeners)) {
            this.store.bus.removeEventListener(type, handler);
        }
    }

    _resized() {
        const { clientWidth, clientHeight } = this.stage.el;
        if (!clientWidth || !clientHeight) {
            return;
        }
        this.viewport.setView(clientWidth, clientHeight);
        if (!this.touched && this.nodes.size) {
            this._start();
        }
        this._moved();
    }

    // --- the beds

    _drawingChanged() {
        this.nodes.clear();
        this.roomNodes.clear();
        // A floor that is drawn anew is no reason to look elsewhere.
        this.touched &&= this.drawnKey === this.floorKey;
        this.drawnKey = this.layout ? this.floorKey : null;
        if (!this.layout) {
            return;
        }
        for (const el of this.svg.el.querySelectorAll("[data-bed]")) {
            const i = Number(el.dataset.bed.split(":").pop());
            const [frame, sign] = el.children;
            this.nodes.set(i, { el, frame, sign, state: null });
        }
        for (const el of this.svg.el.querySelectorAll(".hb_room")) {
            const [free, count] = [".hb_room_free", ".hb_room_count"].map((name) =>
                el.querySelector(name)
            );
            const label = el.getAttribute("aria-label");
            this.roomNodes.set(Number(el.dataset.roomId), { el, free, count, label, known: null });
        }
        this.paint([...this.nodes.keys()], { quiet: true });
        this._paintRooms([...this.roomNodes.keys()]);
        this._dim();
        this._setTabStop(this._firstStop());
        this.viewport.setContent(this.layout.w, this.layout.h);
        this._resized();
        this._focusWanted();
    }

    /** The first view of a floor, as long as nobody has chosen another one. */
    _start() {
        const { selected } = this.state;
        const focus = selected && this.store.data.placed(this.floorKey, selected.i);
        this.viewport.start(FINGER_SCALE, focus?.room);
    }

    /**
     * Show the present state of some beds.
     *
     * @param {number[]} indexes
     * @param {{quiet?: boolean}} [options] quiet: the first painting tells nobody
     */
    paint(indexes, { quiet = false } = {}) {
        const rooms = new Set();
        for (const i of indexes) {
            const node = this.nodes.get(i);
            const state = node && this.store.data.stateOf(this.drawnKey, i);
            if (node && node.state !== state) {
                this._paintNode(node, i, state);
                rooms.add(this.store.data.placed(this.drawnKey, i).room.id);
                if (!quiet) {
                    this._tellRepaint(i, state);
                }
            }
        }
        if (!quiet) {
            this._paintRooms([...rooms]);
        }
    }

    /** Say at each room how many of its beds are free. */
    _paintRooms(rooms) {
        for (const id of rooms) {
            const node = this.roomNodes.get(id);
            const { free, total } = this.store.data.roomCounts(this.drawnKey, id);
            const known = `${free}/${total}`;
            if (node && node.known !== known) {
                node.known = known;
                this._paintRoom(node, free, total);
            }
        }
        this.store.bus.trigger("paint-rooms", { key: this.drawnKey, rooms });
    }

    _paintRoom({ el, free, count, label }, n, total) {
        const text = n ? _t("%(n)s free", { n }) : _t("full");
        el.setAttribute("data-free", n);
        el.setAttribute(
            "aria-label",
            `${label}, ${_t("%(free)s of %(total)s beds free", { free: n, total })}`
        );
        count.textContent = text;
        if (free) {
            free.textContent = text;
        }
    }

    _paintNode(node, i, state) {
        node.state = state;
        node.el.setAttribute("data-state", state);
        const placed = this.store.data.placed(this.floorKey, i);
        node.el.setAttribute("aria-label", bedLabel(placed, state, this.state.currency));
        node.sign.setAttribute("d", SIGNS[state]);
        // A pillow lies at the head of its bed; what is to be read stays upright.
        const upright = LYING.has(state) ? 0 : uprightTurn(placed.room.rot);
        node.sign.setAttribute("transform", signTransform(placed.drawn, upright));
        const fill = frameFill(state);
        if (fill) {
            node.frame.setAttribute("fill", fill);
        } else {
            node.frame.removeAttribute("fill");
        }
    }

    /** For whoever measures how long a change takes to reach the screen. */
    _tellRepaint(i, state) {
        const t = performance.timeOrigin + performance.now();
        const detail = { key: this.floorKey, i, state, t };
        this.svg.el.dispatchEvent(new CustomEvent("hostel-bed-repaint", { detail, bubbles: true }));
    }

    _dim() {
        for (const [i, { el }] of this.nodes) {
            const placed = this.store.data.placed(this.floorKey, i);
            el.classList.toggle("hb_dim", !this.store.matchesFilters(placed));
        }
    }

    // --- looking and walking

    _open(i, ev) {
        this._setTabStop(i);
        this.store.select(this.floorKey, i);
        if (ev.detail === 0) {
            // No pointer: a key or a screen reader, which wants to be where the news is.
            this.store.bus.trigger("focus-sheet");
        }
    }

    onClick(ev) {
        const el = ev.target.closest("[data-bed]");
        if (el) {
            this._open(Number(el.dataset.bed.split(":").pop()), ev);
            return;
        }
        const { x, y } = this.gestures.toView(ev);
        const reach = REACH_PX / this.viewport.k;
        const found = bedAt(this._beds(), this.viewport.toFloor(x, y), reach);
        if (found) {
            this._open(found.i, ev);
        } else {
            this.store.close();
        }
    }

    onKeydown(ev) {
        const i = Number(ev.target.closest("[data-bed]")?.dataset.bed.split(":").pop());
        if (ev.key.startsWith("Arrow") && !Number.isNaN(i)) {
            ev.preventDefault();
            this._walk(i, ev.key);
        } else if ((ev.key === "Enter" || ev.key === " ") && !Number.isNaN(i)) {
            ev.preventDefault();
            this._open(i, { detail: 0 });
        } else if (ev.key === "+" || ev.key === "-" || ev.key === "0") {
            ev.preventDefault();
            this.zoom(ev.key);
        }
    }

    /**
     * The browser scrolls to what it focuses or finds in the page; here that
     * means to move the view.
     */
    onScroll() {
        const { scrollLeft, scrollTop } = this.stage.el;
        if (scrollLeft || scrollTop) {
            this.stage.el.scrollTo(0, 0);
            this.viewport.panBy(-scrollLeft, -scrollTop);
            this.touched = true;
            this._applyTransform();
        }
    }

    onFocusin(ev) {
        const el = ev.target.closest("[data-bed]");
        if (el) {
            this._setTabStop(Number(el.dataset.bed.split(":").pop()));
        }
    }

    zoom(key) {
        if (key === "0") {
            this.viewport.fit();
        } else {
            this.viewport.zoomCenter(key === "+" ? ZOOM_STEP : 1 / ZOOM_STEP);
        }
        this._chose();
    }

    /** Bring a point of the floor to the middle of the view. */
    goTo(x, y) {
        this.viewport.reveal({ x, y, w: 0, h: 0 }, { center: true });
        this._chose("hb_gliding");
    }

    _beds() {
        return this.store.data.bedsOf(this.floorKey);
    }

    _walk(i, arrow) {
        const from = this.store.data.placed(this.floorKey, i);
        const to = neighbour(this._beds(), from, arrow);
        if (to) {
            this._focus(to.i);
        }
    }

    _focus(i) {
        this._setTabStop(i);
        this.nodes.get(i).el.focus({ preventScroll: true });
        this._reveal(i);
    }

    /** Focus a bed, now or when its floor has been drawn. */
    _wantFocus(bed) {
        this.wanted = bed;
        this._focusWanted();
    }

    _focusWanted() {
        const { key, i } = this.wanted || {};
        if (key === this.drawnKey && this.nodes.has(i)) {
            this.wanted = null;
            this._focus(i);
        }
    }

    /** One bed of the plan is in the tab order; arrows walk from there. */
    _setTabStop(i) {
        this.nodes.get(this.tabStop)?.el.setAttribute("tabindex", "-1");
        this.tabStop = i;
        this.nodes.get(i)?.el.setAttribute("tabindex", "0");
    }

    _firstStop() {
        const beds = this._beds();
        const of = (state) => beds.find(({ i }) => this.nodes.get(i)?.state === state);
        return (of("mine") || of("free") || beds[0])?.i;
    }

    _selectionChanged() {
        const { selected } = this.state;
        const i = selected?.key === this.floorKey ? selected.i : null;
        const placed = i === null ? null : this.store.data.placed(this.floorKey, i);
        this.svg.el.querySelector(".hb_room_on")?.classList.remove("hb_room_on");
        this._placeRing(placed);
        if (placed && this.nodes.has(i)) {
            this.nodes.get(i).el.closest(".hb_room").classList.add("hb_room_on");
            this._setTabStop(i);
        }
        this._makeRoomSoon();
    }

    _placeRing(placed) {
        const ring = this.ring.el;
        ring.classList.toggle("d-none", !placed);
        if (placed) {
            const { drawn: bed, turn } = placed;
            ring.setAttribute("transform", turn);
            ring.setAttribute("x", bed.x - 4);
            ring.setAttribute("y", bed.y - 4);
            ring.setAttribute("width", bed.w + 8);
            ring.setAttribute("height", bed.h + 8);
        }
    }

    /** The sheet has its height only after the render. */
    _makeRoomSoon() {
        browser.cancelAnimationFrame(this.frame);
        this.frame = browser.requestAnimationFrame(() => this._makeRoom());
    }

    /** Keep the bed in sight when the sheet of a phone covers the lower part of the plan. */
    _makeRoom() {
        if (!this.stage.el) {
            return;
        }
        const sheet = this.stage.el.closest(".hb_map")?.querySelector(".hb_sheet_open");
        const overlays = sheet && getComputedStyle(sheet).position === "absolute";
        const bottom = overlays ? Math.max(0, sheet.offsetHeight - this._below()) : 0;
        this._moves("hb_easing");
        this.viewport.setInsets({ bottom });
        const { selected } = this.state;
        if (selected?.key === this.floorKey) {
            this._reveal(selected.i);
        }
        this._moved();
    }

    /** Height of what lies between the plan and the lower edge of the app. */
    _below() {
        const app = this.stage.el.closest(".hb_map").getBoundingClientRect();
        return app.bottom - this.stage.el.getBoundingClientRect().bottom;
    }

    _reveal(i) {
        const placed = this.store.data.placed(this.floorKey, i);
        // The room as far as it fits, and the bed in any case.
        const moved = placed && [placed.room, placed.bed].map((box) => this.viewport.reveal(box));
        if (moved?.includes(true)) {
            this._chose();
        }
    }

    // --- the view

    /** The student panned or zoomed: from now on the view is theirs. */
    _chose(how = "hb_easing") {
        this.touched = true;
        this._moves(how);
        this._moved();
    }

    /**
     * Say how the view moves, until it rests. `hb_gliding` follows a hand: the
     * browser shifts a picture of the plan and draws it sharp afterwards.
     * `hb_easing` is our own doing and moves gently.
     */
    _moves(how) {
        const { classList } = this.svg.el;
        browser.clearTimeout(this.restTimer);
        classList.remove("hb_gliding", "hb_easing");
        classList.add(how);
        this.restTimer = browser.setTimeout(
            () => classList.remove("hb_gliding", "hb_easing"),
            REST_MS
        );
    }

    /** Apply the viewport once a frame, however many events came. */
    _moved() {
        if (this.moving) {
            return;
        }
        this.moving = true;
        browser.requestAnimationFrame(() => {
            this.moving = false;
            this._applyTransform();
        });
    }

    _applyTransform() {
        const svg = this.svg.el;
        if (!svg) {
            return;
        }
        const { k, transform } = this.viewport;
        svg.style.transform = transform;
        const zoom = zoomLevel(k);
        if (svg.dataset.zoom !== zoom) {
            svg.dataset.zoom = zoom;
        }
        this.miniLink.show?.(this.viewport);
    }
}
