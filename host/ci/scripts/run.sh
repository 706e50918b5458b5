#!/usr/bin/env bash
# Runs one command of `tollgate`, with reports for whoever reads them, and ends
# as it does.
#
#   TOLLGATE            the file of the program; the one on the PATH without it
#   TOLLGATE_COMMAND    `gate`, `policy diff`, ...
#   TOLLGATE_ARGUMENTS  its arguments, one a line
#   TOLLGATE_REASON     why, for commands that take a reason
#   TOLLGATE_MODEL      the model, which is never taken for an option
#   TOLLGATE_REPORTS    the folder for reports; a new one without it
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=host/ci/scripts/common.sh
. "$here/common.sh"

command=${TOLLGATE_COMMAND:-}
tollgate=${TOLLGATE:-tollgate}
reports=${TOLLGATE_REPORTS:-}
if [ -z "$reports" ]; then reports=$(mktemp -d "$(temporary)/tollgate-reports-XXXXXX"); fi
mkdir -p -- "$reports"
output reports "$reports"

# Nothing that an earlier run left may be taken for a report of this one.
json=$reports/report.json junit=$reports/report.xml sarif=$reports/report.sarif
markdown=$reports/report.md codequality=$reports/codequality.json human=$reports/report.txt
rm -f -- "$json" "$junit" "$sarif" "$markdown" "$codequality" "$human"

# Files, and what the log shows: annotations and the job's summary on GitHub.
files=(
  --format "json=$json" --format "junit=$junit" --format "sarif=$sarif"
  --format "markdown=$markdown" --format "gitlab=$codequality"
)
shown=(--format human)
if [ "${GITHUB_ACTIONS:-}" = true ]; then shown=(--format github --format "human=$human"); fi

case $command in
  gate | check | 'policy diff' | 'policy lint') formats=("${shown[@]}" "${files[@]}") ;;
  # Those that write, and those that report to people alone.
  promote | reject | archive | rollback | status | 'policy fmt') formats=() ;;
  'approve request' | 'approve approve' | 'approve reject' | 'approve show') formats=() ;;
  'policy changes') formats=() ;;
  *) wrong "\`$command\` is no command that this runs" ;;
esac

# What is given and not heard would be taken for heeded.
if [ "$command" = 'policy changes' ]; then
  if [ -n "${TOLLGATE_ARGUMENTS:-}${TOLLGATE_REASON:-}${TOLLGATE_MODEL:-}" ]; then
    wrong "\`policy changes\` takes no \`arguments\`, \`reason\` or \`model\`"
  fi
elif [ -n "${TOLLGATE_FAIL_ON:-}" ]; then
  wrong "\`fail-on\` is for \`policy changes\`: \`$command\` takes it among its \`arguments\`"
fi

lines_of "${TOLLGATE_ARGUMENTS:-}"
arguments=(${lines[@]+"${lines[@]}"})
# One argument, whatever lines and dashes are in it.
if [ -n "${TOLLGATE_REASON:-}" ]; then arguments+=("--reason=$TOLLGATE_REASON"); fi
if [ -n "${TOLLGATE_MODEL:-}" ]; then
  # Behind `--` nothing is an option, whatever it begins with.
  arguments+=(-- "$TOLLGATE_MODEL")
fi

status=0
if [ "$command" = 'policy changes' ]; then
  TOLLGATE=$tollgate TOLLGATE_REPORTS=$reports bash "$here/changes.sh" || status=$?
else
  read -ra words <<< "$command"
  "$tollgate" "${words[@]}" ${formats[@]+"${formats[@]}"} ${arguments[@]+"${arguments[@]}"} ||
    status=$?
fi
# A program that judged wrote what it found.
if [ ${#formats[@]} -gt 0 ] && [ ! -s "$json" ]; then status=2; fi
if [ -s "$human" ]; then
  printf '::group::tollgate %s\n' "$command"
  cat -- "$human"
  printf '::endgroup::\n'
fi

case $status in
  0) verdict=passed ;;
  1) verdict=failed ;;
  3) verdict=inconclusive ;;
  # A program that was killed has said nothing.
  *) verdict=error status=2 ;;
esac
output exit-code "$status"
output verdict "$verdict"
for name in json junit sarif markdown; do
  if [ -s "${!name}" ]; then output "$name" "${!name}"; fi
done
exit "$status"
