import { registry } from "@web/core/registry";

const openMap = [
    {
        content: "Open the first hostel",
        trigger: "a.hb_card:not(.hb_card_no)",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "Wait for live beds",
        trigger: ".hb_map[data-status=ready] .hb_svg [data-state=free]",
    },
];

const holdFirstFreeBed = [
    { content: "Look at a free bed", trigger: ".hb_svg [data-state=free]", run: "click" },
    { content: "Looking holds nothing", trigger: "[data-sheet=open] [data-act=hold]:enabled" },
    { content: "Hold it", trigger: "[data-act=hold]", run: "click" },
    { content: "It is mine, with a countdown", trigger: "[data-mine=held] .hb_ring_clock" },
    { content: "It is mine on the plan", trigger: ".hb_svg [data-state=mine]" },
];

registry.category("web_tour.tours").add("hostel_booking_release", {
    steps: () => [
        ...openMap,
        ...holdFirstFreeBed,
        { content: "Let it go", trigger: "[data-act=release]", run: "click" },
        { content: "It can be held again", trigger: "[data-sheet=open] [data-act=hold]:enabled" },
    ],
});

registry.category("web_tour.tours").add("hostel_booking_confirm", {
    steps: () => [
        ...openMap,
        ...holdFirstFreeBed,
        { content: "Confirm", trigger: "[data-act=pay]", run: "click" },
        { content: "The warden has it now", trigger: "[data-mine=awaiting_approval]" },
    ],
});
