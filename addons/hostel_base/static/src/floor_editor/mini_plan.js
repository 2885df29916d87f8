import { Component } from "@odoo/owl";
import { PlanItem } from "./plan_item";

/** A plan to look at. */
export class MiniPlan extends Component {
    static template = "hostel_base.MiniPlan";
    static components = { PlanItem };
    static props = {
        plan: Object,
        rooms: Map,
        title: String,
        /** Keys of items to point out. */
        marked: { type: Set, optional: true },
    };
    static defaultProps = { marked: new Set() };

    get plan() {
        return this.props.plan;
    }
}
