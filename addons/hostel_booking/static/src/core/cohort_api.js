import { get, post } from "./api";

/** The routes of “Live together”. Those that change something answer with the whole page. */
export const cohortApi = {
    me: () => get("/hostel/cohort/me"),
    choices: () => get("/hostel/cohort/choices"),
    create: (size, solo) => post("/hostel/cohort/create", { size, solo }),
    join: (token) => post("/hostel/cohort/join", { token }),
    answer: (id, accept) => post("/hostel/cohort/answer", { id, accept }),
    leave: () => post("/hostel/cohort/leave"),
    remove: (id) => post("/hostel/cohort/remove", { id }),
    handOver: (id) => post("/hostel/cohort/hand-over", { id }),
    disband: () => post("/hostel/cohort/disband"),
    renewLink: () => post("/hostel/cohort/link"),
    setSize: (size) => post("/hostel/cohort/size", { size }),
    setStrict: (strict) => post("/hostel/cohort/strict", { strict }),
    addWish: (wish) => post("/hostel/cohort/wish", wish),
    removeWish: (id) => post("/hostel/cohort/wish/remove", { id }),
    orderWishes: (ids) => post("/hostel/cohort/wish/order", { ids }),
    submit: () => post("/hostel/cohort/submit"),
    withdraw: () => post("/hostel/cohort/withdraw"),
    hold: (key, beds) => post("/hostel/cohort/hold", { key, beds }),
    release: (token) => post("/hostel/cohort/release", { token }),
    take: (token) => post("/hostel/cohort/take", { token }),
};
