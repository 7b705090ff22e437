# shellcheck shell=bash disable=SC2034,SC2016
# Background processes, each in a process group of its own and known by a pid file, so that stopping them stops all of
# them and nothing else. Needs DATA and RUN (the folder of the pid files).

# A pid alone may have been given to another process since: its start time tells them apart. A zombie counts as gone.
identity() {
  if [ -r /proc/self/stat ]; then
    sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 !~ /^[ZX]/ { print $20 }' || true
  else
    ps -o stat=,lstart= -p "$1" 2>/dev/null | awk '$1 !~ /^Z/ { print $2, $3, $4, $5, $6 }' || true
  fi
}

# start_process NAME COMMAND...: logs go to .data/logs/NAME.log
start_process() {
  local name="$1"
  shift
  mkdir -p "$RUN"
  # Job control gives the child its own group: the terminal's Ctrl-C reaches only us, and we stop it in order.
  set -m
  "$@" >"$DATA/logs/$name.log" 2>&1 </dev/null 3>&- 4>&- &
  local pid=$!
  set +m
  disown "$pid"
  printf '%s\n%s\n' "$pid" "$(identity "$pid")" >"$RUN/$name.pid"
}

pid_of() { sed -n 1p "$RUN/$1.pid" 2>/dev/null || true; }

is_running() {
  local pid
  pid=$(pid_of "$1")
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ "$(identity "$pid")" = "$(sed -n 2p "$RUN/$1.pid")" ]
}

# ask_to_stop NAME SECONDS: SIGTERM, then waits until it is gone or the time is over.
ask_to_stop() {
  local tenths=0
  kill -TERM "$(pid_of "$1")" 2>/dev/null || true
  while is_running "$1" && [ "$tenths" -lt $(($2 * 10)) ]; do
    sleep 0.1
    tenths=$((tenths + 1))
  done
}

# A foreground ./scripts/up shares its group with its caller's pipeline, so only itself is asked.
stop_up() {
  if is_running up; then ask_to_stop up "$1"; fi
}

# stop_process NAME [SECONDS]: asks politely, then ends what is left of the group.
stop_process() {
  local name="$1" pid
  pid=$(pid_of "$name")
  if is_running "$name"; then
    ask_to_stop "$name" "${2:-15}"
    # The group keeps its number while any member lives, so this reaches orphans only.
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$RUN/$name.pid"
}

free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

port_is_free() {
  node -e 'require("net").createServer().once("error", () => process.exit(1)).listen(Number(process.argv[1]), "127.0.0.1", () => process.exit(0))' "$1"
}
