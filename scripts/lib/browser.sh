# shellcheck shell=bash disable=SC2034
# A Chromium for the test of the documentation page. Sets BROWSER. Needs packages.sh.

find_browser() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if BROWSER=$(command -v "$name"); then return 0; fi
  done
  BROWSER="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
  [ -x "$BROWSER" ]
}

provide_browser() {
  if [ -n "${TEST_CHROMIUM:-}" ]; then
    BROWSER="$TEST_CHROMIUM"
  elif find_browser || { system_install chromium && find_browser; }; then
    return 0
  else
    fail "The tests of the documentation page need Chromium: install it (sudo apt-get install chromium), or set TEST_CHROMIUM."
  fi
}
