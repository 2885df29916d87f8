import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { uprightTurn } from "./geometry";

const NAME_PX = 8;
const KIND_PX = 5.6;
const LABEL_PX = 10;

export const shapeWords = () => ({
    corridor: _t("Corridor"),
    stairs: _t("Stairs"),
    lift: _t("Lift"),
    bath: _t("Washrooms"),
    common: _t("Common room"),
    mess: _t("Mess"),
    wall: _t("Wall"),
    label: _t("Label"),
});

export function bedsText(count) {
    return count === 1 ? _t("1 bed") : _t("%s beds", count);
}

export function itemTransform({ x, y, w, h, rot }) {
    const turn = rot ? ` rotate(${rot} ${w / 2} ${h / 2})` : "";
    return `translate(${x} ${y})${turn}`;
}

/**
 * One room or shape of the plan, drawn in its own frame. Renders only when it
 * changed: the plan hands on the very items that stayed the same.
 */
export class PlanItem extends Component {
    static template = "hostel_base.PlanItem";
    static props = {
        item: Object,
        /** The room's record: name, type, beds. */
        room: { type: Object, optional: true },
        selected: Boolean,
        warned: Boolean,
        focusable: Boolean,
    };

    get item() {
        return this.props.item;
    }

    get classes() {
        const { kind, type } = this.item;
        const state = `${this.props.selected ? "hfe_on" : ""} ${this.props.warned ? "hfe_warned" : ""}`;
        return `hfe_item hfe_${kind} hfe_type_${type || "room"} ${state}`;
    }

    get transform() {
        return itemTransform(this.item);
    }

    get name() {
        if (this.item.kind === "shape") {
            return this.item.label || shapeWords()[this.item.type];
        }
        return this.props.room?.name || "";
    }

    get words() {
        const { item } = this;
        if (item.kind === "shape") {
            const word = shapeWords()[item.type];
            return item.label ? `${word}: ${item.label}` : word;
        }
        const parts = [_t("Room %s", this.name), this.props.room?.type];
        if (item.rot) {
            parts.push(_t("turned by %s°", item.rot));
        }
        if (this.props.warned) {
            parts.push(_t("needs a look"));
        }
        return parts.filter(Boolean).join(", ");
    }

    // --- rooms

    get shownName() {
        const fits = Math.max(3, Math.floor((this.item.w - 18) / NAME_PX));
        return this.name.length > fits ? `${this.name.slice(0, fits - 1)}…` : this.name;
    }

    get kindText() {
        const text = this.props.room ? bedsText(this.item.beds.length) : "";
        const both = this.name.length * NAME_PX + text.length * KIND_PX + 30 <= this.item.w;
        return both && !this.upright ? text : "";
    }

    get upright() {
        return uprightTurn(this.item.rot);
    }

    /** Where the number stands: in its corner, or for a turned room in the middle of its head. */
    get nameSpot() {
        const { w, h } = this.item;
        return this.upright
            ? { x: w / 2, y: Math.min(18, h / 2), anchor: "middle" }
            : { x: 12, y: Math.min(18, h / 2), anchor: "start" };
    }

    get nameTurn() {
        const { x, y } = this.nameSpot;
        return this.upright ? `rotate(${this.upright} ${x} ${y})` : undefined;
    }

    bedLabel(index) {
        return this.props.room?.beds.find(({ i }) => i === index)?.label || "";
    }

    bedTurn({ w, h }) {
        return this.upright ? `rotate(${this.upright} ${w / 2} ${h / 2})` : undefined;
    }

    // --- shapes

    /** A label in a narrow shape runs along it. */
    get labelTurn() {
        const { w, h } = this.item;
        return h > w * 1.6 && this.name.length * LABEL_PX > w
            ? `rotate(-90 ${w / 2} ${h / 2})`
            : undefined;
    }

    get showsLabel() {
        return this.item.type !== "wall" || Boolean(this.item.label);
    }

    /** Treads of stairs, across the way one walks. */
    get treads() {
        const { type, w, h } = this.item;
        if (type !== "stairs") {
            return "";
        }
        const along = Math.max(w, h);
        const count = Math.min(40, Math.floor(along / 9));
        const at = (n) => (along * n) / count;
        return [...Array(Math.max(0, count - 1)).keys()]
            .map((n) => (w >= h ? `M${at(n + 1)} 0v${h}` : `M0 ${at(n + 1)}h${w}`))
            .join("");
    }
}
