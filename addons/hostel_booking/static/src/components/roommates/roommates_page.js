import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { roommatesApi } from "../../core/roommates_api";
import { Notice } from "../notice/notice";

const NEWS = "hostel.ping/me";

/** “Roommates”: questions about the own room, the own questions, and who would fit. */
export class RoommatesPage extends Component {
    static template = "hostel_booking.RoommatesPage";
    static components = { Notice };
    static props = {
        services: { type: Object, optional: true, shape: { api: Object, bus: Object } },
    };

    setup() {
        this.api = this.props.services?.api || roommatesApi;
        this.bus = this.props.services?.bus || this.env.services.bus_service;
        this.state = useState({
            pings: null,
            people: null,
            failed: null,
            notice: null,
            busy: false,
            // The message whose answer is being written, and what it will say.
            open: 0,
            mode: "",
            mail: false,
            phone: false,
            text: "",
        });
        this.onNews = () => this._loadPings();
        onMounted(() => {
            this.bus?.subscribe(NEWS, this.onNews);
            this.bus?.start?.();
            this.load();
        });
        onWillUnmount(() => this.bus?.unsubscribe(NEWS, this.onNews));
    }

    get waiting() {
        return this.state.pings.received.filter((ping) => ping.state === "waiting");
    }

    get answered() {
        return this.state.pings.received.filter((ping) => ping.state !== "waiting");
    }

    get stateWords() {
        return {
            waiting: _t("no answer yet"),
            accepted: _t("said yes"),
            declined: _t("you said no"),
            expired: _t("no answer"),
        };
    }

    get receivedWords() {
        return { ...this.stateWords, accepted: _t("you said yes"), expired: _t("too late now") };
    }

    /** @returns {{text: string, url: string, link: string}|null} how to come to suggestions */
    get hint() {
        switch (this.state.people?.standing) {
            case "agree":
                return {
                    text: _t(
                        "To see who would fit, agree to the matching and to sharing your first name."
                    ),
                    url: "/my/privacy",
                    link: _t("My privacy"),
                };
            case "answer":
                return {
                    text: _t("Answer a few questions about how you live first."),
                    url: "/my/details/lifestyle",
                    link: _t("To the questions"),
                };
        }
        return null;
    }

    async load() {
        this.state.failed = null;
        try {
            this.state.pings = await this.api.pings();
        } catch (error) {
            this.state.failed = { code: error.code || "INTERNAL", text: error.message };
            return;
        }
        // Without a round there are no suggestions, and the messages are still there.
        this.state.people = await this.api.suggestions().catch(() => null);
    }

    async _loadPings() {
        if (!this.state.busy) {
            this.state.pings = await this.api.pings().catch(() => this.state.pings);
        }
    }

    open(id, mode) {
        const same = this.state.open === id && this.state.mode === mode;
        Object.assign(this.state, {
            open: same ? 0 : id,
            mode,
            mail: false,
            phone: false,
            text: "",
        });
    }

    async act(target, name, ...args) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        this.state.notice = null;
        try {
            this.state[target] = await this.api[name](...args);
            this.state.open = 0;
            if (name === "report") {
                this.state.notice = {
                    tone: "ok",
                    text: _t("The warden reads it. You need not do anything more."),
                    code: "",
                    next: [],
                };
            }
        } catch (error) {
            this.state.notice = { tone: "warn", text: error.message, code: error.code, next: [] };
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("public_components").add("hostel_booking.roommates_page", RoommatesPage);
