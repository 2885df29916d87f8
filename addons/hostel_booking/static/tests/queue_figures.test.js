import { advanceTime, animationFrame, describe, expect, test } from "@odoo/hoot";
import { defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Round extends models.Model {
    _name = "hostel.booking.round";
    name = fields.Char();
    _records = [{ id: 1, name: "January" }];
}

defineMailModels();
defineModels([Round]);

const FIGURES = { waiting: 12, active: 40, admitted: 7, mode: "on", rate: 60, max: 50 };

async function openForm() {
    await mountView({
        type: "form",
        resModel: "hostel.booking.round",
        resId: 1,
        arch: `<form><field name="name"/><widget name="hostel_queue_figures"/></form>`,
    });
    await animationFrame();
}

test("the figures are asked for again while somebody looks", async () => {
    let waiting = 12;
    onRpc("get_queue_figures", () => ({ ...FIGURES, waiting: waiting++ }));
    await openForm();
    expect("[data-figure=waiting]").toHaveText("12");
    expect("[data-figure=active]").toHaveText("40 / 50");
    expect("[data-figure=admitted]").toHaveText("7 / 60");
    await advanceTime(3100);
    await animationFrame();
    expect("[data-figure=waiting]").toHaveText("13");
});

test("while the map is away the last figures stay, with a word", async () => {
    let answer = FIGURES;
    onRpc("get_queue_figures", () => answer);
    await openForm();
    answer = {};
    await advanceTime(3100);
    await animationFrame();
    expect("[data-figure=waiting]").toHaveText("12");
    expect(".text-warning").toHaveText(/away for a moment/);
});
