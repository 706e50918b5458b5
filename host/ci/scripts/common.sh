# What the scripts share; read with `.`, not run.

# Ends with exit code 2, which is never a pass.
wrong() {
  if [ "${GITHUB_ACTIONS:-}" = true ]; then
    local text=$1
    # What is in the message must not begin a command of its own.
    text=${text//'%'/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '::error title=tollgate::%s\n' "$text"
  else
    printf 'error: %q\n' "$1" >&2
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
