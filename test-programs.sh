# The programs that some tests drive and that no Python package brings: Chromium, curl and a Debian PostgreSQL. As root on
# Debian they are installed; without them those tests are skipped and say so, except in CI, where that is a failure.

have_curl() { command -v curl; } # the documentation's examples use it
have_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
have_postgresql() { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; }

find_test_programs() {
    local wanted=()
    have_chromium >/dev/null 2>&1 || wanted+=(chromium)
    have_curl >/dev/null 2>&1 || wanted+=(curl)
    have_postgresql >/dev/null 2>&1 || wanted+=(postgresql)
    [ ${#wanted[@]} -eq 0 ] && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing ${wanted[*]} for the tests …" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${wanted[@]}"; } \
            >/dev/null || echo "Installing ${wanted[*]} failed; the tests that need it are skipped." >&2
    else
        echo "Not found: ${wanted[*]}. The tests that need it are skipped." >&2
    fi
}
