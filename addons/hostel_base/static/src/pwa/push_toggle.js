import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";
import { getSubscription, subscribe, unsubscribe } from "./push_subscription";

/** "Notify me on this device": on, off, or why it can't be. */
export class PushToggle extends Interaction {
    static selector = ".o_hostel_push";
    dynamicContent = {
        _root: {
            "t-att-hidden": () => (this.state === "loading" ? "hidden" : undefined),
            "t-att-data-push": () => this.state,
        },
        ".o_hostel_push_text": { "t-out": () => this.text },
        ".o_hostel_push_button": {
            "t-on-click.prevent": this.onToggle,
            "t-out": () => (this.state === "on" ? _t("Turn off") : _t("Turn on")),
            "t-att-hidden": () => (["on", "off"].includes(this.state) ? undefined : "hidden"),
            "t-att-disabled": () => (this.busy ? "disabled" : undefined),
            "t-att-class": () => ({
                "btn-primary": this.state !== "on",
                "btn-outline-secondary": this.state === "on",
            }),
        },
    };

    setup() {
        this.state = "loading";
        this.busy = false;
        this.error = "";
    }

    async willStart() {
        this.state = await this.findState();
    }

    get text() {
        return (
            this.error ||
            {
                on: _t("On. New notices come to this device, also when the site is closed."),
                off: _t(
                    "Get notices also when the site is closed. Your browser asks for permission; you can turn it off here at any time."
                ),
                blocked: _t(
                    "Your browser blocks notifications of this site. Allow them in the browser's settings for this site, then reload the page."
                ),
                install: _t(
                    "On an iPhone or iPad, first add this site to the home screen (Share, then “Add to Home Screen”), and open it from there."
                ),
                unsupported: _t("This browser can't show notifications."),
            }[this.state] ||
            ""
        );
    }

    async findState() {
        const { navigator } = browser;
        if (!navigator.serviceWorker || !window.PushManager || !window.Notification) {
            const isApple = /iPad|iPhone|iPod/.test(navigator.userAgent);
            return isApple && !navigator.standalone ? "install" : "unsupported";
        }
        if (Notification.permission === "denied") {
            return "blocked";
        }
        const subscription = await getSubscription().catch(() => null);
        return subscription && Notification.permission === "granted" ? "on" : "off";
    }

    async onToggle() {
        this.busy = true;
        this.error = "";
        this.updateContent();
        try {
            await this.waitFor(this.state === "on" ? unsubscribe() : subscribe());
        } catch (error) {
            this.error =
                error.name === "NotAllowedError"
                    ? ""
                    : _t("That did not work: %s", error.message || error.name);
        }
        this.busy = false;
        this.state = await this.waitFor(this.findState());
        this.updateContent();
    }
}

registry.category("public.interactions").add("hostel_base.push_toggle", PushToggle);
