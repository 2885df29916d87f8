import { Component, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { turnOf } from "../../core/turned";

/** Where nearly all of the floor is on the screen there is nothing to find. */
const SHOWN_SHARE = 0.75;

/**
 * The whole floor small in a corner while only a part of it is on the screen: which rooms have
 * free beds, and which part one looks at. A tap or a drag goes there. Who walks by keyboard or
 * listens has the arrow keys and the list, so it is hidden from them.
 */
export class MiniMap extends Component {
    static template = "hostel_booking.MiniMap";
    static props = {
        floorKey: String,
        layout: Object,
        store: Object,
        /** Gets a `show(viewport)` to call whenever the view moves. */
        link: Object,
        onGo: Function,
    };

    setup() {
        this.root = useRef("root");
        this.frame = useRef("frame");
        this.boxes = new Map();
        const paint = ({ detail }) =>
            detail.key === this.props.floorKey && this._paint(detail.rooms);
        this.props.store.bus.addEventListener("paint-rooms", paint);
        this.props.link.show = (viewport) => this._show(viewport);
        onWillUnmount(() => {
            this.props.store.bus.removeEventListener("paint-rooms", paint);
            this.props.link.show = null;
        });
        useEffect(
            () => this._drawn(),
            () => [this.props.layout]
        );
    }

    turn(room) {
        return turnOf(room) || undefined;
    }

    _drawn() {
        this.boxes.clear();
        for (const box of this.root.el.querySelectorAll("[data-mini-room]")) {
            this.boxes.set(Number(box.dataset.miniRoom), box);
        }
        this._paint([...this.boxes.keys()]);
    }

    _paint(rooms) {
        for (const id of rooms) {
            const { free } = this.props.store.data.roomCounts(this.props.floorKey, id);
            this.boxes.get(id)?.setAttribute("data-free", free ? "1" : "0");
        }
    }

    _show({ k, x, y, view, content }) {
        if (!this.root.el) {
            return;
        }
        const left = Math.max(0, -x / k);
        const top = Math.max(0, -y / k);
        const w = Math.max(0, Math.min(content.w, (view.w - x) / k) - left);
        const h = Math.max(0, Math.min(content.h, (view.h - y) / k) - top);
        const shown = w * h < SHOWN_SHARE * content.w * content.h;
        this.root.el.classList.toggle("hb_mini_on", shown);
        if (shown) {
            const box = { x: left, y: top, width: w, height: h };
            for (const [name, value] of Object.entries(box)) {
                this.frame.el.setAttribute(name, value);
            }
        }
    }

    go(ev) {
        if (ev.type === "pointermove" && !ev.buttons) {
            return;
        }
        const box = this.root.el.querySelector("svg").getBoundingClientRect();
        const { w, h } = this.props.layout;
        // The drawing keeps its proportions inside the box.
        const scale = Math.min(box.width / w, box.height / h);
        this.props.onGo(
            (ev.clientX - box.left - (box.width - w * scale) / 2) / scale,
            (ev.clientY - box.top - (box.height - h * scale) / 2) / scale
        );
    }
}
