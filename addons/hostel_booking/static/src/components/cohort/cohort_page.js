import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { cohortApi } from "../../core/cohort_api";
import { deadline, formatClock } from "../../core/countdown";
import { useRemaining } from "../hold_ring/hold_ring";
import { Notice } from "../notice/notice";
import { WishForm } from "./wish_form";
import { WishList } from "./wish_list";

const RUPEE = { symbol: "₹", position: "before", digits: 2 };
const NEWS = "hostel.cohort/me";
const STEPS = ["people", "wishes", "submit", "beds"];
const STEP_OF_STATE = {
    forming: "people",
    complete: "wishes",
    awaiting_financial_clearance: "submit",
    cleared: "submit",
    allocated: "beds",
    confirmed: "beds",
};

/** “Live together”: the people, their wishes, handing in, and the beds that come of it. */
export class CohortPage extends Component {
    static template = "hostel_booking.CohortPage";
    static components = { Notice, WishForm, WishList };
    static props = {
        currency: { type: Object, optional: true },
        services: { type: Object, optional: true, shape: { api: Object, bus: Object } },
    };

    setup() {
        this.api = this.props.services?.api || cohortApi;
        this.bus = this.props.services?.bus || this.env.services.bus_service;
        this.state = useState({
            page: null,
            failed: null,
            busy: "",
            notice: null,
            size: 2,
            form: null,
            asked: "",
            copied: false,
        });
        // When the beds that are held for the group run out, by this page's clock.
        this.heldUntil = null;
        this.time = useRemaining(() => this.heldUntil);
        this.onNews = () => this.load({ quiet: true });
        onMounted(() => {
            this.bus?.subscribe(NEWS, this.onNews);
            this.bus?.start?.();
            this.load();
        });
        onWillUnmount(() => this.bus?.unsubscribe(NEWS, this.onNews));
    }

    // What is shown --------------------------------------------------------

    get page() {
        return this.state.page;
    }

    get cohort() {
        return this.page?.cohort;
    }

    get currency() {
        return this.props.currency || RUPEE;
    }

    get steps() {
        const names = {
            people: _t("People"),
            wishes: this.page.window?.takes_wishes ? _t("Wishes") : _t("Pick beds"),
            submit: _t("Hand in"),
            beds: _t("Beds"),
        };
        const shown = STEPS.filter(
            (step) =>
                !(step === "people" && this.cohort?.is_solo) &&
                !(step === "submit" && !this.page.window?.takes_wishes)
        );
        const now = shown.indexOf(this.step);
        return shown.map((step, index) => ({
            id: step,
            name: names[step],
            number: index + 1,
            done: index < now || this.cohort?.state === "confirmed",
            now: index === now,
        }));
    }

    get step() {
        return STEP_OF_STATE[this.cohort?.state] || "people";
    }

    get sizes() {
        const { min, max } = this.page.limits;
        return Array.from({ length: Math.max(0, max - min + 1) }, (_, index) => min + index);
    }

    get freePlaces() {
        const free = this.cohort.size - this.cohort.members.length;
        return Array.from({ length: Math.max(0, free) }, (_, index) => index);
    }

    get inviteUrl() {
        return browser.location.origin + this.cohort.invite.path;
    }

    get heldClock() {
        return formatClock(this.time.left);
    }

    get missing() {
        return this.cohort.members.filter((member) => !member.is_cleared);
    }

    get headline() {
        switch (this.cohort.state) {
            case "forming":
                return this.formingHeadline;
            case "complete":
                return this.completeHeadline;
            case "awaiting_financial_clearance":
                return this.awaitingHeadline;
            case "cleared":
                return this.cohort.was_left_out
                    ? _t("No bed yet. You take part in the next allocation.")
                    : _t("All set. Beds are given after the window closes.");
            case "allocated":
                return this.cohort.beds.some((bed) => bed.is_mine && !bed.is_settled)
                    ? _t("Your bed is waiting. Confirm it in time.")
                    : _t("You have beds. The warden looks at them.");
            case "confirmed":
                return _t("The beds are yours.");
        }
        return this.cohort.state_label;
    }

