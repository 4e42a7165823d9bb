#!/usr/bin/env bash
# Set up and run the demo, as a stranger would, in new Debian systems that have python3, python3-venv, make and git, and
# no compiler. As root on Linux, with debootstrap installed; the committed files of this project are what is tested.
#
#   tests/clean_roots.sh                   # Debian 12 (bookworm: Python 3.11) and Debian 13 (trixie: Python 3.13)
#   TESTS=yes tests/clean_roots.sh trixie  # one of them, and make test
#
#   TORCH=cpu          as for make: PyTorch without CUDA
#   CORES=2            the cores to use (default: 2)
#   ROOTS=<folder>     where the systems are made, 2 GB each and 10 GB with CUDA (default: a new folder below TMPDIR);
#                      they stay, and are used again
#   MIRROR=<address>   of Debian's packages
#   PIP_CONF=<file>    pip's configuration in the systems, where packages do not come from PyPI itself
#   COPY='<paths>'     files and folders that it names, such as certificates: they get the same paths in the systems
#
# For each system one line is printed: how long the download took, the set-up from what was downloaded (as
# docs/operations.md has it for a machine without internet), the demo and, where asked for, the tests.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd -P)
[ $# -gt 0 ] || set -- bookworm trixie
[ "$(id -u)" = 0 ] || { echo 'Error: not root; chroot needs it' >&2; exit 1; }
command -v debootstrap >/dev/null || { echo 'Error: no debootstrap here; apt-get install debootstrap' >&2; exit 1; }
roots=${ROOTS:-$(mktemp --directory --tmpdir clean-roots.XXXX)}
mkdir -p "$roots"
user=1000

# in_root <suite> <command>: as an ordinary user, in the copy of the project, with nothing of this machine's environment
# shellcheck disable=SC2016
in_root() {
    # the mounts end with the command, since no other process sees them
    unshare --mount --pid --fork --kill-child bash -c '
        mount -t proc proc "$1/proc" && mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm" &&
        exec chroot --userspec="$2:$2" "$1" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/stranger \
            LANG=C.UTF-8 CORES="$3" TORCH="$4" sh -c "cd ~/project && $5"
    ' in_root "$roots/$1" "$user" "${CORES:-2}" "${TORCH:-}" "$2"
}

# seconds_of <suite> <command>: that it takes, and of processor time; its output goes to <suite>.log
seconds_of() {
    local took TIMEFORMAT='%R %U %S'
    echo "--- $1: $2" >>"$roots/$1.log"
    took=$({ time in_root "$1" "$2" >>"$roots/$1.log" 2>&1 </dev/null; } 2>&1) || {
        tail -n 30 "$roots/$1.log" >&2
        echo "Error: $1: '$2' failed; its whole output is in $roots/$1.log" >&2
        return 1
    }
    awk '{printf "%.0f s (%.0f s of processor time)", $1, $2 + $3}' <<<"$took"
}

# report <name> <command>: print the name and `seconds_of` the command in $suite, or end
report() {
    local took
    took=$(seconds_of "$suite" "$2") || { echo; exit 1; }
    printf ', %s %s' "$1" "$took"
}

for suite in "$@"; do
    root=$roots/$suite
    if [ ! -e "$root/made" ]; then
        echo "$suite: making $root" >&2
        rm -rf "$root"
        debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates \
            "$suite" "$root" "${MIRROR:-http://deb.debian.org/debian}" >"$roots/$suite.debootstrap.log" 2>&1 ||
            { tail "$roots/$suite.debootstrap.log" >&2; exit 1; }
        chroot "$root" useradd --uid "$user" --shell /bin/bash stranger
        touch "$root/made"
    fi
    for compiler in cc gcc clang; do
        [ ! -e "$root/usr/bin/$compiler" ] || { echo "Error: $root has a compiler, $compiler" >&2; exit 1; }
    done
    cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"
    [ -z "${PIP_CONF:-}" ] || cp "$PIP_CONF" "$root/etc/pip.conf"
    for path in ${COPY:-}; do
        mkdir -p "$root$(dirname "$path")"
        cp --recursive --dereference --no-target-directory "$path" "$root$path"
    done
    rm -rf "$root/home/stranger"
    mkdir -p "$root/home/stranger"
    git clone --quiet --no-hardlinks "$project" "$root/home/stranger/project"
    chown -R "$user:$user" "$root/home/stranger"
    : >"$roots/$suite.log"

    lock=requirements.lock
    [ "${TESTS:-}" != yes ] || lock=requirements-dev.lock
    wheels="-r $lock"
    if [ "${TORCH:-}" = cpu ]; then
        version=$(sed -n 's/^torch==//p' "$project/requirements.lock")
        wheels+=" torch==$version+cpu --extra-index-url https://download.pytorch.org/whl/cpu"
    fi
    offline='export PIP_NO_INDEX=1 PIP_FIND_LINKS=/home/stranger/wheels'
    python=$(in_root "$suite" 'python3 --version')
    printf '%s' "$suite, $python"
    # PIP_USE_PEP517: Debian 12's pip needs it to build a wheel where there is only source (connection-pool)
    download="python3 -m venv ~/pip && PIP_USE_PEP517=1 ~/pip/bin/pip wheel --quiet --wheel-dir ~/wheels $wheels"
    report download "$download"
    report set-up "$offline && make .venv/installed"
    report demo 'make demo'
    [ "${TESTS:-}" != yes ] || report tests "$offline && make test"
    echo
done
