import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Free beds as buttons, floor by floor, with what a warden looks for on each. */
export class BedChoiceField extends Component {
    static template = "hostel_base.BedChoice";
    static props = { ...standardFieldProps };

    get floors() {
        return this.props.record.data.bed_choices || [];
    }

    get chosenId() {
        return this.props.record.data[this.props.name]?.id;
    }

    get count() {
        return this.floors.reduce((sum, floor) => sum + floor.beds.length, 0);
    }

    getMates(bed) {
        return bed.mates ? _t("%s in the room", bed.mates) : _t("empty room");
    }

    choose(bed) {
        if (!this.props.readonly) {
            this.props.record.update({
                [this.props.name]: { id: bed.id, display_name: bed.name },
            });
        }
    }
}

registry.category("fields").add("hostel_bed_choice", {
    component: BedChoiceField,
    displayName: _t("Free beds"),
    supportedTypes: ["many2one"],
    fieldDependencies: [{ name: "bed_choices", type: "json" }],
});