    get formingHeadline() {
        const count = this.cohort.size - this.cohort.members.length;
        return count === 1 ? _t("One place is free") : _t("%(count)s places are free", { count });
    }

    get completeHeadline() {
        const { held, is_solo, wishes } = this.cohort;
        if (held) {
            return _t("You hold beds together");
        }
        if (!this.page.window?.takes_wishes) {
            return _t("You are complete. Pick your beds on the map.");
        }
        if (wishes.length) {
            return _t("Ready to hand in");
        }
        return is_solo
            ? _t("Where would you like to live?")
            : _t("You are complete. Where would you like to live?");
    }

    /** Leaving changes what was handed in for all, as long as it can be handed in again. */
    get leaveQuestion() {
        const handedIn = ["awaiting_financial_clearance", "cleared"].includes(this.cohort.state);
        return handedIn && !this.cohort.is_solo && this.page.window?.state !== "closed"
            ? _t("Really? The wishes of all of you are then taken back.")
            : _t("Really?");
    }

    get awaitingHeadline() {
        const count = this.missing.length;
        if (this.cohort.is_solo) {
            return _t("Handed in. Your dues are not cleared yet.");
        }
        return count === 1
            ? _t("Handed in. One of you is not cleared yet.")
            : _t("Handed in. %(count)s of you are not cleared yet.", { count });
    }

    who(person) {
        if (person.name) {
            return person.name;
        }
        return this.about(person) || _t("A student");
    }

    moreLabel(person) {
        return _t("More about %(name)s", { name: this.who(person) });
    }

    about(person) {
        const year = person.year ? _t("year %(year)s", { year: person.year }) : "";
        return [person.department, year].filter(Boolean).join(", ");
    }

    initial(person) {
        return (person.name || person.department || "?").slice(0, 1).toUpperCase();
    }

    // What one can do --------------------------------------------------------

    async load({ quiet = false } = {}) {
        if (quiet && this.state.busy) {
            return;
        }
        this.state.failed = null;
        try {
            this._show(await this.api.me());
        } catch (error) {
            if (!quiet) {
                this.state.failed = { code: error.code || "INTERNAL", text: error.message };
            }
        }
    }

    _show(page) {
        const held = page.cohort?.held;
        this.heldUntil = held ? deadline(held.ends_in_ms) : null;
        this.state.page = page;
    }

    async act(name, ...args) {
        if (this.state.busy) {
            return false;
        }
        this.state.busy = name;
        this.state.notice = null;
        this.state.asked = "";
        try {
            this._show(await this.api[name](...args));
            return true;
        } catch (error) {
            this.state.notice = { tone: "warn", text: error.message, code: error.code, next: [] };
            this.api.me().then(
                (page) => this._show(page),
                () => {}
            );
            return false;
        } finally {
            this.state.busy = "";
        }
    }

    /** What can't be undone is asked once more, in place. */
    ask(what) {
        this.state.asked = this.state.asked === what ? "" : what;
    }

    async share() {
        const url = this.inviteUrl;
        if (browser.navigator.share) {
            try {
                await browser.navigator.share({ title: _t("Live together"), url });
            } catch {
                // Closing the phone's sheet is no mistake.
            }
            return;
        }
        await this.copy();
    }

    async copy() {
        try {
            await browser.navigator.clipboard.writeText(this.inviteUrl);
            this.state.copied = true;
            browser.setTimeout(() => (this.state.copied = false), 3000);
        } catch {
            document.querySelector(".hb_invite_link")?.select();
        }
    }

    async openForm() {
        this.state.busy = "choices";
        try {
            this.state.form = await this.api.choices();
        } catch (error) {
            this.state.notice = { tone: "warn", text: error.message, code: error.code, next: [] };
        } finally {
            this.state.busy = "";
        }
    }

    async addWish(wish) {
        if (await this.act("addWish", wish)) {
            this.state.form = null;
        }
    }
}

registry.category("public_components").add("hostel_booking.cohort_page", CohortPage);
