# shellcheck shell=bash disable=SC2034,SC2016
# Redis for the tests: one that runs on localhost, else a private one. Sets REDIS_URL. Needs RUN, DATA and the other parts.

redis_answers() {
  node -e 'const s = require("net").connect(Number(process.argv[1]), "127.0.0.1", () => s.write("PING\r\n")); s.setTimeout(2000, () => process.exit(1)); s.on("error", () => process.exit(1)); s.on("data", (d) => process.exit(d.toString().startsWith("+PONG") ? 0 : 1))' "$1"
}

private_redis() {
  command -v redis-server >/dev/null || return 1
  local port attempt=0
  port=$(free_port)
  start_process redis redis-server --bind 127.0.0.1 --port "$port" --save "" --appendonly no --dir "$DATA"
  until redis_answers "$port"; do
    attempt=$((attempt + 1))
    [ "$attempt" -lt 50 ] || return 1
    sleep 0.1
  done
  REDIS_URL="redis://127.0.0.1:$port"
}

provide_redis() {
  if [ -n "${TEST_REDIS_URL:-}" ]; then
    REDIS_URL="$TEST_REDIS_URL"
  elif redis_answers 6379; then
    REDIS_URL="redis://127.0.0.1:6379"
  elif private_redis || { system_install redis-server redis && private_redis; }; then
    return 0
  else
    fail "The tests need Redis: install redis-server (sudo apt-get install redis-server), or set TEST_REDIS_URL."
  fi
}
