"""The programs of one running system, and the scripts' way to start, ask and stop them.

settings    where a stack lives and what it is made of
configure   writes its configuration files from the templates in config/
postgres    the embedded cluster, or the checks of an external one
programs    supervisord, its programs, and waiting for them
database    creates, installs and upgrades the Odoo database
stack       all of it in the right order
"""
