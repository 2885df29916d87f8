import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { post } from "../../core/api";

/** Nothing is free in this hostel: one tap gets the student in line. */
export class WaitlistHint extends Component {
    static template = "hostel_booking.WaitlistHint";
    static props = {
        store: Object,
        /** Another way to reach the server than the page's own. */
        post: { type: Function, optional: true },
    };

    setup() {
        this.state = useState(this.props.store.state);
        this.my = useState(this.props.store.my.state);
        this.ui = useState({ busy: false, place: null, error: "" });
    }

    /** Only for who could book here and has nothing, and only when every floor was heard of. */
    get isShown() {
        const { floors, student, window: door } = this.state;
        const open = door.state === "open" || door.state === "closed";
        return (
            Boolean(student) &&
            !this.my.bed &&
            !this.state.round?.practice &&
            open &&
            floors.length > 0 &&
            floors.every((floor) => floor.loaded && floor.eligible && !floor.free)
        );
    }

    get placeText() {
        return _t("You are number %(place)s in line. We write to you when it is your turn.", {
            place: this.ui.place,
        });
    }

    async join() {
        this.ui.busy = true;
        this.ui.error = "";
        const send = this.props.post || post;
        try {
            const answer = await send("/hostel/waitlist/join", {
                hostel_id: this.state.hostel.id,
            });
            this.ui.place = answer.entry.position;
        } catch (error) {
            this.ui.error = error.message;
        } finally {
            this.ui.busy = false;
        }
    }
}
