#!/usr/bin/env bash
# Puts a `tollgate` where the next steps find it.
#
#   TOLLGATE_BINARY   a file that is there, or
#   TOLLGATE_URL      where to download it from (needs TOLLGATE_SHA256), or
#   TOLLGATE_SOURCE   the folder of its sources, to build it
#   TOLLGATE_SHA256   the SHA-256 that the file must have
#
# With none of the first three, the one on the PATH.
set -euo pipefail
# shellcheck source=host/ci/scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

binary=${TOLLGATE_BINARY:-} url=${TOLLGATE_URL:-} source=${TOLLGATE_SOURCE:-}
wanted=${TOLLGATE_SHA256:-}
wanted=${wanted#sha256:}

given=0
for one in "$binary" "$url" "$source"; do
  if [ -n "$one" ]; then given=$((given + 1)); fi
done
if [ "$given" -gt 1 ]; then
  wrong "give one of \`binary\`, \`url\` and \`source\`: which one is meant?"
fi
if [ -n "$wanted" ] && ! [[ $wanted =~ ^[0-9a-fA-F]{64}$ ]]; then
  wrong "\`sha256\` is no SHA-256: expected 64 hexadecimal digits"
fi
if [ -n "$url" ] && [ -z "$wanted" ]; then
  wrong "\`url\` needs \`sha256\`: what is downloaded decides what passes, and nobody could tell whether it is that"
fi

folder=$(mktemp -d "$(temporary)/tollgate-XXXXXX")
target=$folder/tollgate
if [ -n "$url" ]; then
  curl --fail --silent --show-error --location --retry 3 --output "$target" -- "$url" ||
    wrong "\`tollgate\` cannot be downloaded from $url"
elif [ -n "$source" ]; then
  [ -f "$source/xtask/Cargo.toml" ] || wrong "\`$source\` is no folder of Tollgate's sources"
  build=${CARGO_TARGET_DIR:-$(temporary)/tollgate-build}
  # The plugins first: they are in the binary.
  (
    export CARGO_TARGET_DIR=$build
    cd -- "$source" && cargo xtask plugins &&
      cargo build --release --locked --package tollgate-cli
  ) || wrong "\`tollgate\` cannot be built from \`$source\`"
  cp -- "$build/release/tollgate" "$target"
else
  if [ -z "$binary" ]; then
    binary=$(command -v tollgate) ||
      wrong "there is no \`tollgate\` on the PATH: give \`binary\`, \`url\` or \`source\`"
  fi
  [ -f "$binary" ] || wrong "there is no file \`$binary\`"
  # A copy, so that what is verified is what runs.
  cp -- "$binary" "$target"
fi

digest() {
  if command -v sha256sum > /dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi
}
found=$(digest "$target")
found=${found%% *}
if [ -n "$wanted" ] && [ "$found" != "$(printf '%s' "$wanted" | tr 'A-F' 'a-f')" ]; then
  rm -f -- "$target"
  wrong "what was got has SHA-256 $found, and $wanted was wanted: it is not used"
fi
chmod 755 "$target"
# An empty file runs as a script that does nothing, and ends well.
version=$("$target" --version) || version=''
case $version in
  'tollgate '[0-9]*) ;;
  *)
    rm -f -- "$target"
    wrong "what was got does not run as \`tollgate\`"
    ;;
esac
printf '%s, sha256:%s\n' "$version" "$found"

output binary "$target"
if [ -n "${GITHUB_PATH:-}" ]; then printf '%s\n' "$folder" >> "$GITHUB_PATH"; fi
if [ -n "${TOLLGATE_INSTALLED:-}" ]; then printf '%s' "$target" > "$TOLLGATE_INSTALLED"; fi
