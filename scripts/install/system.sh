# shellcheck shell=bash disable=SC2034,SC2154 # the variables are scripts/install-pi's, which reads this file
# What install-pi does to the system: packages, user, settings; sourced, not run.

# Everything that changes this machine outside of our own folders goes through here.
on_system() {
  if [ -n "$system" ]; then
    "$system" "$@"
  elif [ -n "$root" ]; then
    printf 'install-pi: would run: %s\n' "$*"
  else
    "$@"
  fi
}

systemd_runs() { [ -n "$root" ] || [ -d /run/systemd/system ]; }

check_machine() {
  [ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail 2 "this changes the system: run sudo scripts/install-pi"
  if [ -z "$root" ]; then
    command -v apt-get >/dev/null || fail 2 "no apt-get here; Raspberry Pi OS (64-bit) is wanted"
    case $(dpkg --print-architecture) in
      arm64 | amd64) ;;
      *) fail 2 "this system is $(dpkg --print-architecture); take the 64-bit Raspberry Pi OS Lite" ;;
    esac
  fi
  mkdir -p "$opt/releases" "$etc/credentials" "$units"
  chmod 700 "$etc/credentials"
  exec 9>"$opt/.lock"
  flock -n 9 || fail 1 "another install-pi runs; wait for it"
}

install_packages() {
  local wanted=(python3-venv python3-numpy ca-certificates) each
  on_system apt-get -qq update || say "the package lists could not be renewed; trying with the old ones"
  # Raspberry Pi's own archive has them: they go with its kernel. Elsewhere a USB webcam will do.
  for each in python3-lgpio python3-picamera2 python3-libcamera; do
    if [ -n "$root" ] || apt-cache show "$each" >/dev/null 2>&1; then
      wanted+=("$each")
    elif grep -qsa "Raspberry Pi" /proc/device-tree/model; then
      fail 1 "the archive has no $each; is this Raspberry Pi OS (64-bit), and is the network up?"
    else
      say "this is no Raspberry Pi OS: no $each here, so neither ${each#python3-} nor what needs it will work"
    fi
  done
  on_system env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y install --no-install-recommends "${wanted[@]}" >"$opt/apt.log" 2>&1 || {
    tail -n 20 "$opt/apt.log" >&2
    fail 1 "apt-get could not install ${wanted[*]} (see above); check the network, then run this again"
  }
  [ -z "$root" ] || cat "$opt/apt.log"
  say "system packages are there"
}

make_user() {
  local group
  for group in video gpio; do
    if [ -n "$root" ] || ! getent group "$group" >/dev/null; then on_system groupadd --system --force "$group"; fi
  done
  if [ -n "$root" ] || ! id cuelight >/dev/null 2>&1; then
    on_system useradd --system --user-group --home-dir /var/lib/cuelight --no-create-home \
      --shell /usr/sbin/nologin cuelight
  fi
  on_system usermod --append --groups video,gpio cuelight
}

write_settings() {
  if [ ! -e "$etc/device.toml" ]; then
    install -m 644 "${settings:-$source/device.example.toml}" "$etc/device.toml"
    # where the service may write; the example's own folder is for a person who tries it out
    sed -i 's#^folder = "~/.local/state/cuelight"$#folder = "/var/lib/cuelight"#' "$etc/device.toml"
    say "settings written: /etc/cuelight/device.toml"
  fi
  local secret=$etc/credentials/mqtt-password
  if [ -n "$password" ] && [ ! -s "$secret" ]; then
    install -m 600 "$password" "$secret"
  elif [ ! -e "$secret" ]; then
    install -m 600 /dev/null "$secret"
  fi
  # a USB webcam is read through OpenCV
  if grep -Eq '^[[:space:]]*source[[:space:]]*=[[:space:]]*"v4l2"' "$etc/device.toml"; then add_extra clip; fi
  # noise on counts is drawn by OpenDP
  if grep -Eq '^[[:space:]]*epsilon[[:space:]]*=[[:space:]]*[0-9.]*[1-9]' "$etc/device.toml"; then add_extra noise; fi
}

# Raspberry Pi OS boots without the memory controller, which the unit's MemoryMax needs.
allow_memory_limit() {
  local line=$root/boot/firmware/cmdline.txt
  if [ -f "$line" ] && ! grep -qw cgroup_enable=memory "$line"; then
    sed -i '1s/$/ cgroup_enable=memory/' "$line"
    touch "$opt/.memory-limit"
    say "memory limits will work after the next boot"
  fi
}

forbid_memory_limit() {
  [ ! -e "$opt/.memory-limit" ] || sed -i '1s/ cgroup_enable=memory//' "$root/boot/firmware/cmdline.txt"
}
