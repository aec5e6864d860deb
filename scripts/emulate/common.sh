# What the scripts/emulate-* programs share; sourced, not run. The caller sets `name` (as in
# scripts/NAME) and `cache` (a git-ignored folder) first.
# shellcheck shell=bash

# Debian puts depmod and chroot into sbin, which an ordinary user's PATH leaves out.
PATH="$PATH:/usr/sbin:/sbin"

fail() { # STATUS MESSAGE
  echo "scripts/$name: $2" >&2
  exit "$1"
}

need() { # COMMAND PACKAGE
  command -v "$1" >/dev/null ||
    fail 2 "no $1 here; as root, run: apt-get install $2"
}

# The Debian mirror that this machine is set up with; no address stands in these scripts.
mirror() {
  local found
  found=$(apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 2>/dev/null |
    awk '$1 == "Debian" && $2 !~ /[-\/]/ && !seen++ { print $3 }')
  [ -n "$found" ] || fail 2 "apt knows no Debian archive here; run apt-get update on a Debian machine"
  echo "$found"
}

# Unpack Debian packages of one suite and architecture into a folder, with all they depend on but
# without running their scripts, so that no emulator is needed: unpack SUITE ARCH FOLDER PACKAGES.
unpack() {
  echo "fetching Debian $1 ($2) packages into $3" >&2
  rm -rf "$3.part" "$3"
  mmdebstrap --quiet --variant=extract --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --architectures="$2" --include="$4" "$1" "$3.part" \
    "deb $(mirror) $1 main" >"$cache/log" 2>&1 ||
    fail 1 "mmdebstrap could not fetch Debian $1 for $2; see $cache/log"
  mv "$3.part" "$3"
}

# Install AArch64 wheels for Python 3.11 into a folder: wheels FOLDER REQUIREMENT...
wheels() {
  local folder=$1 python="$repo/.venv/bin/python" platforms
  shift
  [ -x "$python" ] || python=python3
  if cmp -s <(printf '%s\n' "$@") "$folder/wanted"; then return; fi
  "$python" -m pip --version >/dev/null 2>&1 || fail 2 "$python has no pip; run scripts/setup first"
  echo "fetching AArch64 wheels into $folder" >&2
  rm -rf "$folder"
  mapfile -t platforms < <(seq -f '--platform=manylinux_2_%g_aarch64' 17 36)
  "$python" -m pip install --quiet --disable-pip-version-check --no-compile --target "$folder" \
    --only-binary=:all: --implementation cp --python-version 3.11 "${platforms[@]}" \
    --platform=manylinux2014_aarch64 "$@" >"$cache/log" 2>&1 ||
    fail 1 "pip found no AArch64 wheels; see $cache/log"
  printf '%s\n' "$@" >"$folder/wanted"
}

# Install Debian packages of one suite and architecture into a root file system, set up as apt does,
# and let it trust the certificates that this machine trusts: configured SUITE ARCH FOLDER PACKAGES.
configured() {
  echo "fetching and installing Debian $1 ($2) packages into $3" >&2
  rm -rf "$3.part" "$3"
  mmdebstrap --quiet --variant=minbase --architectures="$2" --include="$4" "$1" "$3.part" \
    "deb $(mirror) $1 main" >"$cache/log" 2>&1 ||
    fail 1 "mmdebstrap could not install Debian $1 for $2; see $cache/log"
  mkdir -p "$3.part/etc/ssl/certs"
  cp /etc/ssl/certs/ca-certificates.crt "$3.part/etc/ssl/certs/"
  mv "$3.part" "$3"
}

# Run a command in a root file system, with devices and processes of this machine in sight, in a
# mount namespace of its own, so that nothing stays mounted: inside FOLDER COMMAND...
inside() { unshare --mount bash -ec "$change_root" inside "$@"; }

# The same for a root of AArch64 programs, which see a Cortex-A72. Where the kernel can (from 6.7 on),
# the rule that hands them to the emulator holds in a user namespace of their own, so that it neither
# changes this machine nor is changed by what else runs on it: inside_aarch64 FOLDER COMMAND...
inside_aarch64() {
  local kid
  # shellcheck disable=SC2016 # the inner shell's
  unshare --user --mount bash -ec '
    until grep -q . /proc/self/uid_map /proc/self/gid_map; do read -rt 0.1 <> <(:) || true; done
    mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    cat /usr/lib/binfmt.d/qemu-aarch64.conf >/proc/sys/fs/binfmt_misc/register
    exec "$@"' own env QEMU_CPU=cortex-a72 bash -ec "$change_root" inside "$@" &
  kid=$!
  until [ "$(readlink /proc/$kid/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.1; done
  echo 0 0 65536 >/proc/$kid/gid_map
  echo 0 0 65536 >/proc/$kid/uid_map
  wait $kid
}

# shellcheck disable=SC2016 # the inner shell's
change_root='
  folder=$1
  shift
  for each in proc sys dev; do mount --rbind "/$each" "$folder/$each"; done
  [ ! -e "$folder/opt/cpuinfo" ] || mount --bind "$folder/opt/cpuinfo" "$folder/proc/cpuinfo"
  cp /etc/resolv.conf "$folder/etc/resolv.conf"
  export PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_FIND_LINKS=
  exec chroot "$folder" "$@"'

# Let this machine's kernel hand AArch64 programs to the emulator, also inside other roots.
run_aarch64() {
  local formats=/proc/sys/fs/binfmt_misc
  [ -e "$formats/register" ] || mount -t binfmt_misc binfmt_misc "$formats" ||
    fail 2 "this kernel has no binfmt_misc, so it cannot hand programs to the emulator"
  [ -e "$formats/qemu-aarch64" ] || cat /usr/lib/binfmt.d/qemu-aarch64.conf >"$formats/register" ||
    fail 1 "the kernel does not take the rule for AArch64"
}
