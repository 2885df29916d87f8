import { Component } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { MiniPlan } from "./mini_plan";

/**
 * A question with any number of answers, beside two plans to compare if it is
 * about them. Closing it is the answer that changes nothing.
 */
export class ChoiceDialog extends Component {
    static template = "hostel_base.ChoiceDialog";
    static components = { Dialog, MiniPlan };
    static props = {
        close: Function,
        title: String,
        body: String,
        code: { type: String, optional: true },
        choices: Array, // {value, label, class}
        plans: { type: Array, optional: true }, // {title, plan, rooms, marked}
        choose: Function,
    };
    static defaultProps = { plans: [] };

    choose(value) {
        this.props.choose(value);
        this.props.close();
    }
}

/** @returns {Promise<string|null>} value of the choice; null if it was closed */
export function ask(dialogService, props) {
    return new Promise((resolve) => {
        dialogService.add(
            ChoiceDialog,
            { ...props, choose: resolve },
            { onClose: () => resolve(null) }
        );
    });
}
