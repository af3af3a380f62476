import { COMPANION } from '../host/companion.ts'

/** Bytes of differences that are read: with more, all that is known is that there are some. */
export const MOST = 20_000_000
/** Bytes of names of special files that are read. */
export const MOST_TOLD = 100_000
/** Where the fields of a line begin with the time of its content, and with the path, which may have spaces. */
export const [MODIFIED, PATH] = [6, 8]

/**
 * Words of find(1) that print a folder. Of folders only the first two levels have an inode, by which it is seen that
 * they were exchanged; what else changes in a folder are its entries, which have lines of their own. The companion
 * folder is written anew every night: the times of its files tell, and no inode. A line more is of each other folder,
 * with its time of change: the kernel gives what is marked as unchangeable, or is no more, another one.
 */
const PRINTED = `. -type d ! -path './${COMPANION}' ! -path './${COMPANION}/*' -printf '%C@ %p\\0' , \\
  \\( -type d -path './*/*' -printf 'd %m %U:%G - - - - - %P\\0' -o -type d -printf 'd %m %U:%G - - %i - - %P\\0' \\
  -o -path './${COMPANION}/*' -printf '%y %m %U:%G %s - - %T@ - %P\\0' \\
  -o -printf '%y %m %U:%G %s %n %i %T@ %C@ %P\\0' \\)`

/** Gives the hash of what is printed of each folder whose path it reads, and the next line that it reads. */
export const HASH = `while IFS= read -r folder && IFS= read -r end
do (cd "$folder" && exec find ${PRINTED}) < /dev/null 2> /dev/null | sha256sum; echo "$end"; done`

/**
 * Lists a folder, sorted, and how that differs from an earlier listing, in files of a folder `$3`. What cannot be read,
 * or goes meanwhile, is missing from the list: then it differs, now or in the next night. Beside the listing: devices
 * and sockets, and what is marked as unchangeable: of files, where none was marked before (`$5`), those that changed
 * are asked, for a mark is a change.
 */
export const LIST = `export LC_ALL=C; cd "$1" || exit
into=$3 fields='\\([^ ]* \\)\\{7\\}'
find ${PRINTED} > "$into/printed" 2> /dev/null
lines() { sed -zn "s#^$1#$2#p" "$into/printed"; }
grep -zv '^[0-9]' "$into/printed" | sort -z -T "$into" > "$into/list" || exit
lines "\\([bcs] \\)$fields" '\\1' > "$into/devices"
hash=$(sha256sum < "$into/list")
: > "$into/changes"
[ "$hash" = "$4" ] || {
  [ -z "$2" ] || gzip -dc "$2" | comm -z -3 - "$into/list" | head -c ${MOST} > "$into/changes"
  gzip -1 "$into/list" || exit
}
{ lines '[0-9.]* ' ''
  if [ "$5" = some ] && [ "$(wc -c < "$into/changes")" -lt ${MOST} ]
  then sed -zn "s#^\tf $fields#./#p" "$into/changes"; else lines "f $fields" ./; fi; } |
  xargs -0 lsattr -d 2> /dev/null | grep '^[^ ]*[ai]' | head -c ${MOST_TOLD} > "$into/marked"
echo "$hash"; sha256sum < "$into/printed"`
