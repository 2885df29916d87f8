import { get, post } from "./api";

/** The routes about people one might live with. */
export const roommatesApi = {
    pings: () => get("/hostel/pings"),
    phrases: () => get("/hostel/pings/phrases"),
    send: (ping) => post("/hostel/pings/send", ping),
    accept: (id, mail, phone) => post("/hostel/pings/accept", { id, mail, phone }),
    decline: (id) => post("/hostel/pings/decline", { id }),
    block: (id) => post("/hostel/pings/block", { id }),
    unblock: () => post("/hostel/pings/unblock"),
    report: (id, text) => post("/hostel/pings/report", { id, text }),
    takes: (takes) => post("/hostel/pings/takes", { takes }),
    suggestions: () => post("/hostel/suggestions"),
    look: (looks) => post("/hostel/suggestions/look", { looks }),
    invite: (handle) => post("/hostel/suggestions/invite", { handle }),
};
