import { _t } from "@web/core/l10n/translation";

/** One character a bed in a floor's state string. */
export const FREE = "0";
export const HELD = "1";
export const PAYING = "2";
export const BOOKED = "3";
export const BLOCKED = "4";
export const RETIRED = "5";

const NAMES = {
    [FREE]: "free",
    [HELD]: "held",
    [PAYING]: "paying",
    [BOOKED]: "booked",
    [BLOCKED]: "blocked",
    [RETIRED]: "retired",
};
const TAKEABLE = new Set([FREE, HELD, PAYING]);

/** The states in the order of the legend. */
export const LEGEND = ["free", "held", "paying", "booked", "blocked", "mine", "no"];

/**
 * What one person sees of a bed.
 *
 * @param {string} code a character of the floor's state string
 * @param {{mine?: boolean, allowed?: boolean}} viewer
 * @returns {"free"|"held"|"paying"|"booked"|"blocked"|"retired"|"mine"|"no"}
 */
export function viewState(code, { mine = false, allowed = true } = {}) {
    if (mine && code !== RETIRED) {
        return "mine";
    }
    if (!allowed && TAKEABLE.has(code)) {
        return "no";
    }
    return NAMES[code] || "blocked";
}

export function stateWord(state) {
    switch (state) {
        case "free":
            return _t("free");
        case "held":
            return _t("held by someone");
        case "paying":
            return _t("being paid for");
        case "booked":
            return _t("booked");
        case "mine":
            return _t("yours");
        case "no":
            return _t("not for you");
        case "unknown":
            return _t("state not known yet");
        default:
            return _t("closed");
    }
}

/** Short name of a state, for the legend. */
export function stateTitle(state) {
    switch (state) {
        case "free":
            return _t("Free");
        case "held":
            return _t("Held");
        case "paying":
            return _t("Paying");
        case "booked":
            return _t("Booked");
        case "mine":
            return _t("Yours");
        case "no":
            return _t("Not for you");
        case "unknown":
            return _t("Not known yet");
        default:
            return _t("Closed");
    }
}

/** Name of a floor as people say it: "Floor 2", "Ground". */
export function floorTitle(floor) {
    return /^\d+$/.test(floor.name) ? _t("Floor %(floor)s", { floor: floor.name }) : floor.name;
}

/** Name of a floor on a small button: "2", "G". */
export function floorShort(floor) {
    if (floor.name.length <= 3) {
        return floor.name;
    }
    return floor.number === 0 ? _t("G") : String(floor.number);
}
