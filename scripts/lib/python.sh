# shellcheck shell=bash disable=SC2034,SC2016
# A Python that has Celery: a virtual environment with workers/python/requirements.txt, else Debian's python3-celery.
# Sets PYTHON and CELERY_VERSION. Needs ROOT and packages.sh.

# One for both scripts; whatever folder their other data is in.
VENV="$ROOT/.data/venv"

create_environment() {
  command -v python3 >/dev/null || system_install python3 || return 1
  if ! python3 -m venv --clear "$VENV"; then
    # Debian splits venv and ensurepip off Python.
    apt_install python3-venv || return 1
    python3 -m venv --clear "$VENV" || return 1
  fi
  "$VENV/bin/python" -m pip install --disable-pip-version-check -q -r workers/python/requirements.txt || return 1
}

debian_celery() {
  apt_install python3-celery python3-redis python3-msgpack python3-yaml || return 1
  PYTHON=/usr/bin/python3
  "$PYTHON" -c 'import celery'
}

provide_python() {
  local mark="$VENV/.requirements-checksum" wanted
  wanted=$(checksum workers/python/requirements.txt)
  PYTHON="$VENV/bin/python"
  if [ "$(cat "$mark" 2>/dev/null)" != "$wanted" ] || ! "$PYTHON" -c 'import celery'; then
    if create_environment; then
      echo "$wanted" >"$mark"
    else
      debian_celery ||
        fail "No Python Celery is to be had: neither from PyPI nor as python3-celery. Give one of them a way in, or run without: ./scripts/up --no-python"
    fi
  fi
  CELERY_VERSION=$("$PYTHON" -c 'import celery; print(celery.__version__)')
}

# The tests' own: Flower, cryptography, brotli, OpenTelemetry. Needs PYTHON. Debian's Python has no pip to add it with; then the Flower tests fail and say so.
provide_test_packages() {
  "$PYTHON" -c 'import flower, cryptography, brotli, kubernetes_validate, opentelemetry.instrumentation.celery' && return 0
  [ "$PYTHON" = "$VENV/bin/python" ] || return 0
  "$PYTHON" -m pip install --disable-pip-version-check -q -r workers/python/requirements-test.txt || return 0
}

# The oldest Celery tested here, with the kombu of its own time. Sets PYTHON_OLD; empty where PyPI is out of reach.
provide_oldest_celery() {
  local venv="$ROOT/.data/venv-oldest"
  PYTHON_OLD="$venv/bin/python"
  if ! "$PYTHON_OLD" -c 'import celery'; then
    { python3 -m venv --clear "$venv" && "$PYTHON_OLD" -m pip install --disable-pip-version-check -q --retries 1 \
      'celery==5.2.7' 'kombu==5.2.*' 'setuptools<81'; } || PYTHON_OLD=""
  fi
}
