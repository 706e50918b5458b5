#!/usr/bin/env bash
# What the policies come to that differ from those of another commit, one
# `tollgate policy diff` each.
#
#   TOLLGATE            the file of the program; the one on the PATH without it
#   TOLLGATE_BASE       the commit or branch to compare with
#   TOLLGATE_POLICIES   folders and files that hold policies, one a line
#   TOLLGATE_DECISIONS  rows for `--decisions`: a file, or lines POLICY=FILE
#   TOLLGATE_EVIDENCE   for `--records`: a file or folder, or lines POLICY=PATH
#   TOLLGATE_FAIL_ON    `change`: fail when something comes out differently
#   TOLLGATE_REPORTS    the folder for reports
#
# Ends with the worst of all: 2 something is wrong, 1 failed, 3 not compared, 0.
set -euo pipefail
# shellcheck source=host/ci/scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tollgate=${TOLLGATE:-tollgate}
reports=${TOLLGATE_REPORTS:?}
base=${TOLLGATE_BASE:-}
fail_on=${TOLLGATE_FAIL_ON:-}
case $fail_on in '' | change) ;; *) wrong "\`fail-on\` is \`change\` or nothing, and not \`$fail_on\`" ;; esac

top=$(git rev-parse --show-toplevel) || wrong "this is no git repository: check it out first"
cd -- "$top"
[ -n "$base" ] || wrong "\`base\` is missing: the commit or branch to compare with"
git rev-parse --quiet --verify --end-of-options "$base^{commit}" > /dev/null ||
  wrong "there is no commit \`$base\` here: check out with \`fetch-depth: 0\`"
# What others changed on the base meanwhile is not this change's.
from=$(git merge-base -- "$base" HEAD) ||
  wrong "\`$base\` and this commit have no common one here: check out with \`fetch-depth: 0\`"

