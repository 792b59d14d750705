#!/bin/sh
# Starts a part of the distributed Airflow, in a container or natively: entrypoint.sh COMMAND ...
set -eu
umask 077

# Only the API server is given the password. The simple auth manager wants to own the file.
password="${FLEET_SECRETS:-/run/secrets}/admin_password"
if [ -f "$password" ]; then
  printf '{"admin": "%s"}\n' "$(cat "$password")" \
    >"$AIRFLOW_HOME/simple_auth_manager_passwords.json.generated"
fi

# Where the sandbox takes the place of AWS, it says how to reach it. It names itself by loopback,
# which is right in its own container only.
if [ -f "${SANDBOX_EXPORTS:-}" ]; then
  . "$SANDBOX_EXPORTS"
  if [ -n "${SANDBOX_URL:-}" ]; then
    export AWS_ENDPOINT_URL="$SANDBOX_URL"
  fi
fi

exec "$@"
