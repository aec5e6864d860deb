# shellcheck shell=bash disable=SC2034,SC2154 # the variables are scripts/install-pi's, which reads this file
# Releases: how one is built beside the others, tried, switched to and gone back from;
# sourced, not run.

# Copy what a release is made of, and nothing else, so that neither training nor old builds come in.
stage() {
  stage=$(mktemp -d)
  trap 'rm -rf "$stage"' EXIT
  mkdir -p "$stage/models" "$stage/scripts"
  # the collector's unit is for a server
  (cd "$source" && tar -c --exclude=__pycache__ --exclude='*.egg-info' --exclude=cuelight-collector.service \
    device systemd pyproject.toml README.md LICENSE device.example.toml) | tar -x -C "$stage"
  cp -r "$source"/models/{expression.tflite,expression.toml,cues.toml,looks.toml,WEIGHTS-TERMS.md,fetched.toml,selftest} \
    "$stage/models/"
  cp "$source"/scripts/{install-pi,fetch,first-boot,copy-to-card,provision-broker} "$stage/scripts/"
  cp -r "$source/scripts/install" "$stage/scripts/"
}

# A release is named for all that decides what it is: our files, the system's Python and numpy.
name_release() {
  local version fingerprint
  version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$source/device/cuelight/__init__.py")
  fingerprint=$({
    (cd "$stage" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
    "$python" --version
    system_numpy
    echo "$extras"
  } | sha256sum | cut -c 1-8)
  release=$opt/releases/$version-$fingerprint
  # one that was finished and does not work any more (a bad SD card?) is made anew beside it
  while [ -e "$release/.complete" ] && ! works "$release" >/dev/null 2>&1; do release+=-again; done
}

system_numpy() { "$python" -c 'import numpy; print(numpy.__version__)' 2>/dev/null || true; }

build_release() {
  rm -rf "$release"
  # a trial takes pip from the packages that it was given
  "$python" -m venv --system-site-packages ${packages:+--without-pip} "$release"
  local own=("$release/bin/python") pip=(-m pip install --quiet --disable-pip-version-check)
  local site numpy
  site=$("${own[@]}" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  numpy=$(system_numpy)
  if [ -n "$numpy" ]; then
    echo "numpy==$numpy" >"$stage/constraints"
    pip+=(--constraint "$stage/constraints")
  fi
  [ -z "$wheels" ] || pip+=(--no-index --find-links "$wheels")
  if [ -n "$packages" ]; then
    echo "$packages" >"$site/trial-packages.pth"
    pip+=(--no-index --no-build-isolation)
  fi
  say "making release ${release##*/}; on a Pi this takes some minutes"
  "${own[@]}" "${pip[@]}" "$stage$extras" >&2
  same_numpy "$numpy"
  local share=$release/share/cuelight
  cp -r "$stage/systemd" "$stage/README.md" "$stage/device.example.toml" "$stage/scripts" "$share/"
  fetch_models "$share"
  sync -f "$release"
  touch "$release/.complete"
}

# picamera2 was built against the system's numpy; another one beside it ends in a crash at import.
same_numpy() { # WANTED, empty where the system has none
  local found
  found=$("$release/bin/python" -c 'import numpy; print(numpy.__version__)')
  [ -z "$1" ] || [ "$found" = "$1" ] || fail 1 "the release has numpy $found, the system $1; they must be the same"
  say "numpy $found${1:+, as the system has it}"
}

fetch_models() { # SHARE
  local known=$source/models/fetched
  mkdir -p "$1/models/fetched"
  [ ! -d "$known" ] || cp "$known"/* "$1/models/fetched/"
  # copies only what is missing, and refuses whatever has another SHA-256
  "$release/bin/python" "$stage/scripts/fetch" --table "$stage/models/fetched.toml" --root "$1" \
    --under models/ ${wheels:+--wheels "$wheels"} || fail 1 "the face detector could not be fetched (see above)"
}

# Whether a release works on this machine at all, whatever the site's settings say.
works() { # RELEASE
  local trial code=0
  trial=$(mktemp)
  printf '[privacy]\nmode = "notice"\ncontact = "trial"\n' >"$trial"
  check "$1" "$trial" || code=$?
  rm -f "$trial"
  return "$code"
}

check() { "$1/bin/cuelight" check --config "$2"; } # RELEASE SETTINGS

in_use() { readlink -e "$opt/current" || true; }

before() { readlink -e "$opt/previous" || true; }

link() { # NAME TARGET: one rename, so that a power cut leaves the old link or the new one
  ln -sfn "$2" "$opt/.$1" && mv -T "$opt/.$1" "$opt/$1" && sync -f "$opt"
}

switch_to() { # RELEASE
  local old
  old=$(in_use)
  if [ "$old" != "$1" ]; then
    [ -z "$old" ] || link previous "releases/${old##*/}"
    link current "releases/${1##*/}"
  fi
  install -m 644 "$1"/share/cuelight/systemd/* "$units/"
}

# Refuse a release that does not work, or that minds settings which the one in use takes.
try_release() {
  works "$release" || {
    discard "$release"
    fail 1 "the new release does not work here (see above) and was removed; $(what_stays)"
  }
  local old code=0
  old=$(in_use)
  check "$release" "$etc/device.toml" || code=$?
  if [ "$code" -ne 0 ] && [ -n "$old" ] && [ "$old" != "$release" ] &&
    check "$old" "$etc/device.toml" >/dev/null 2>&1; then
    discard "$release"
    fail 1 "the new release refuses this box's settings (see above) and was removed; $(what_stays)"
  fi
  configured=$([ "$code" -eq 0 ] && echo yes || echo no)
}

discard() { [ "$1" = "$(in_use)" ] || rm -rf "$1"; } # RELEASE

what_stays() {
  local old
  old=$(in_use)
  if [ -n "$old" ]; then echo "release ${old##*/} stays in use"; else echo "nothing is installed"; fi
}

go_back() { # RELEASE [THE-ONE-BEFORE-IT]
  switch_to "$1"
  if [ $# -gt 1 ]; then
    rm -f "$opt/previous"
    [ -z "$2" ] || link previous "releases/${2##*/}"
  fi
  systemd_runs || return 0
  on_system systemctl daemon-reload
  on_system timeout "$start_seconds" systemctl restart cuelight.service ||
    say "release ${1##*/} does not start either: sudo cuelight doctor"
}

# The one in use and the one before stay; each takes about as much as its Python packages.
forget_old_releases() {
  local each
  for each in "$opt"/releases/*; do
    [ "$each" = "$(in_use)" ] || [ "$each" = "$(before)" ] || rm -rf "$each"
  done
}
