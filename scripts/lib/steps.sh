# shellcheck shell=bash disable=SC2034,SC2016
# Steps with progress and duration. Sourced by scripts/up and scripts/test; needs ROOT and DATA.
# What a step's commands print goes to $LOG and is shown only when the step fails.

STEP=""
TICKER=""
FAILURE=""
LOG="$DATA/logs/$(basename "$0").log"
mkdir -p "$DATA/logs"
chmod 700 "$DATA"
: >"$LOG"
# A step may fail while its output goes to the log: what a person must read still reaches the terminal.
exec 3>&1 4>&2

now_ms() {
  if [ -n "${EPOCHREALTIME:-}" ]; then
    local micros="${EPOCHREALTIME//[.,]/}"
    echo $((micros / 1000))
  else
    echo $(($(date +%s) * 1000)) # macOS ships bash 3.2
  fi
}

seconds_since() {
  local elapsed=$(($(now_ms) - $1))
  echo "$((elapsed / 1000)).$((elapsed % 1000 / 100)) s"
}

# step TEXT: opens a step; on a terminal its elapsed time counts up.
step() {
  STEP="$1"
  STEP_STARTED=$(now_ms)
  echo "== $STEP" >>"$LOG"
  if [ -t 1 ]; then
    (
      trap 'exit 0' TERM
      while :; do
        printf '\r  … %s (%s)\033[K' "$STEP" "$(seconds_since "$STEP_STARTED")"
        sleep 0.5
      done
    ) &
    TICKER=$!
    disown "$TICKER"
  else
    echo "  … $STEP"
  fi
}

stop_ticker() {
  if [ -n "$TICKER" ]; then
    kill "$TICKER" 2>/dev/null || true
    TICKER=""
    printf '\r\033[K'
  fi
}

# done_step [DETAIL]: closes the step.
done_step() {
  stop_ticker
  echo "  ✔ $STEP${1:+: $1} ($(seconds_since "$STEP_STARTED"))"
  STEP=""
}

# fail TEXT: ends the script with one clear sentence, also from inside a step.
fail() {
  FAILURE="$1"
  exit 1
}

# Called by the scripts' EXIT trap.
report_failure() {
  exec 1>&3 2>&4
  stop_ticker
  if [ -n "$STEP" ]; then
    echo "  ✖ $STEP (failed after $(seconds_since "$STEP_STARTED"))" >&2
    if [ -z "$FAILURE" ]; then
      tail -n 15 "$LOG" | sed 's/^/    /' >&2
      echo "    all of it: ${LOG#"$ROOT"/}" >&2
    fi
    STEP=""
  fi
  if [ -n "$FAILURE" ]; then printf '%s\n' "$FAILURE" >&2; fi
}
