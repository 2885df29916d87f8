import { BarcodeDialog } from "@web/core/barcode/barcode_dialog";
import { BarcodeVideoScanner } from "@web/core/barcode/barcode_video_scanner";
import { CropOverlay } from "@web/core/barcode/crop_overlay";
import { browser } from "@web/core/browser/browser";

// Share of the picture's shorter side that is looked at.
const SHARE = 0.9;

/** The part of the picture that is read: a square, as codes on passes are. */
export class SquareOverlay extends CropOverlay {
    setup() {
        super.setup();
        // The strip for the bar codes of goods is remembered apart.
        this.localStorageKey = "hostel-pass-scanner-overlay";
    }

    computeDefaultPoint() {
        super.computeDefaultPoint();
        if (browser.localStorage.getItem(this.localStorageKey)) {
            return;
        }
        const picture = this.cropContainerRef.el.firstChild.getBoundingClientRect();
        const half = (Math.min(picture.width, picture.height) * SHARE) / 2;
        this.relativePosition = { x: picture.width / 2 + half, y: picture.height / 2 + half };
    }
}

export class PassVideoScanner extends BarcodeVideoScanner {
    static components = { ...BarcodeVideoScanner.components, CropOverlay: SquareOverlay };
}

/** Reads the code on a pass with the camera; who can't use it is told what to do instead. */
export class PassScannerDialog extends BarcodeDialog {
    static template = "hostel_base.PassScannerDialog";
    static components = { ...BarcodeDialog.components, PassVideoScanner };

    setup() {
        super.setup();
        this.isWatching = false;
    }

    onReady() {
        this.isWatching = true;
    }

    onError(error) {
        // Once the camera runs, an error is about one picture: half a code, or a blurred one.
        if (!this.isWatching) {
            super.onError(error);
        }
    }
}

/**
 * Open the camera until it has read a code; closing the dialog leaves the promise open.
 *
 * @param {Object} dialog the dialog service
 * @returns {Promise<string>} what the code says
 */
export function scanPass(dialog) {
    return new Promise((resolve, reject) => {
        dialog.add(PassScannerDialog, {
            facingMode: "environment",
            onResult: resolve,
            onError: reject,
        });
    });
}
