import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const EVERY_MS = 3000;

/** Live figures of a round's waiting room; asked from Redis while somebody looks. */
export class QueueFigures extends Component {
    static template = "hostel_booking.QueueFigures";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ figures: null, away: false });
        onMounted(() => this._ask());
        onWillUnmount(() => {
            this.stopped = true;
            browser.clearTimeout(this.timer);
        });
    }

    async _ask() {
        const { resId, resModel } = this.props.record;
        if (resId && document.visibilityState !== "hidden") {
            try {
                const figures = await this.orm.silent.call(resModel, "get_queue_figures", [resId]);
                this.state.away = !("waiting" in figures);
                this.state.figures = this.state.away ? this.state.figures : figures;
            } catch {
                this.state.away = true;
            }
        }
        if (!this.stopped) {
            this.timer = browser.setTimeout(() => this._ask(), EVERY_MS);
        }
    }
}

registry.category("view_widgets").add("hostel_queue_figures", { component: QueueFigures });
