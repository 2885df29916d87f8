import { SignatureForm } from "@portal/signature_form/signature_form";
import { registry } from "@web/core/registry";
import { redirect } from "@web/core/utils/urls";
import { _t } from "@web/core/l10n/translation";
import { onMounted, onWillUnmount } from "@odoo/owl";

/** Odoo's signature form, on a route that refuses with a sentence and a code. */
export class HostelSignatureForm extends SignatureForm {
    setup() {
        super.setup();
        onMounted(() => this.readFirst());
        onWillUnmount(() => this.stopReading?.());
    }

    /** Odoo's form takes the focus when it is there; the page would jump over what is signed. */
    readFirst() {
        const goBack = () => {
            if (this.rootRef.el?.contains(document.activeElement)) {
                document.activeElement.blur();
                window.scrollTo({ top: 0, behavior: "instant" });
            }
        };
        const stop = new AbortController();
        this.stopReading = () => stop.abort();
        this.rootRef.el.addEventListener("focusin", goBack, { signal: stop.signal });
        for (const sign of ["pointerdown", "keydown", "wheel", "touchstart"]) {
            window.addEventListener(sign, this.stopReading, {
                capture: true,
                passive: true,
                signal: stop.signal,
            });
        }
        goBack();
    }

    get sendLabel() {
        return _t("Sign");
    }

    async onClickSubmit() {
        if (this.busy) {
            return;
        }
        this.busy = true;
        this.state.error = false;
        const signature = this.signature.getSignatureImage().split(",")[1];
        try {
            const response = await fetch(this.props.callUrl, {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ name: this.signature.name, signature }),
            });
            const answer = await response.json();
            if (answer.success) {
                redirect(answer.url);
                return;
            }
            this.state.error = answer.error;
        } catch {
            this.state.error = _t("No connection. Nothing was signed; try again.");
        }
        this.busy = false;
    }
}

registry.category("public_components").add("hostel_booking.signature_form", HostelSignatureForm);
