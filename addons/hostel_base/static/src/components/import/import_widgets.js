import { Component, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatInteger } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

// The server refuses at the same size; here nobody waits for the upload to learn it.
const MAX_MEGABYTES = 10;
const POLL_MS = 1500;

/** Takes the file by drop or by choice, and shows why one is refused. */
export class ImportUpload extends Component {
    static template = "hostel_base.ImportUpload";
    static props = { ...standardWidgetProps };

    setup() {
        this.input = useRef("input");
        this.state = useState({ over: false, busy: false, percent: 0, error: "", code: "" });
    }

    get kind() {
        return this.props.record.data.kind;
    }

    get hasFile() {
        return this.props.record.data.state !== "draft";
    }

    onDrop(ev) {
        this.state.over = false;
        this.take(ev.dataTransfer.files);
    }

    onChange(ev) {
        this.take(ev.target.files);
    }

    async take(files) {
        const file = files[0];
        if (!file || this.state.busy) {
            return;
        }
        Object.assign(this.state, { error: "", code: "" });
        if (files.length > 1) {
            this.refuse("ONE_FILE", _t("One file at a time, please."));
        } else if (file.size > MAX_MEGABYTES * 1024 * 1024) {
            this.refuse("FILE_TOO_LARGE", this.tooLarge);
        } else if (await this.props.record.save()) {
            await this.send(file);
        }
        if (this.input.el) {
            this.input.el.value = "";
        }
    }

    get tooLarge() {
        return _t(
            "The file is larger than %s MB. Split it, or leave out what is not needed.",
            MAX_MEGABYTES
        );
    }

    refuse(code, error) {
        Object.assign(this.state, { code, error });
    }

    /** Send the file with its progress, which fetch does not tell. */
    send(file) {
        const form = new FormData();
        form.append("csrf_token", odoo.csrf_token);
        form.append("file", file);
        Object.assign(this.state, { busy: true, percent: 0 });
        return new Promise((resolve) => {
            const request = new browser.XMLHttpRequest();
            request.open("POST", `/hostel/import/${this.props.record.resId}/file`);
            request.upload.onprogress = (ev) => {
                this.state.percent = ev.total ? Math.round((100 * ev.loaded) / ev.total) : 0;
            };
            request.onloadend = async () => {
                this.state.busy = false;
                await this.onAnswer(request);
                resolve();
            };
            request.send(form);
        });
    }

    async onAnswer(request) {
        let answer = {};
        try {
            answer = JSON.parse(request.responseText);
        } catch {
            // A proxy in front answers a page.
            if (request.status === 413) {
                answer = { code: "FILE_TOO_LARGE", error: this.tooLarge };
            }
        }
        if (answer.success) {
            await this.props.record.model.root.load();
        } else {
            this.refuse(
                answer.code || "NO_ANSWER",
                answer.error || _t("The file did not arrive. Try again.")
            );
        }
    }
}

/** Tells how far the jobs are, by looking again while they run. */
export class ImportProgress extends Component {
    static template = "hostel_base.ImportProgress";
    static props = { ...standardWidgetProps };

    setup() {
        useEffect(
            (busy) => {
                if (busy) {
                    this.wait();
                }
                return () => browser.clearTimeout(this.timer);
            },
            () => [this.isBusy]
        );
        onWillUnmount(() => {
            this.isGone = true;
            browser.clearTimeout(this.timer);
        });
    }

    get data() {
        return this.props.record.data;
    }

    number(name) {
        return formatInteger(this.data[name]);
    }

    get isBusy() {
        return ["checking", "running"].includes(this.data.state);
    }

    wait() {
        this.timer = browser.setTimeout(() => this.look(), POLL_MS);
    }

    async look() {
        try {
            await this.props.record.model.root.load();
        } finally {
            if (!this.isGone && this.isBusy) {
                this.wait();
            }
        }
    }
}

/** The way out for refused rows: a workbook to mend. */
export class ImportRefused extends Component {
    static template = "hostel_base.ImportRefused";
    static props = { ...standardWidgetProps };

    get url() {
        return `/hostel/import/${this.props.record.resId}/refused.xlsx`;
    }
}

const widgets = registry.category("view_widgets");
widgets.add("hostel_import_upload", {
    component: ImportUpload,
    fieldDependencies: [
        { name: "kind", type: "selection" },
        { name: "state", type: "selection" },
    ],
});
widgets.add("hostel_import_progress", {
    component: ImportProgress,
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "progress", type: "integer" },
        { name: "position", type: "integer" },
        { name: "row_count", type: "integer" },
        { name: "new_count", type: "integer" },
        { name: "changed_count", type: "integer" },
        { name: "refused_count", type: "integer" },
    ],
});
widgets.add("hostel_import_refused", { component: ImportRefused });
