import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { KeepLast } from "@web/core/utils/concurrency";
import { Layout } from "@web/search/layout";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useLiveRefresh } from "@hostel_base/live/live_refresh";
import { ApprovalRow } from "./approval_row";
import { BatchBar } from "./batch_bar";
import { ProofDialog } from "./proof_dialog";
import { Component, onMounted, onWillStart, onWillUnmount, useRef, useState } from "@odoo/owl";

const PAGE = 60;
const REFRESH_SECONDS = 15;
const KEPT = "hostel_booking.approval_desk";

/** What waits for a warden: filters with counts, rows with their proof, one key for a decision. */
export class ApprovalDesk extends Component {
    static template = "hostel_booking.ApprovalDesk";
    static components = { ApprovalRow, BatchBar, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.bus = useService("bus_service");
        this.keepLast = new KeepLast();
        this.root = useRef("root");
        this.searchInput = useRef("search");
        this.display = { controlPanel: {} };
        const kept = JSON.parse(browser.localStorage.getItem(KEPT) || "{}");
        this.state = useState({
            data: null,
            cards: {},
            chosen: {},
            focused: null,
            options: {
                filter: "awaiting",
                hostel_id: kept.hostel_id || false,
                group: kept.group || "room",
                search: "",
            },
            busy: false,
            failed: "",
            shown: PAGE,
            batches: [],
            undo: null,
        });
        this.onSearch = useDebounced(() => this.load(), 250);
        this.onProgress = this.onProgress.bind(this);
        onWillStart(() => this.load());
        onMounted(() => {
            this.bus.subscribe("hostel.approval/progress", this.onProgress);
            this.root.el?.focus();
        });
        onWillUnmount(() => {
            this.bus.unsubscribe("hostel.approval/progress", this.onProgress);
            browser.clearInterval(this.clock);
        });
        useLiveRefresh(
            () => this.refresh(),
            () => !document.querySelector(".modal, .o_command_palette"),
            REFRESH_SECONDS
        );
    }

    // --- what is shown -----------------------------------------------------

    async load() {
        try {
            const data = await this.keepLast.add(
                this.orm.call("hostel.approval.desk", "get_data", [{ ...this.state.options }])
            );
            this.state.cards = {};
            this.state.shown = PAGE;
            this.take(data);
        } catch (error) {
            if (!this.state.data) {
                throw error;
            }
            this.state.failed = error.data?.message || error.message;
        }
    }

    /** Looks again: numbers only, and the cards that are new. */
    async refresh() {
        try {
            const data = await this.keepLast.add(
                this.orm.silent.call("hostel.approval.desk", "get_data", [
                    { ...this.state.options, with_cards: false },
                ])
            );
            this.take(data);
            await this.fetchCards();
        } catch {
            this.state.failed = _t("Not current: the server does not answer.");
        }
    }

    take(data) {
        for (const card of data.cards) {
            this.state.cards[card.id] = card;
        }
        this.state.data = data;
        this.state.failed = "";
        this.state.batches = this.mergeBatches(data.batches);
        const ids = new Set(this.ids);
        for (const id of Object.keys(this.state.chosen)) {
            if (!ids.has(Number(id))) {
                delete this.state.chosen[id];
            }
        }
        if (!ids.has(this.state.focused)) {
            this.state.focused = this.ids[0] || null;
        }
    }

    mergeBatches(batches) {
        const now = Date.now();
        return batches.map((batch) => ({ ...batch, due: now + batch.due_in_ms }));
    }

    onProgress(batch) {
        const known = this.state.batches.find((other) => other.id === batch.id);
        const [mine] = this.mergeBatches([batch]);
        if (known) {
            Object.assign(known, mine);
        } else {
            this.state.batches.unshift(mine);
        }
        if (["done", "withdrawn"].includes(batch.state)) {
            this.refresh();
        }
    }

    async fetchCards() {
        const missing = this.visibleIds.filter((id) => !this.state.cards[id]);
        for (let start = 0; start < missing.length; start += PAGE) {
            const cards = await this.orm.silent.call("hostel.approval.desk", "get_cards", [
                missing.slice(start, start + PAGE),
            ]);
            for (const card of cards) {
                this.state.cards[card.id] = card;
            }
        }
    }

