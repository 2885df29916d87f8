import { registry } from "@web/core/registry";

const FILE = [
    "Roll No,Name,Gender,Mobile",
    "TOUR-1,Asha Tour,F,9876543210",
    "TOUR-2,Bela Tour,F,12",
    "TOUR-3,=1+1,F,",
].join("\n");

/** Put a file where a person would have dropped it. */
function drop(name, content) {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], name));
    const input = document.querySelector(".o_hostel_import_drop input[type=file]");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
}

registry.category("web_tour.tours").add("hostel_import_tour", {
    steps: () => [
        {
            content: "A program with another name is refused at once",
            trigger: ".o_hostel_import_drop",
            run: () => drop("list.xlsx", "MZ this is a program"),
        },
        {
            trigger: ".o_hostel_import_drop .alert:contains(FILE_TYPE_MISMATCH)",
        },
        {
            content: "So is a file of 11 MB, before it is sent",
            trigger: ".o_hostel_import_drop",
            run: () => drop("list.csv", "x".repeat(11 * 1024 * 1024)),
        },
        {
            trigger: ".o_hostel_import_drop .alert:contains(FILE_TOO_LARGE)",
        },
        {
            content: "The list itself is read",
            trigger: ".o_hostel_import_drop",
            run: () => drop("list.csv", FILE),
        },
        {
            content: "Its columns are guessed",
            trigger: "[name=column_ids] .o_data_row:contains(Mobile):contains(Phone)",
        },
        {
            trigger: "button[name=action_check]",
            run: "click",
        },
        {
            trigger: ".o_hostel_import_card.o_new:contains(1)",
        },
        {
            trigger: ".o_hostel_import_card.o_refused:contains(2)",
        },
        {
            trigger: "[name=refused_line_ids] .o_data_row:contains(=1+1):contains(FORMULA)",
        },
        {
            trigger: "[name=refused_line_ids] .o_data_row:contains(12):contains(PHONE_INVALID)",
        },
        {
            trigger: "a[href$='/refused.xlsx']",
        },
        {
            trigger: "button[name=action_import]",
            run: "click",
        },
        {
            trigger: "button[name=action_open_records]",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Done)",
        },
    ],
});
