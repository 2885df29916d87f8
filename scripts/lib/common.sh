# shellcheck shell=bash
# Where things are, and how the scripts speak. Sourced by every script; needs nothing but bash and coreutils.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
SCRIPT=$(basename "$0")

say() { printf '%s: %s\n' "$SCRIPT" "$*" >&2; }
die() {
    printf '%s: error: %s\n' "$SCRIPT" "$*" >&2
    exit 1
}

# The comment block at the top of a script is its --help.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# A socket's path has 107 bytes, and supervisord's is the longest: RUN_DIR/sockets/supervisor.sock.PID
MAX_RUN_DIR=72

# PostgreSQL never runs as root: every directory above its files must let others pass.
others_can_enter() {
    local dir=$1
    while [[ $dir != / ]]; do
        [[ ! -e $dir || $(stat -Lc %A "$dir") == *[xt] ]] || return 1
        dir=$(dirname "$dir")
    done
}

default_run_dir() {
    local dir=$ROOT/.run
    # The tests' own run directories lie one level deeper.
    if ((${#dir} <= MAX_RUN_DIR - 8)) && { ((EUID != 0)) || others_can_enter "$ROOT"; }; then
        printf '%s\n' "$dir"
    else
        printf '/var/tmp/hostel-%s\n' "$(printf %s "$ROOT" | sha256sum | cut -c1-12)"
    fi
}

# Make the run directory; where it lies elsewhere, `.run` in the clone shows the way.
make_run_dir() {
    mkdir -p "$RUN_DIR" 2>/dev/null || die "cannot create $RUN_DIR: set HOSTEL_RUN_DIR to a directory you may write to"
    [[ -O $RUN_DIR ]] || die "$RUN_DIR belongs to another user: set HOSTEL_RUN_DIR to a directory of yours"
    mkdir -p "$RUN_DIR/log" "$TOOLS_DIR/stamps"
    if [[ $RUN_DIR == /var/tmp/hostel-* && ! -e $ROOT/.run && ! -L $ROOT/.run ]]; then
        ln -s "$RUN_DIR" "$ROOT/.run"
    fi
}

RUN_DIR=${HOSTEL_RUN_DIR:-$(default_run_dir)}
RUN_DIR=$(realpath -m "$RUN_DIR")
((${#RUN_DIR} <= MAX_RUN_DIR)) ||
    die "the path of the run directory is too long for sockets: set HOSTEL_RUN_DIR to one of at most $MAX_RUN_DIR characters"
if ((EUID == 0)) && ! others_can_enter "$RUN_DIR"; then
    die "PostgreSQL's user cannot enter $RUN_DIR: set HOSTEL_RUN_DIR to a directory that everybody may pass"
fi
# The virtual environment and the downloads; several stacks on one machine can share them.
TOOLS_DIR=$(realpath -m "${HOSTEL_TOOLS_DIR:-$RUN_DIR}")
# shellcheck disable=SC2034
VENV=$TOOLS_DIR/venv
export HOSTEL_RUN_DIR=$RUN_DIR HOSTEL_TOOLS_DIR=$TOOLS_DIR
