import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";
import { NoticeBanners } from "./notice_banners";

/** Puts the banners on every page of the portal and the website. */
export class NoticePage extends Interaction {
    static selector = "#wrapwrap";

    start() {
        this.mountComponent(this.el, NoticeBanners);
    }
}

registry.category("public.interactions").add("hostel_base.notice_page", NoticePage);
