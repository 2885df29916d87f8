"""Entry of scripts/load-inventory; it runs under the virtual environment's Python."""

import argparse
import os
import sys
from pathlib import Path

from hostel_inventory.reader import HOSTEL_TYPES, InventoryError, read_folder
from hostel_stack.stack import Stack


def say(text: str) -> None:
    print(f"load-inventory: {text}", flush=True)


def complain(text: str) -> None:
    print(f"load-inventory: error: {text}", file=sys.stderr, flush=True)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/load-inventory")
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("--hostel-type", choices=HOSTEL_TYPES, default="mixed")
    parser.add_argument("--term", metavar="CODE")
    return parser.parse_args(arguments)


def join_stack() -> tuple[str, str]:
    """Become a program of the running stack.

    :return: path of its odoo.conf, name of its database
    :raises InventoryError: if nothing runs
    """
    stack = Stack.of(Path(os.environ["HOSTEL_RUN_DIR"]))
    if not stack or not stack.is_running():
        raise InventoryError("nothing runs here: start it with scripts/run --detach")
    os.environ.update(stack.settings.process_environment())
    return str(stack.settings.odoo_conf), stack.settings.pg_database


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    try:
        dormitories, problems = read_folder(options.folder)
        for problem in problems:
            complain(str(problem))
        conf, database = join_stack()
        # Only now, because it reads the environment.
        from hostel_inventory.loader import load_all

        failed = load_all(
            conf, database, dormitories, options.hostel_type, options.term, say, complain
        )
    except InventoryError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        complain("interrupted; what was said to be loaded is loaded")
        return 1
    return 1 if problems or failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
