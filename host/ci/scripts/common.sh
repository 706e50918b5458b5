# shellcheck shell=bash
# What the scripts share; read with `.`, not run.

# Ends with exit code 2, which is never a pass.
wrong() {
  # What is in the message must not begin a command of its own.
  local text=${1//[[:cntrl:]]/?}
  if [ "${GITHUB_ACTIONS:-}" = true ]; then
    printf '::error title=tollgate::%s\n' "${text//'%'/%25}"
  else
    printf 'error: %s\n' "$text" >&2
  fi
  exit 2
}

# Gives later steps of the job a value, where there are such.
output() {
  if [ -n "${GITHUB_OUTPUT:-}" ]; then
    case $2 in *$'\n'* | *$'\r'*) wrong "a path must not hold a line break: $2" ;; esac
    printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
  fi
}

# A folder for files of this job.
temporary() {
  printf '%s' "${RUNNER_TEMP:-${TMPDIR:-/tmp}}"
}

# The lines of a text as the array `lines`, without empty ones.
lines_of() {
  lines=()
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    if [ -n "$line" ]; then lines+=("$line"); fi
  done <<< "$1"
}
