import { _t } from "@web/core/l10n/translation";
import { DefaultCommandItem } from "@web/core/commands/command_palette";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Component } from "@odoo/owl";

export const NAMESPACE = ".";
export const DEBOUNCE = 250;
export const SHORTEST = 2;
const APP = "hostel_base.hostel_root_menu";

const ICONS = {
    student: "fa-user",
    bed: "fa-bed",
    room: "fa-key",
    hostel: "fa-building-o",
};

/** One hit: who or what, where, phone and state, in two lines. */
export class HostelHit extends Component {
    static template = "hostel_base.HostelHit";
    static props = {
        ...DefaultCommandItem.props,
        hit: Object,
    };

    get icon() {
        return ICONS[this.props.hit.kind];
    }
}

export async function provideHits(env, options = {}) {
    const text = (options.searchValue || "").trim();
    if (text.replace(/\s/g, "").length < SHORTEST) {
        return [];
    }
    const hits = await env.services.orm.call("hostel.search", "search_campus", [text]);
    return hits.map((hit) => ({
        Component: HostelHit,
        name: hit.title,
        category: `hostel_${hit.kind}`,
        href: `/odoo/${hit.model}/${hit.id}`,
        props: { hit },
        action() {
            env.services.action.doAction({
                type: "ir.actions.act_window",
                res_model: hit.model,
                res_id: hit.id,
                views: [[false, "form"]],
            });
        },
    }));
}

const categories = registry.category("command_categories");
[
    ["hostel_student", _t("Students")],
    ["hostel_bed", _t("Beds")],
    ["hostel_room", _t("Rooms")],
    ["hostel_hostel", _t("Hostels")],
].forEach(([key, name], index) => {
    categories.add(key, { namespace: NAMESPACE, name }, { sequence: 10 * (index + 1) });
});
registry.category("command_setup").add(NAMESPACE, {
    debounceDelay: DEBOUNCE,
    emptyMessage: _t("Nobody and nothing found. Try a roll number, a name, a room or a phone."),
    name: _t("hostel"),
    placeholder: _t("Roll number, name, room, phone…"),
});
registry.category("command_provider").add("hostel", { namespace: NAMESPACE, provide: provideHits });

/** The box in the top bar for whoever has the Hostel app; the palette does the rest. */
export class HostelSearchBox extends Component {
    static template = "hostel_base.HostelSearchBox";
    static props = {};

    setup() {
        this.command = useService("command");
        this.menu = useService("menu");
    }

    get isShown() {
        // In every app: a warden who reads a mail looks people up as well.
        return this.menu.getApps().some((app) => app.xmlid === APP);
    }

    open() {
        this.command.openMainPalette({ searchValue: NAMESPACE });
    }
}

registry
    .category("systray")
    .add("hostel_base.search", { Component: HostelSearchBox }, { sequence: 90 });
