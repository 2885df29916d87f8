import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** Says that reading a photo takes a while, and stops a file that is too large before it is sent. */
export class DocumentForm extends Interaction {
    static selector = ".o_hostel_document_form";
    dynamicContent = {
        _root: { "t-on-submit": this.onSubmit },
        "input[type=file]": { "t-on-change": this.onChoose },
        ".o_hostel_document_problem": {
            "t-att-class": () => ({ "d-none": !this.tooLarge }),
            "t-out": () => (this.tooLarge ? this.words.large : ""),
        },
        ".o_hostel_document_send": {
            "t-att-class": () => ({ "d-none": this.busy }),
            "t-att-disabled": () => this.busy || this.tooLarge,
        },
        ".o_hostel_document_busy": { "t-att-class": () => ({ "d-none": !this.busy }) },
    };

    setup() {
        this.busy = false;
        this.tooLarge = false;
        this.words = { ...this.el.querySelector(".o_hostel_document_problem").dataset };
    }

    start() {
        // The browser's back button brings the page as it was left.
        this.addListener(window, "pageshow", () => {
            this.busy = false;
        });
    }

    onChoose(ev) {
        const [file] = ev.currentTarget.files;
        this.tooLarge = Boolean(file) && file.size > Number(this.el.dataset.maxBytes);
    }

    onSubmit(ev) {
        if (this.busy || this.tooLarge) {
            ev.preventDefault();
            return;
        }
        this.busy = true;
    }
}

registry.category("public.interactions").add("hostel_base.document_form", DocumentForm);
