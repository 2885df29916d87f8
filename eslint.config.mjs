import js from "@eslint/js";
import globals from "globals";

export default [
    js.configs.recommended,
    {
        files: ["addons/**/*.js"],
        languageOptions: {
            ecmaVersion: 2024,
            sourceType: "module",
            globals: { ...globals.browser, odoo: "readonly", luxon: "readonly" },
        },
        rules: {
            curly: "error",
            eqeqeq: ["error", "always", { null: "ignore" }],
            "no-console": ["error", { allow: ["warn"] }],
            "no-shadow": "error",
            "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
            "no-var": "error",
            "prefer-const": "error",
            complexity: ["error", 12],
        },
    },
    {
        // Tours and HOOT tests report over the console.
        files: ["addons/**/static/tests/**/*.js"],
        rules: { "no-console": "off" },
    },
    {
        files: ["*.mjs"],
        languageOptions: { sourceType: "module", globals: globals.node },
    },
];