    get ids() {
        return this.state.data.groups.flatMap((group) => group.ids);
    }

    get visibleIds() {
        return this.ids.slice(0, this.state.shown);
    }

    /** Groups as far as they are shown, each with the rows that are there already. */
    get groups() {
        let left = this.state.shown;
        const groups = [];
        for (const group of this.state.data.groups) {
            if (left <= 0) {
                break;
            }
            const ids = group.ids.slice(0, left);
            left -= ids.length;
            groups.push({ ...group, cards: ids.map((id) => this.state.cards[id]).filter(Boolean) });
        }
        return groups;
    }

    get hidden() {
        return Math.max(0, this.ids.length - this.state.shown);
    }

    get sections() {
        const titles = { state: "", proof: _t("Proof"), source: _t("Came from") };
        return Object.keys(titles).map((key) => ({
            key,
            title: titles[key],
            filters: this.state.data.filters.filter((item) => item.section === key),
        }));
    }

    get current() {
        return this.state.cards[this.state.focused];
    }

    get chosenIds() {
        return this.ids.filter((id) => this.state.chosen[id]);
    }

    get isApprovedView() {
        return this.state.options.filter === "approved";
    }

    get isUnplacedView() {
        return this.state.options.filter === "unplaced";
    }

    /** What the bar below offers to take back; a batch has its own bar with the same button. */
    get undo() {
        const isBatch = this.state.batches.some((batch) => batch.state === "waiting");
        return isBatch ? null : this.state.undo;
    }

    get allChosen() {
        return this.ids.length > 0 && this.chosenIds.length === this.ids.length;
    }

    // --- choosing ----------------------------------------------------------

    setFilter(key) {
        this.state.options.filter = key;
        this.state.chosen = {};
        this.state.focused = null;
        return this.load();
    }

    setOption(name, value) {
        this.state.options[name] = value;
        const { hostel_id, group } = this.state.options;
        browser.localStorage.setItem(KEPT, JSON.stringify({ hostel_id, group }));
        this.state.chosen = {};
        return this.load();
    }

    toggle(id) {
        if (this.state.chosen[id]) {
            delete this.state.chosen[id];
        } else {
            this.state.chosen[id] = true;
        }
    }

    toggleMany(ids) {
        const all = ids.every((id) => this.state.chosen[id]);
        for (const id of ids) {
            if (all) {
                delete this.state.chosen[id];
            } else {
                this.state.chosen[id] = true;
            }
        }
    }

    isGroupChosen(group) {
        return group.ids.every((id) => this.state.chosen[id]);
    }

    async showMore() {
        this.state.shown += PAGE;
        await this.fetchCards();
    }

    async focusRow(id, scroll = false) {
        this.state.focused = id;
        if (scroll) {
            const index = this.ids.indexOf(id);
            if (index >= this.state.shown) {
                await this.showMore();
            }
            await Promise.resolve();
            this.root.el?.querySelector(`[data-row="${id}"]`)?.scrollIntoView({ block: "nearest" });
        }
    }

    // --- keys --------------------------------------------------------------

    onKeydown(ev) {
        const inField = ["INPUT", "SELECT", "TEXTAREA"].includes(ev.target.tagName);
        if (ev.ctrlKey || ev.metaKey || ev.altKey || (inField && ev.target.type !== "checkbox")) {
            return;
        }
        const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[ev.key];
        if (step) {
            ev.preventDefault();
            const ids = this.ids;
            const at = ids.indexOf(this.state.focused);
            const next = ids[Math.min(Math.max(at + step, 0), ids.length - 1)];
            return next && this.focusRow(next, true);
        }
        const onButton = ["BUTTON", "A"].includes(ev.target.tagName);
        const acts = {
            x: () => this.state.focused && this.toggle(this.state.focused),
            a: () => this.approve(),
            r: () => this.reject(),
            z: () => this.withdrawLast(),
            "/": () => this.searchInput.el?.focus(),
            Enter: () => !onButton && this.state.focused && this.open(this.state.focused),
        };
        if (acts[ev.key] && !(onButton && ev.key === "Enter")) {
            ev.preventDefault();
            acts[ev.key]();
        }
    }

