# shellcheck shell=bash disable=SC2034,SC2016
# RabbitMQ from the first place that works. Sets BROKER_URL, BROKER_FROM and, where the node can be administered,
# BROKER_CONTROL (the rabbitmqctl command). Needs ROOT, DATA, RUN and processes.sh, packages.sh.

BROKER_URL=""
BROKER_FROM=""
BROKER_CONTROL=""

broker_answers() { node "$ROOT/scripts/lib/broker-probe.mjs" "$1"; }

# Values of .env count where the environment has none; the file is read, never executed.
read_env_file() {
  [ -f "$ROOT/.env" ] || return 0
  local line name value
  while IFS= read -r line || [ -n "$line" ]; do
    case "$line" in [A-Za-z_]*=*) ;; *) continue ;; esac
    name="${line%%=*}"
    value="${line#*=}"
    case "$name" in *[!A-Za-z0-9_]*) continue ;; esac
    value="${value%$'\r'}"
    case "$value" in \"*\") value="${value#\"}" && value="${value%\"}" ;; \'*\') value="${value#\'}" && value="${value%\'}" ;; esac
    if [ -z "${!name:-}" ]; then export "$name=$value"; fi
  done <"$ROOT/.env"
}

configured_broker() {
  local url="${CELERY_BROKER_URL:-${RABBITMQ_URL:-}}"
  if [ -z "$url" ] && [ -n "${RABBITMQ_HOST:-}" ]; then
    # This machine is what .env.example names: no broker there is no mistake, one is found or started below.
    case "$RABBITMQ_HOST" in localhost | 127.0.0.1) return 1 ;; esac
    url=$(node "$ROOT/scripts/lib/broker-probe.mjs" --url-from-parts)
  fi
  [ -n "$url" ] || return 1
  broker_answers "$url" ||
    fail "The broker named in the environment or .env does not answer (CELERY_BROKER_URL, RABBITMQ_URL or RABBITMQ_HOST). Start it, correct the setting, or remove it to get a broker from here."
  BROKER_URL="$url"
  BROKER_FROM="the settings"
}

local_broker() {
  [ -z "${UP_SKIP_LOCAL_BROKER:-}" ] || return 1
  local url
  url=$(RABBITMQ_HOST=127.0.0.1 node "$ROOT/scripts/lib/broker-probe.mjs" --url-from-parts)
  broker_answers "$url" || return 1
  BROKER_URL="$url"
  BROKER_FROM="already running on localhost"
}

compose_broker() {
  [ -z "${UP_SKIP_LOCAL_BROKER:-}" ] || return 1
  command -v docker >/dev/null && docker info >/dev/null 2>&1 || return 1
  docker compose --project-directory "$ROOT" up -d --wait rabbitmq </dev/null || return 1
  mkdir -p "$RUN"
  touch "$RUN/compose"
  # With the user, password and port of .env, if it has any.
  BROKER_URL=$(RABBITMQ_HOST=127.0.0.1 RABBITMQ_VHOST=/ node "$ROOT/scripts/lib/broker-probe.mjs" --url-from-parts)
  if ! broker_answers "$BROKER_URL"; then
    BROKER_URL=""
    return 1
  fi
  BROKER_FROM="Docker Compose"
  BROKER_CONTROL="docker compose --project-directory $ROOT exec -T rabbitmq rabbitmqctl"
}

# Debian's /usr/sbin wrapper insists on root and on its own user; the script behind it does not.
rabbitmq_program() {
  local directory
  for directory in /usr/lib/rabbitmq/bin /opt/homebrew/sbin /usr/local/sbin; do
    if [ -x "$directory/$1" ]; then
      echo "$directory/$1"
      return 0
    fi
  done
  command -v "$1"
}

# A node of our own: own name, free ports, own name server (epmd) and data under .data/, so that no other node is touched.
private_broker() {
  local server control home="$DATA/rabbitmq" port
  server=$(rabbitmq_program rabbitmq-server) && control=$(rabbitmq_program rabbitmqctl) || return 1
  mkdir -p "$home/mnesia" "$home/logs"
  echo "[]." >"$home/enabled_plugins"
  port=$(free_port)
  printf 'listeners.tcp.default = 127.0.0.1:%s\n' "$port" >"$home/rabbitmq.conf"
  private_node_environment "$home" "$port" "$(free_port)" "$(free_port)" >"$home/node.env"
  # The control command for people, tests and scripts/down: the node's environment, then rabbitmqctl.
  printf '#!/bin/sh\nset -a\n. "%s/node.env"\nexec "%s" -n "$RABBITMQ_NODENAME" "$@"\n' "$home" "$control" >"$home/rabbitmqctl"
  chmod 700 "$home/rabbitmqctl"
  (
    set -a
    # shellcheck disable=SC1091
    . "$home/node.env"
    if command -v epmd >/dev/null; then start_process epmd epmd -address 127.0.0.1; fi
    start_process rabbitmq "$server"
  )
  wait_for_node "amqp://guest:guest@127.0.0.1:$port/" ||
    fail "The private RabbitMQ node did not start; see .data/logs/rabbitmq.log and .data/rabbitmq/logs/."
  BROKER_URL="amqp://guest:guest@127.0.0.1:$port/"
  BROKER_FROM="a private node"
  BROKER_CONTROL="$home/rabbitmqctl"
}

# private_node_environment HOME PORT DISTRIBUTION_PORT EPMD_PORT
private_node_environment() {
  cat <<NODE
HOME="$1"
RABBITMQ_NODENAME="celery_gateway@localhost"
RABBITMQ_NODE_PORT="$2"
RABBITMQ_DIST_PORT="$3"
ERL_EPMD_PORT="$4"
RABBITMQ_MNESIA_BASE="$1/mnesia"
RABBITMQ_LOG_BASE="$1/logs"
RABBITMQ_PID_FILE="$1/node.pid"
RABBITMQ_CONFIG_FILE="$1/rabbitmq.conf"
RABBITMQ_ADVANCED_CONFIG_FILE="$1/none.config"
RABBITMQ_CONF_ENV_FILE="/dev/null"
RABBITMQ_ENABLED_PLUGINS_FILE="$1/enabled_plugins"
RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none"
NODE
}

wait_for_node() {
  local attempt=0
  until broker_answers "$1"; do
    attempt=$((attempt + 1))
    [ "$attempt" -lt 120 ] && is_running rabbitmq || return 1
    sleep 0.5
  done
}

provide_broker() {
  configured_broker && return 0
  local_broker && return 0
  compose_broker && return 0
  private_broker && return 0
  if system_install rabbitmq-server rabbitmq && private_broker; then return 0; fi
  fail "RabbitMQ is nowhere to be had. Do one of these, then run this again:
  - set CELERY_BROKER_URL to a broker of yours (in the environment or .env)
  - start Docker
  - install RabbitMQ: sudo apt-get install rabbitmq-server   (macOS: brew install rabbitmq)"
}

# Only what provide_broker started.
stop_broker() {
  stop_process rabbitmq 30
  stop_process epmd 2
  if [ -f "$RUN/compose" ]; then
    docker compose --project-directory "$ROOT" stop rabbitmq >/dev/null 2>&1 || true
    rm -f "$RUN/compose"
  fi
}
