# shellcheck shell=bash disable=SC2034,SC2016
# The gateway and its two workers. Needs DATA, RUN, BROKER_URL, PORT, PYTHON and processes.sh.

URL=""

write_keys() {
  node dist/scripts/development-keys.js "$DATA/keys.json"
}

start_gateway() {
  URL="http://127.0.0.1:$PORT"
  start_process gateway env RABBITMQ_ENABLED=true RABBITMQ_MANAGEMENT_ENABLED=true CELERY_BROKER_URL="$BROKER_URL" \
    GATEWAY_PORT="$PORT" GATEWAY_API_KEYS_FILE="$DATA/api-keys.json" node dist/server/main.js
  wait_until_ready gateway "$URL/health/ready" || fail "The gateway did not become ready; see .data/logs/gateway.log."
}

# wait_until_ready NAME URL: while the process lives, at most a minute.
wait_until_ready() {
  local attempt=0
  until node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$2"; do
    attempt=$((attempt + 1))
    [ "$attempt" -lt 200 ] && is_running "$1" || return 1
    sleep 0.2
  done
}

# Both consume the shared queue; the queue of its own lets the first task reach each for certain.
start_typescript_worker() {
  start_process typescript-worker env CELERY_BROKER_URL="$BROKER_URL" \
    node --max-semi-space-size=4 dist/workers/main.js -Q celery,typescript -n typescript@%h -c 4 -l INFO -E
}

start_python_worker() {
  start_process python-worker env CELERY_BROKER_URL="$BROKER_URL" PYTHONPATH="$ROOT/workers/python" C_FORCE_ROOT=1 \
    "$PYTHON" -m celery -A app worker -Q celery,python -n python@%h -c 2 -l INFO -E
}

# In reverse order of their start: what depends goes first.
stop_everything() {
  stop_process python-worker
  stop_process typescript-worker
  stop_process gateway
  stop_broker
  rm -f "$DATA/up.json"
}

# The first of our processes that is gone, if any.
dead_process() {
  local file name
  for file in "$RUN"/*.pid; do
    [ -e "$file" ] || continue
    name=$(basename "$file" .pid)
    if [ "$name" != up ] && ! is_running "$name"; then
      echo "$name"
      return 0
    fi
  done
  return 1
}

# run_first_tasks QUEUE...: one task on each worker; a worker that dies ends the wait.
run_first_tasks() {
  local gone pid
  node dist/scripts/first-tasks.js "$URL" "$DATA/keys.json" "$@" >"$DATA/first-tasks" &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if gone=$(dead_process); then
      kill "$pid" 2>/dev/null || true
      fail "The process '$gone' has ended; its last words are in .data/logs/$gone.log."
    fi
    sleep 0.2
  done
  wait "$pid"
}
