# The programs that some tests drive and that no Python package brings: Chromium, curl, a Debian PostgreSQL, and newman,
# which runs the conformance kits. As root on Debian they are installed; without them those tests are skipped and say so,
# except in CI, where that is a failure. newman goes into .venv, whoever runs this; it needs npm.

have_curl() { command -v curl; } # the documentation's examples use it
have_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
have_postgresql() { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; }

newman_version=6.2.2
have_newman() { [ -x .venv/newman/node_modules/.bin/newman ] && [ "$(cat .venv/newman/version 2>/dev/null)" = "$newman_version" ]; }

find_test_programs() {
    install_test_programs
    have_newman || install_newman
}

install_newman() {
    if ! command -v npm >/dev/null; then
        echo "Not found: npm. The conformance kits are skipped." >&2
        return
    fi
    echo "Installing newman $newman_version for the tests …" >&2
    rm -rf .venv/newman
    if npm install --prefix .venv/newman --no-audit --no-fund --loglevel=error "newman@$newman_version" >/dev/null; then
        echo "$newman_version" > .venv/newman/version
    else
        rm -rf .venv/newman
        echo "Installing newman failed; the conformance kits are skipped." >&2
    fi
}

install_test_programs() {
    local wanted=()
    have_chromium >/dev/null 2>&1 || wanted+=(chromium)
    have_curl >/dev/null 2>&1 || wanted+=(curl)
    have_postgresql >/dev/null 2>&1 || wanted+=(postgresql)
    have_newman || command -v npm >/dev/null || wanted+=(npm)
    [ ${#wanted[@]} -eq 0 ] && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing ${wanted[*]} for the tests …" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${wanted[@]}"; } \
            >/dev/null || echo "Installing ${wanted[*]} failed; the tests that need it are skipped." >&2
    else
        echo "Not found: ${wanted[*]}. The tests that need it are skipped." >&2
    fi
}
