import { Component, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { cohortApi } from "../../core/cohort_api";

/** The one button of an invite link. */
export class CohortJoin extends Component {
    static template = "hostel_booking.CohortJoin";
    static props = { token: String, api: { type: Object, optional: true } };

    setup() {
        this.state = useState({ busy: false, error: null });
    }

    async join() {
        this.state.busy = true;
        this.state.error = null;
        try {
            await (this.props.api || cohortApi).join(this.props.token);
            browser.location.assign("/my/cohort");
        } catch (error) {
            this.state.busy = false;
            this.state.error = error;
        }
    }
}

registry.category("public_components").add("hostel_booking.cohort_join", CohortJoin);
