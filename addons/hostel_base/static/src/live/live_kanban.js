import { registry } from "@web/core/registry";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { LIVE_SECONDS, useLiveRefresh } from "./live_refresh";

/** A kanban whose cards stay current while they are looked at. */
export class LiveKanbanController extends KanbanController {
    setup() {
        super.setup();
        useLiveRefresh(
            () => this.model.load(),
            // A dialog, a menu or a selection: somebody works here.
            () =>
                !this.model.root?.selection?.length &&
                !document.querySelector(".modal, .o-dropdown--menu, .o_command_palette"),
            LIVE_SECONDS,
            { news: true }
        );
    }
}

registry.category("views").add("hostel_live_kanban", {
    ...kanbanView,
    Controller: LiveKanbanController,
});
