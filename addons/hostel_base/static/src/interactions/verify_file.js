import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** Fingerprint of some bytes, as SHA-256 in hexadecimal digits. */
export async function fingerprint(bytes) {
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(
        ""
    );
}

/** Compares a file with the issued one, in the browser: nothing is sent anywhere. */
export class VerifyFile extends Interaction {
    static selector = ".o_hostel_verify_file";
    dynamicContent = {
        "input[type=file]": { "t-on-change": (ev) => this.onFile(ev.currentTarget.files[0]) },
        ".o_hostel_verify_drop": {
            "t-on-dragover.prevent": () => (this.over = true),
            "t-on-dragleave": () => (this.over = false),
            "t-on-drop.prevent": (ev) => this.onFile(ev.dataTransfer.files[0]),
            "t-att-class": () => ({ o_hostel_verify_over: this.over }),
        },
        ".o_hostel_verify_result": {
            "t-att-class": () => ({
                "d-none": !this.outcome,
                "text-success": this.outcome === "same",
                "text-danger": this.outcome === "other",
            }),
            "t-out": () =>
                this.outcome ? this.signs[this.outcome] + this.words[this.outcome] : "",
        },
    };

    setup() {
        this.over = false;
        this.outcome = "";
        this.signs = { same: "✓ ", other: "✗ ", none: "" };
        this.words = { ...this.el.querySelector(".o_hostel_verify_result").dataset };
    }

    async onFile(file) {
        this.over = false;
        if (!file) {
            return;
        }
        if (!globalThis.crypto?.subtle) {
            // Browsers compute fingerprints on secure pages only.
            this.outcome = "none";
            return;
        }
        const found = await this.waitFor(file.arrayBuffer().then(fingerprint));
        this.outcome = found === this.el.dataset.sha256 ? "same" : "other";
        this.updateContent();
    }
}

registry.category("public.interactions").add("hostel_base.verify_file", VerifyFile);