    /** The chosen rows, or the one that has the focus. */
    get targets() {
        return this.chosenIds.length
            ? this.chosenIds
            : this.state.focused
              ? [this.state.focused]
              : [];
    }

    // --- deciding ----------------------------------------------------------

    async approve(ids = this.targets) {
        if (!ids.length || this.state.busy || this.isApprovedView || this.isUnplacedView) {
            return;
        }
        this.state.busy = true;
        try {
            const missing = await this.orm.call("hostel.approval.desk", "check_evidence", [ids]);
            if (missing.ids) {
                this.dialog.add(ProofDialog, {
                    lines: missing.lines,
                    count: missing.ids.length,
                    others: ids.length - missing.ids.length,
                    all: () => this.sendApproval(ids, true),
                    onlyProven: () =>
                        this.sendApproval(
                            ids.filter((id) => !missing.ids.includes(id)),
                            false
                        ),
                });
            } else {
                await this.sendApproval(ids, false);
            }
        } finally {
            this.state.busy = false;
        }
    }

    async sendApproval(ids, acceptMissing) {
        const next = this.nextAfter(ids);
        const done = await this.orm.call("hostel.approval.desk", "approve", [ids, acceptMissing]);
        this.state.undo = {
            ids: done.ids,
            count: done.count,
            due: Date.now() + done.due_in_ms,
        };
        this.startClock();
        this.state.focused = next;
        this.state.chosen = {};
        await this.refresh();
    }

    /** The row that is looked at when these are gone. */
    nextAfter(ids) {
        const all = this.ids;
        const at = all.indexOf(this.state.focused);
        const gone = new Set(ids);
        return (
            all.slice(Math.max(at, 0)).find((id) => !gone.has(id)) ||
            all.find((id) => !gone.has(id)) ||
            null
        );
    }

    startClock() {
        browser.clearInterval(this.clock);
        const tick = () => {
            const { undo } = this.state;
            if (!undo) {
                return browser.clearInterval(this.clock);
            }
            undo.left = Math.max(0, Math.ceil((undo.due - Date.now()) / 1000));
            if (!undo.left) {
                this.state.undo = null;
                this.refresh();
            }
        };
        tick();
        this.clock = browser.setInterval(tick, 500);
    }

    withdrawLast() {
        if (this.isApprovedView && this.targets.length) {
            return this.withdraw(this.targets);
        }
        return this.state.undo && this.withdraw(this.state.undo.ids);
    }

    async withdraw(ids) {
        const done = await this.orm.call("hostel.approval.desk", "withdraw", [ids]);
        this.state.undo = null;
        this.notification.add(_t("%s approvals were taken back.", done.count), { type: "info" });
        this.state.chosen = {};
        await this.refresh();
    }

    async withdrawBatch(batch) {
        await this.orm.call("hostel.approval.batch", "action_withdraw", [[batch.id]]);
        this.state.undo = null;
        await this.refresh();
    }

    async resumeBatch(batch) {
        await this.orm.call("hostel.approval.batch", "action_resume", [[batch.id]]);
        await this.refresh();
    }

    openBatch(batch) {
        return this.runAction("hostel.approval.batch", "action_open_rows", [batch.id]);
    }

    reject(ids = this.targets) {
        if (!ids.length || this.isUnplacedView) {
            return;
        }
        return this.runAction("hostel.allocation", "action_open_reject", ids);
    }

    giveOtherBed(id) {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Give another bed"),
            body: _t("The student gets the same or an equal free bed, which then waits for you."),
            confirmLabel: _t("Give another bed"),
            confirm: async () => {
                await this.orm.call("hostel.allocation", "action_give_other_bed", [[id]]);
                await this.refresh();
            },
            cancel: () => {},
        });
    }

    async runAction(model, method, ids) {
        const action = await this.orm.call(model, method, [ids]);
        return this.action.doAction(action, {
            onClose: () => {
                this.state.chosen = {};
                this.refresh();
            },
        });
    }

    open(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "hostel.allocation",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openList() {
        return this.action.doAction("hostel_base.hostel_allocation_action_to_approve");
    }
}

registry.category("actions").add("hostel_approval_desk", ApprovalDesk);
