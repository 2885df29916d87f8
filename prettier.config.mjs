export default {
    plugins: ["@prettier/plugin-xml"],
    printWidth: 100,
    tabWidth: 4,
    trailingComma: "es5",
    // Spaces between words of a template are text; they must survive.
    xmlWhitespaceSensitivity: "preserve",
    overrides: [{ files: ["*.json", "*.yml", "*.yaml"], options: { tabWidth: 2 } }],
};