lines_of "${TOLLGATE_POLICIES:-policies}"
paths=(${lines[@]+"${lines[@]}"})
[ "${#paths[@]}" -gt 0 ] || wrong "\`policies\` is empty: nothing would be compared"
export GIT_LITERAL_PATHSPECS=1
for path in "${paths[@]}"; do
  # A name that is misspelt would find no change, ever.
  if [ ! -e "$path" ] && [ -z "$(git ls-tree --name-only "$from" -- "${path%/}")" ]; then
    wrong "there is no \`$path\`, here or in \`$base\`"
  fi
  # Git sees the link, and no change of what it leads to.
  part=${path%/}
  while [ -n "$part" ] && [ "$part" != . ] && [ "$part" != / ]; do
    if [ -L "$part" ]; then wrong "\`$part\` is a link: name what it leads to"; fi
    case $part in */*) part=${part%/*} ;; *) part='' ;; esac
  done
  if [ -z "$(git ls-tree --name-only "$from" -- "${path%/}")" ] &&
    [ -z "$(git ls-files -- "${path%/}")" ]; then
    wrong "git knows nothing of \`$path\`: a change of it would not be seen"
  fi
  case $(git ls-files --stage -- "${path%/}") in
    160000*) wrong "\`$path\` is a submodule: run this in it" ;;
  esac
done

# The documents as they were, with all that they name beside them.
old=$(mktemp -d "$(temporary)/tollgate-base-XXXXXX")
trap 'rm -rf -- "$old"' EXIT
GIT_INDEX_FILE=$old/.index git read-tree "$from"
GIT_INDEX_FILE=$old/.index git checkout-index --all --prefix="$old/"

# The evidence for a policy: that of a line with its name, else that of a line
# without any.
evidence_for() {
  local line found=''
  lines_of "$2"
  for line in ${lines[@]+"${lines[@]}"}; do
    case $line in
      "$1="*) printf '%s' "${line#"$1="}"; return ;;
      *=*) ;;
      *) found=$line ;;
    esac
  done
  printf '%s' "$found"
}

# A line for a policy that there is not would be evidence for nothing.
{ git ls-files -z -- "${paths[@]}" && git ls-tree -r -z --name-only "$from" -- "${paths[@]}"; } \
  > "$old/.known" || wrong "git cannot say which policies there are"
is_known() {
  local one
  while IFS= read -r -d '' one; do
    if [ "$one" = "$1" ]; then return 0; fi
  done < "$old/.known"
  return 1
}
checked() {
  local line policy rest other known=() for_all=''
  lines_of "$2"
  for line in ${lines[@]+"${lines[@]}"}; do
    case $line in
      *=*) ;;
      *)
        if [ -n "$for_all" ]; then wrong "\`$1\` names two files for all policies: \`$for_all\` and \`$line\`"; fi
        for_all=$line
        continue
        ;;
    esac
    # The name of a policy may have an `=` of its own.
    policy='' rest=$line
    while case $rest in *=*) true ;; *) false ;; esac; do
      policy=$policy${rest%%=*} rest=${rest#*=}
      if is_known "$policy"; then break; fi
      policy=$policy=
    done
    case $policy in
      *=) wrong "\`$1\` has the line \`$line\`, which names no policy below \`${paths[*]}\`: expected POLICY=FILE" ;;
    esac
    if [ -z "$rest" ]; then wrong "\`$1\` names no file for \`$policy\`"; fi
    for other in ${known[@]+"${known[@]}"}; do
      if [ "$other" = "$policy" ]; then wrong "\`$1\` names two files for \`$policy\`"; fi
    done
    known+=("$policy")
  done
}
checked decisions "${TOLLGATE_DECISIONS:-}"
checked records "${TOLLGATE_EVIDENCE:-}"

# The worst so far; 2 is worse than 1, which is worse than 3.
worst=0
worse() {
  local order=(0 2 3 1)
  if [ "${order[$1]}" -gt "${order[$worst]}" ]; then worst=$1; fi
}

# Nothing that an earlier run left may be taken for a report of this one.
rm -f -- "$reports"/diff-*.json "$reports"/diff-*.md "$reports"/diff-*.xml
markdown=$reports/report.md
: > "$markdown"
told() {
  printf '%s\n' "$1"
  printf '%s\n\n' "$1" >> "$markdown"
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then printf '%s\n\n' "$1" >> "$GITHUB_STEP_SUMMARY"; fi
}

is_document() {
  grep -Eq '(^|[{,[:space:]])"?plugin"?[[:space:]]*:' -- "$1"
}

# Written first: a `git` that fails must not be taken for no change.
git diff --no-ext-diff --no-renames --name-status -z "$from" -- "${paths[@]}" > "$old/.changes" ||
  wrong "git cannot say what changed since $from"
number=0
while IFS= read -r -d '' kind && IFS= read -r -d '' path; do
  case $(printf '%s' "$path" | tr '[:upper:]' '[:lower:]') in
    *.yaml | *.yml | *.json) ;;
    *) continue ;;
  esac
  # A stranger's file name is shown so that it can do nothing but be read.
  name=$(printf '%q' "$path")
  here=$path was=$old/$path
  if [ -L "$here" ] || [ -L "$was" ]; then
    told "\`$name\` is a link: not compared."
    worse 3
    continue
  fi
  if ! { [ -f "$here" ] && is_document "$here"; } && ! { [ -f "$was" ] && is_document "$was"; }; then
    told "\`$name\` changed and is no policy document: not compared."
    if [ -n "$fail_on" ]; then worse 3; fi
    continue
  fi
  number=$((number + 1))
  if [ "$kind" != M ] || [ ! -f "$here" ] || [ ! -f "$was" ]; then
    case $kind in A) what=new ;; D) what=removed ;; *) what='of another kind' ;; esac
    told "\`$name\` is $what: there is nothing to compare it with."
    if [ -n "$fail_on" ]; then worse 1; fi
    continue
  fi
  arguments=()
  decisions=$(evidence_for "$path" "${TOLLGATE_DECISIONS:-}")
  if [ -n "$decisions" ]; then arguments+=(--decisions "$decisions"); fi
  records=$(evidence_for "$path" "${TOLLGATE_EVIDENCE:-}")
  if [ -n "$records" ]; then arguments+=(--records "$records"); fi
  if [ -n "$fail_on" ]; then arguments+=(--fail-on "$fail_on"); fi
  shown=(--format human)
  if [ "${GITHUB_ACTIONS:-}" = true ]; then shown=(--format github); fi
  printf 'policy diff of %s\n' "$name"
  status=0
  "$tollgate" policy diff ${arguments[@]+"${arguments[@]}"} "${shown[@]}" \
    --format "json=$reports/diff-$number.json" --format "markdown=$reports/diff-$number.md" --format "junit=$reports/diff-$number.xml" \
    -- "$was" "$path" < /dev/null || status=$?
  case $status in 0 | 1 | 3) ;; *) status=2 ;; esac
  worse "$status"
  if [ -s "$reports/diff-$number.md" ]; then
    cat -- "$reports/diff-$number.md" >> "$markdown"
    printf '\n' >> "$markdown"
  fi
done < "$old/.changes"

if [ "$number" -eq 0 ]; then told 'No policy document changed.'; fi
exit "$worst"
