import { Component } from "@odoo/owl";

/** Size of the box in which the signs below are drawn. */
export const BOX = { w: 34, h: 22 };

const PILLOW = "M6 5h3a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z";

/** One sign a state, so that nobody has to tell colours apart. */
export const SIGNS = {
    free: PILLOW,
    held: PILLOW,
    paying: "M12.5 5h9.5M12.5 8.7h9.5M12.5 5h2.3c5.2 0 5.2 7.4 0 7.4h-2.3l6.7 5.6",
    booked: "M13 7.6a4 4 0 1 0 8 0a4 4 0 1 0-8 0zM9 19q1-6 8-6t8 6z",
    blocked: "M11.5 5.5l11 11M22.5 5.5l-11 11",
    mine: "M10.5 11.5l4.5 4.5 8.8-10",
    no: "M12 16.5L22 5.5",
    retired: "",
    unknown: "",
};

/** States whose sign is a part of the bed and turns with it. */
export const LYING = new Set(["free", "held"]);

/**
 * How a sign sits in the middle of a bed of any size.
 *
 * @param {number} [turn] degrees by which the sign is turned in the bed
 */
export function signTransform({ w, h }, turn = 0) {
    const scale = Math.min(w / BOX.w, h / BOX.h);
    const dx = (w - BOX.w * scale) / 2;
    const dy = (h - BOX.h * scale) / 2;
    const turned = turn ? `rotate(${turn} ${w / 2} ${h / 2}) ` : "";
    return `${turned}translate(${dx} ${dy}) scale(${scale})`;
}

/** Fill of the frame where a plain colour is not enough. */
export function frameFill(state) {
    return state === "held" ? "url(#hb_hatch)" : null;
}

/** A bed as it looks on the map, for legends and lists. */
export class BedShape extends Component {
    static template = "hostel_booking.BedShape";
    static props = { state: String };

    get sign() {
        return SIGNS[this.props.state];
    }

    get fill() {
        return frameFill(this.props.state);
    }
}
