def pre_init_hook(env):
    """Create the PostgreSQL extensions that the constraints and indexes need."""
    env.cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    env.cr.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
