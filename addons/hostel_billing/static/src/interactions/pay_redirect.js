import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * Goes on to Camu by itself, once: whoever comes back with the browser's back button finds
 * the button instead of being thrown forward again.
 */
export class PayRedirect extends Interaction {
    static selector = ".o_hostel_pay";

    start() {
        const form = this.el.querySelector("form");
        if (form && !this.cameBack()) {
            this.el.querySelector(".o_hostel_pay_going").classList.remove("d-none");
            form.submit();
        }
    }

    cameBack() {
        const [navigation] = performance.getEntriesByType("navigation");
        return navigation?.type === "back_forward";
    }
}

registry.category("public.interactions").add("hostel_billing.pay_redirect", PayRedirect);
