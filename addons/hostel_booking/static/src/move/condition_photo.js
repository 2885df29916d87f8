import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** A photo is sent as soon as it is taken; one that is too large is not sent at all. */
export class ConditionPhoto extends Interaction {
    static selector = ".o_hostel_condition_photo";
    dynamicContent = { "input[type=file]": { "t-on-change": this.onChoose } };

    onChoose(ev) {
        const [file] = ev.currentTarget.files;
        if (!file) {
            return;
        }
        const label = this.el.querySelector(".o_hostel_photo_label");
        if (file.size > Number(this.el.dataset.maxBytes)) {
            label.textContent = label.dataset.large;
            ev.currentTarget.value = "";
            return;
        }
        label.textContent = label.dataset.busy;
        this.el.submit();
    }
}

registry.category("public.interactions").add("hostel_booking.condition_photo", ConditionPhoto);
