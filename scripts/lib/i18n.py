"""What scripts/i18n does once everything is installed."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import hostel_i18n
import polib
from test import TEMPLATE, interrupt

from hostel_stack.database import Database
from hostel_stack.errors import StackError
from hostel_stack.programs import last_line
from hostel_stack.settings import ROOT, Settings, free_port
from hostel_stack.stack import Stack, locked

# Runs in Odoo's shell; one start of the registry for all addons.
EXPORT = """
from odoo.tools.translate import trans_export
for addon in {addons!r}:
    with open({directory!r} + "/" + addon + ".pot", "wb") as pot:
        trans_export(None, [addon], pot, "po", env)
"""


def say(text: str) -> None:
    print(f"i18n: {text}", file=sys.stderr, flush=True)


def export(settings: Settings, directory: str) -> dict[str, polib.POFile]:
    """Return the template of each addon, as the code has it now."""
    names = [addon.name for addon in hostel_i18n.translated_addons()]
    env = settings.supervised_environment() | {
        "PGDATABASE": TEMPLATE,
        "ODOO_QUEUE_JOB_CHANNELS": "root:0",
    }
    log = settings.log_dir / "i18n.log"
    command = [str(settings.venv_bin / "odoo"), "shell", "-c", str(settings.odoo_conf)]
    command += ["-d", TEMPLATE, "--no-http"]
    script = EXPORT.format(addons=names, directory=directory)
    with log.open("wb") as output:
        done = subprocess.run(command, env=env, input=script.encode(), stdout=output, stderr=output)
    if done.returncode:
        raise StackError(f"Odoo refused: {last_line(log)} (see {log})")
    exported = {}
    for name in names:
        path = Path(directory, f"{name}.pot")
        # An addon without a single term gets no file worth keeping.
        if path.stat().st_size:
            exported[name] = hostel_i18n.normalised(polib.pofile(str(path)), name)
    return exported


def export_from_database(fresh: bool) -> dict[str, polib.POFile]:
    # The tests' database has their failpoints too.
    os.environ["HOSTEL_FAILPOINTS"] = "1"
    base = Path(os.environ["HOSTEL_RUN_DIR"])
    settings = Settings.from_environment(run_dir=base / "test", port=free_port(), disposable=True)
    stack = Stack(settings, say)
    with locked(settings.run_dir):
        try:
            stack.start_services()
            template = Database(settings, TEMPLATE, with_tests=True, say=say)
            if fresh:
                template.drop(TEMPLATE)
            template.provide()
            with tempfile.TemporaryDirectory() as directory:
                return export(settings, directory)
        finally:
            stack.stop()


def write(exported: dict[str, polib.POFile]) -> None:
    for name, pot in exported.items():
        path = hostel_i18n.pot_path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(hostel_i18n.text_of(pot))
        merged = hostel_i18n.merged(pot, hostel_i18n.read_po(name))
        hostel_i18n.po_path(name).write_text(hostel_i18n.text_of(merged))


def stale(exported: dict[str, polib.POFile]) -> list[str]:
    """Addons whose committed files differ from what the code says."""
    return [
        name
        for name, pot in exported.items()
        if not hostel_i18n.pot_path(name).exists()
        or hostel_i18n.pot_path(name).read_text() != hostel_i18n.text_of(pot)
    ]


def fill(path: Path, exported: dict[str, polib.POFile]) -> None:
    """Take translations from a JSON file; all of them or none."""
    given = json.loads(path.read_text())
    problems = []
    for name, terms in given.items():
        if name not in exported:
            problems.append(f"{name}: no such addon with terms")
            continue
        entries = {entry.msgid: entry for entry in hostel_i18n.read_po(name)}
        for msgid, msgstr in terms.items():
            if msgid not in entries:
                problems.append(f"{name}: the code does not say {msgid!r}")
            elif msgstr:
                problems += [f"{name}: {why}" for why in hostel_i18n.faults(msgid, msgstr)]
    if problems:
        raise StackError("nothing filled in:\n  " + "\n  ".join(problems))
    for name, terms in given.items():
        po = hostel_i18n.read_po(name)
        for entry in po:
            entry.msgstr = terms.get(entry.msgid) or entry.msgstr
        hostel_i18n.po_path(name).write_text(hostel_i18n.text_of(po))


def report(missing: dict[str, list[str]]) -> None:
    for name in hostel_i18n.translated_addons():
        if not hostel_i18n.po_path(name.name).exists():
            continue
        po = hostel_i18n.read_po(name.name)
        needed = [entry for entry in po if hostel_i18n.is_needed(entry)]
        say(
            f"{name.name}: {len(po)} terms, {len(needed)} seen by students, guardians or guards, "
            f"{len(missing.get(name.name, []))} of these without Hindi"
        )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/i18n")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--todo", type=Path)
    parser.add_argument("--fill", type=Path)
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args(arguments)
    exported = export_from_database(options.fresh)
    old = []
    if options.check:
        old = stale(exported)
        for name in old:
            say(f"{hostel_i18n.pot_path(name).relative_to(ROOT)} is old: run scripts/i18n")
    else:
        write(exported)
        if options.fill:
            fill(options.fill, exported)
    missing = {name: hostel_i18n.missing(pot, name) for name, pot in exported.items()}
    report(missing)
    if options.todo:
        todo = {name: dict.fromkeys(terms, "") for name, terms in missing.items() if terms}
        options.todo.write_text(json.dumps(todo, ensure_ascii=False, indent=1) + "\n")
    if not options.check:
        return 0
    for name, terms in missing.items():
        for term in terms:
            say(f"{name}: no Hindi for {term!r}")
    return 1 if old or any(missing.values()) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except StackError as error:
        sys.exit(f"i18n: error: {error}")
    except KeyboardInterrupt:
        sys.exit("i18n: interrupted")
