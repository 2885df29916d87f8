// Indian grouping (₹1,20,000) in every language of the interface: fees are in rupees.
const LOCALE = "en-IN";

/**
 * @param {number} amount
 * @param {{symbol: string, position?: "before"|"after", digits?: number}} currency
 * @returns {string} the amount without empty decimals
 */
export function formatMoney(amount, currency) {
    const digits = Number.isInteger(amount) ? 0 : (currency.digits ?? 2);
    const number = new Intl.NumberFormat(LOCALE, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
    }).format(amount);
    return currency.position === "after"
        ? `${number}\u00a0${currency.symbol}`
        : `${currency.symbol}${number}`;
}
