#!/bin/sh
# debian13.sh: unpacks Debian 13's duplicity 3.0.4 for the tests, without installing anything: 40 MB to download, about 20 seconds, once.
#
#   sh test/support/debian13.sh          prints the folder whose `duplicity` is 3.0.4; makes it when missing
#   sh test/support/debian13.sh --have   only says by its exit code whether it is there
#
# Only Debian 13's /usr is needed. `bin/duplicity` lays it over the machine's own /usr in a mount namespace of that one process, so
# everything else (/tmp, /srv, open files, environment, the working directory) is the machine's, and a signal sent to it reaches duplicity.
# A sandbox in which duplicity is to run is made by `bin/bwrap`, with the same /usr.
# No root needed where the kernel lets users have namespaces.
set -eu
PACKAGES='duplicity gnupg faketime bash dash coreutils libc-bin util-linux'
cache=${XDG_CACHE_HOME:-$HOME/.cache}/holdfast
folder=$cache/debian13-3 # the number grows when what is below changes
[ -d "$folder" ] && found=yes || found=no
if [ "${1-}" = --have ]; then [ $found = yes ]; exit; fi
if [ $found = yes ]; then echo "$folder/bin"; exit; fi

mkdir -p "$cache"
exec 9>"$cache/debian13.lock"
flock 9
if [ -d "$folder" ]; then echo "$folder/bin"; exit; fi
new=$folder.new
rm -rf "$new"
mkdir -p "$new/bin" "$new/usr" "$new/apt/lists/partial" "$new/apt/archives/partial"

# apt, with nothing installed in its eyes, and the mirror that this machine uses
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get --print-uris update </dev/null | sed -n "s#^'\(.*\)/dists/\($suite\|stable\)/InRelease'.*#\1#p" | head -n 1)
[ -n "$mirror" ] || { echo "debian13: the configuration of apt has no mirror for $suite" >&2; exit 1; }
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $mirror trixie main" >"$new/apt/sources.list"
: >"$new/apt/status"
cat >"$new/apt/apt.conf" <<END
Dir::Etc::SourceList "$new/apt/sources.list";
Dir::Etc::SourceParts "-";
Dir::State "$new/apt";
Dir::State::status "$new/apt/status";
Dir::Cache "$new/apt";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
END
quietly() { # its output matters only when it fails
  "$@" >"$new/log" 2>&1 </dev/null || { tail -n 20 "$new/log" >&2; echo "debian13: failed: $*" >&2; exit 1; }
}
export APT_CONFIG="$new/apt/apt.conf"
quietly apt-get -q update
# shellcheck disable=SC2086
quietly apt-get -qy --download-only install $PACKAGES
unset APT_CONFIG

for each in "$new"/apt/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$each" | tar -x --no-same-owner -C "$new" --wildcards './usr/*' 2>/dev/null || true # some have no /usr
done
rm -rf "$new/apt"

cat >"$new/bin/enter" <<'END'
#!/bin/sh
# enter PROGRAM ARG...: runs a program of Debian 13; made by Holdfast's test/support/debian13.sh
[ "$(/usr/bin/id -u)" = 0 ] || user='--user --map-current-user --keep-caps'
exec /usr/bin/unshare ${user-} --mount --propagation slave -- \
  /bin/sh -c '/bin/mount --bind "$0" /usr && exec "$@"' "${0%/bin/*}/usr" "$@"
END
cat >"$new/bin/duplicity" <<'END'
#!/bin/sh
exec "${0%/*}/enter" /usr/bin/duplicity "$@"
END
cat >"$new/bin/bwrap" <<'END'
#!/bin/sh
# in a sandbox nothing can be mounted any more: there it is bubblewrap that shows duplicity Debian 13's /usr
inside= found=
for word; do
  case $inside$word in --) inside=yes- ;; yes-duplicity | yes-*/duplicity) found=yes ;; esac
done
[ "$found" ] || exec /usr/bin/bwrap "$@"
before=
for word; do
  shift
  case "$before $word" in '--ro-bind /usr' | '--ro-bind-try /usr') word=${0%/bin/*}/usr ;; esac
  [ "$word" != duplicity ] || word=/usr/bin/duplicity
  set -- "$@" "$word"
  before=$word
done
exec /usr/bin/bwrap "$@"
END
chmod 755 "$new/bin/enter" "$new/bin/duplicity" "$new/bin/bwrap"
# what the packages' own scripts would have done: without it every start compiles 0.7 s long
quietly "$new/bin/enter" /usr/bin/python3 -m compileall -q -j2 /usr/lib/python3 /usr/lib/python3.13
quietly "$new/bin/duplicity" --version
rm -f "$new/log"
mv "$new" "$folder"
echo "$folder/bin"
