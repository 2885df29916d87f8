import { Component } from "@odoo/owl";
import { formatMoney } from "../../core/money";

/** A message where the student looks, with the way out as buttons and the code in small print. */
export class Notice extends Component {
    static template = "hostel_booking.Notice";
    static props = {
        notice: Object,
        currency: { type: Object, optional: true },
        onNext: { type: Function, optional: true },
    };
}

/** Buttons that lead to other beds. */
export class NextBeds extends Component {
    static template = "hostel_booking.NextBeds";
    static props = { beds: Array, currency: Object, onNext: Function };

    price(bed) {
        return formatMoney(bed.price, this.props.currency);
    }
}

Notice.components = { NextBeds };
