import { _t } from "@web/core/l10n/translation";
import { stateWord } from "./bed_states";
import { formatMoney } from "./money";

/** "214 B" */
export function shortName({ room, bed }) {
    return `${room.n} ${bed.l}`;
}

/** "Bed B, window side" */
export function bedTitle(label, note = "") {
    const bed = _t("Bed %(bed)s", { bed: label });
    return note ? `${bed}, ${note}` : bed;
}

/** What a screen reader says of a bed: "Room 214 bed B, free, ₹42,000". */
export function bedLabel({ room, bed }, state, currency) {
    return _t("Room %(room)s bed %(bed)s, %(state)s, %(price)s", {
        room: room.n,
        bed: bed.l,
        state: stateWord(state),
        price: formatMoney(bed.price ?? room.price, currency),
    });
}

/**
 * The sentence for a bed that someone else got first.
 *
 * @param {string} label label of the lost bed
 * @param {string[]} names short names of beds like it
 */
export function takenText(label, names) {
    const lost = _t("Someone took bed %(bed)s a second ago.", { bed: label });
    return [lost, likeItText(names)].filter(Boolean).join(" ");
}

function likeItText(names) {
    if (!names.length) {
        return "";
    }
    return names.length === 1
        ? _t("Bed %(bed)s is like it.", { bed: names[0] })
        : _t("Beds %(beds)s are like it.", { beds: names });
}

/** What a state means for whoever looks at the bed. */
export function stateAdvice(state) {
    switch (state) {
        case "held":
            return _t(
                "Another student is holding this bed. If they let it go, it turns free here."
            );
        case "paying":
            return _t("Another student is paying for this bed.");
        case "booked":
            return _t("This bed is booked.");
        case "blocked":
            return _t("This bed is closed at the moment.");
        default:
            return "";
    }
}
