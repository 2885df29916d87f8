from odoo.addons.payment import reset_payment_provider, setup_provider


def post_init_hook(env):
    """Give every company its own Camu provider."""
    setup_provider(env, "camu")


def uninstall_hook(env):
    reset_payment_provider(env, "camu")
