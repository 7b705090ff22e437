# shellcheck shell=bash disable=SC2034,SC2016
# npm packages, the build, and what the system's package manager can add. Needs ROOT and DATA.

check_node() {
  command -v node >/dev/null || fail "Node.js 20.19 or newer is needed (https://nodejs.org), and npm with it."
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js 20.19 or newer is needed; this is $(node --version)."
}

checksum() { cksum "$@" | cksum | cut -d' ' -f1; }

# From the lockfile, and only when it changed since the last time.
install_npm_packages() {
  local mark="node_modules/.lockfile-checksum" wanted
  wanted=$(checksum package-lock.json package.json)
  if [ "$(cat "$mark" 2>/dev/null)" = "$wanted" ]; then return 0; fi
  # A tree someone else installed from this very lockfile is as good.
  if [ -f node_modules/.package-lock.json ] && npm ls --all >/dev/null 2>&1; then
    echo "node_modules already holds what the lockfile names"
  else
    npm ci --no-audit --no-fund
  fi
  echo "$wanted" >"$mark"
}

# Compiles when a source file changed, came or went.
build() {
  local mark="dist/.sources-checksum" sources
  sources=$(find amqp celery client runtime server workers scripts tsconfig.json tsconfig.build.json package-lock.json \
    -type f \( -name '*.ts' -o -name '*.json' \) -print0 | sort -z | xargs -0 cksum | cksum)
  if [ "$(cat "$mark" 2>/dev/null)" = "$sources" ]; then return 0; fi
  rm -rf dist
  npx --no-install tsc -p tsconfig.build.json
  echo "$sources" >"$mark"
}

# as_root COMMAND...: asks for a password only where a person sits at the terminal.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  elif command -v sudo >/dev/null && [ -t 0 ] && [ -t 2 ]; then
    sudo "$@"
  else
    return 1
  fi
}

# apt_install PACKAGE...: without questions, and without the package starting a service of its own.
apt_install() {
  command -v apt-get >/dev/null || return 1
  local policy=/usr/sbin/policy-rc.d ours="" status=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null || return 1
    as_root chmod 755 "$policy"
    ours=yes
  fi
  { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" ||
    { as_root apt-get update -q &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@"; }; } </dev/null || status=1
  if [ -n "$ours" ]; then as_root rm -f "$policy"; fi
  return "$status"
}

# system_install APT_NAME [BREW_NAME]
system_install() {
  if [ "$(uname)" = Darwin ] && command -v brew >/dev/null; then
    HOMEBREW_NO_AUTO_UPDATE=1 brew install "${2:-$1}" </dev/null
  else
    apt_install "$1"
  fi
}
