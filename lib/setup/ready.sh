#!/bin/sh
# ready.sh demo|test|hosts|run [packages]: makes this machine ready for an npm script; does nothing, quickly, when it is ready.
#
#   demo   node modules, and the Debian packages of the sandbox (lib/sandbox) and of the nightly run
#   test   the same, what the tests need besides, and Debian 13's duplicity (test/support/debian13.sh)
#   hosts  node modules, and what makes and boots whole machines (test/hosts); their programs are in their image
#   run    node modules, those of the development left out: a real host is looked at by tasks/setup.ts
#
# Packages are installed by root without recommended ones and without starting any service. A user who lacks some is told the one
# command that root must run: this script with the word `packages`, which leaves the node modules alone.
set -eu
cd "$(dirname -- "$0")/../.."
purpose=${1-}
case $purpose in demo | test | hosts | run) ;; *) echo 'ready: expected demo, test, hosts or run' >&2; exit 2 ;; esac

DEMO='duplicity gnupg mariadb-server-core mariadb-client php-cli php-mysql php-gd php-xml php-mbstring php-curl wordpress curl
  ca-certificates util-linux bubblewrap'
TEST='faketime openssl sqlite3 apache2 nginx procps chromium python3-prometheus-client'
HOSTS='debootstrap systemd-container openssh-client openssl iproute2 e2fsprogs util-linux git user-mode-linux'

say() { echo "holdfast: $*"; }

modules_missing() {
  [ -f node_modules/.package-lock.json ] && [ -x node_modules/.bin/node ] || return 0
  [ "$purpose" != test ] || [ -e node_modules/.bin/tsc ] || return 0
  [ package-lock.json -nt node_modules/.package-lock.json ]
}

# `npm ci` refuses a lock file that lacks another platform's optional package, as a registry's mirror may; `npm install` takes the
# same versions and goes on.
install_modules() {
  omit=--include=dev
  if [ "$purpose" = run ] && [ ! -d node_modules ]; then omit=--omit=dev; fi
  log=$(mktemp)
  say 'installing the node modules (npm ci)'
  set -- "$omit" --loglevel=error --no-audit --no-fund
  if ! npm ci "$@" </dev/null >"$log" 2>&1; then
    say "npm ci: $(grep -v -e EUSAGE -e 'npm error$' "$log" | head -n 1)"
    say 'trying npm install with the same lock file'
    npm install --no-save "$@" </dev/null >"$log" 2>&1 || { head -n 15 "$log" >&2; rm -f "$log"; exit 1; }
  fi
  rm -f "$log"
  touch node_modules/.package-lock.json
  say 'node modules installed'
}

# The theme that this release's WordPress shows by default comes as a package of its own.
theme() {
  release=$(. /etc/os-release 2>/dev/null && echo "${VERSION_ID-}")
  case $release in 13*) echo wordpress-theme-twentytwentyfive ;; *) echo wordpress-theme-twentytwentythree ;; esac
}

wanted() {
  case $purpose in demo | test) echo "$DEMO $(theme)" ;; esac
  [ "$purpose" != test ] || echo "$TEST"
  [ "$purpose" != hosts ] || echo "$HOSTS"
}

missing_packages() {
  want=$(wanted)
  [ -n "$want" ] || return 0
  # shellcheck disable=SC2086,SC2016
  have=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' $want 2>/dev/null || true)"
  for each in $want; do
    case $have in *" installed:$each "*) ;; *) printf '%s ' "$each" ;; esac
  done
  # Debian 13's packages are checked with its key, which older versions of this package lack
  case $purpose in
  test | hosts) [ -e /usr/share/keyrings/debian-archive-trixie-stable.gpg ] || printf 'debian-archive-keyring ' ;;
  esac
}

# While packages are installed, no service may start: Debian asks this file (invoke-rc.d(8)). Another's is put back afterwards.
POLICY=/usr/sbin/policy-rc.d
forbid_services() {
  if [ -e $POLICY.before-holdfast ]; then mv -f $POLICY.before-holdfast $POLICY; fi # left by a run that was killed
  if [ -e $POLICY ] || [ -L $POLICY ]; then mv -f $POLICY $POLICY.before-holdfast; fi
  printf '#!/bin/sh\n# while Holdfast installs packages\nexit 101\n' >$POLICY
  chmod 755 $POLICY
}
allow_services() {
  rm -f "$POLICY" "$log"
  if [ -e $POLICY.before-holdfast ]; then mv -f $POLICY.before-holdfast $POLICY; fi
}

install_packages() {
  say "installing Debian packages, starting no service: $*"
  log=$(mktemp)
  trap allow_services EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  forbid_services
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
  apt-get -q update </dev/null >"$log" 2>&1 || say "apt-get update: $(grep -m1 '^[EW]:' "$log" || echo failed), going on"
  if ! apt-get -qy -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@" </dev/null >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    say 'apt-get could not install them, see above' >&2
    exit 1
  fi
  trap - EXIT INT TERM HUP
  allow_services
  say 'packages installed'
}

missing=$(missing_packages)
if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ]; then
    say "this machine lacks ${missing% }. As root, run once:" >&2
    echo "  sh '$PWD/lib/setup/ready.sh' $purpose packages" >&2
    exit 1
  fi
  # shellcheck disable=SC2086
  install_packages $missing
fi
if [ "${2-}" = packages ]; then exit; fi
if modules_missing; then install_modules; fi
if [ "$purpose" = test ] && ! sh test/support/debian13.sh --have; then
  say 'unpacking duplicity 3.0.4 of Debian 13 for the tests'
  sh test/support/debian13.sh >/dev/null
fi
