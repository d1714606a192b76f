# Shared by ./run and ./test: makes .venv with the locked dependencies, once for every version of the lock.

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed and was not found on the PATH." >&2
    exit 1
}

set_up() { # LOCK: the lock file to install
    local lock=$1 stamp python
    stamp="$(cat "$lock" pyproject.toml | cksum) $PWD"
    [ -f .venv/stamp ] && grep -qxF "$lock $stamp" .venv/stamp && return
    python=$(find_python)
    if [ ! -x .venv/bin/python ]; then
        echo "Making .venv …" >&2
        if ! "$python" -m venv .venv; then
            rm -rf .venv
            echo "Making .venv failed: install Python's venv module (on Debian: apt-get install python3-venv)." >&2
            exit 1
        fi
    fi
    echo "Installing the locked dependencies …" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    # A development lock holds all that the other does, so it satisfies both.
    { echo "$lock $stamp"
      [ "$lock" = requirements.lock ] || echo "requirements.lock $(cat requirements.lock pyproject.toml | cksum) $PWD"
    } > .venv/stamp
}
