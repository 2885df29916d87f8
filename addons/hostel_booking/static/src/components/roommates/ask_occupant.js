import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { roommatesApi } from "../../core/roommates_api";

/** Below the card of somebody who has a bed in the room: ask, without knowing who it is. */
export class AskOccupant extends Component {
    static template = "hostel_booking.AskOccupant";
    static props = {
        store: { type: Object, optional: true },
        occupant: Object,
        mapKey: String,
        roomId: Number,
        api: { type: Object, optional: true },
    };

    setup() {
        this.api = this.props.api || roommatesApi;
        this.state = useState({
            open: false,
            busy: false,
            sent: false,
            error: null,
            offer: null,
            phrase: "",
            message: "",
            mail: false,
            phone: false,
        });
    }

    async toggle() {
        this.state.open = !this.state.open;
        this.state.error = null;
        if (this.state.open && !this.state.offer) {
            try {
                this.state.offer = await this.api.phrases();
                this.state.phrase ||= this.state.offer.phrases[0].code;
            } catch (error) {
                this.state.open = false;
                this.state.error = error;
            }
        }
    }

    async send() {
        const { phrase, message, mail, phone } = this.state;
        this.state.busy = true;
        this.state.error = null;
        try {
            await this.api.send({
                key: this.props.mapKey,
                room: this.props.roomId,
                ref: this.props.occupant.ref,
                phrase,
                message: message.trim(),
                mail,
                phone,
            });
            this.state.sent = true;
            this.state.open = false;
        } catch (error) {
            this.state.error = error;
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("hostel_booking.occupant_actions").add("ask", AskOccupant);
