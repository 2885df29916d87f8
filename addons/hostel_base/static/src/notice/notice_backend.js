import { registry } from "@web/core/registry";
import { NoticeBanners } from "./notice_banners";

registry.category("main_components").add("hostel_base.NoticeBanners", { Component: NoticeBanners });
