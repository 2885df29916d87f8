import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/**
 * What can be done about an occupant, below the card: components with the props
 * `store`, `occupant`, `mapKey` and `roomId`. Other parts of the booking add theirs.
 */
export const occupantActions = registry.category("hostel_booking.occupant_actions");

/** Who has the other beds of the room, as far as somebody who might move in may know. */
export class Occupants extends Component {
    static template = "hostel_booking.Occupants";
    static props = { store: Object };

    setup() {
        this.people = useState(this.props.store.people.state);
        this.state = useState(this.props.store.state);
        this.actions = occupantActions.getEntries().map(([name, Action]) => ({ name, Action }));
    }

    place({ label, ref }) {
        return _t("Bed %(bed)s · Ref #%(ref)s", { bed: label, ref });
    }

    /** @returns {{text: string, url: string, link: string}|null} how to come to scores */
    get hint() {
        switch (this.people.matching) {
            case "agree":
                return {
                    text: _t("See how well you would get on:"),
                    url: "/my/details",
                    link: _t("agree to the matching"),
                };
            case "answer":
                return {
                    text: _t("See how well you would get on:"),
                    url: "/my/details/lifestyle",
                    link: _t("answer a few questions"),
                };
            case "later":
                return { text: _t("Your new answers count from the next booking on."), url: "" };
        }
        return null;
    }
}
