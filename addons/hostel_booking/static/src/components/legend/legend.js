import { Component, useState } from "@odoo/owl";
import { LEGEND, stateTitle } from "../../core/bed_states";
import { BedShape } from "../bed_shape/bed_shape";

/** What the signs mean. Always there on a desk, behind a button on a phone. */
export class Legend extends Component {
    static template = "hostel_booking.Legend";
    static components = { BedShape };
    static props = {};

    setup() {
        this.state = useState({ open: false });
        this.items = LEGEND.map((state) => ({ state, title: stateTitle(state) }));
    }
}
