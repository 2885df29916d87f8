import { Dialog } from "@web/core/dialog/dialog";
import { Component } from "@odoo/owl";

/** Says what is missing before somebody is approved without it. */
export class ProofDialog extends Component {
    static template = "hostel_booking.ProofDialog";
    static components = { Dialog };
    static props = {
        close: Function,
        lines: Array,
        count: Number,
        others: Number,
        all: Function,
        onlyProven: Function,
    };

    run(callback) {
        this.props.close();
        callback();
    }
}
