/** A share in `/etc/fstab` that is not mounted at boot: what an archive is kept on. */
export interface Share {
  readonly source: string
  readonly mountPoint: string
  readonly type: string
  /** The server, and the TCP port by which it serves such shares; undefined where the source does not tell. */
  readonly server: { readonly host: string; readonly port: number } | undefined
}

/** Types of file systems that come over a network, and the TCP port of each. */
const PORTS: Readonly<Record<string, number>> = {
  nfs: 2049,
  nfs4: 2049,
  cifs: 445,
  smb3: 445,
  'fuse.sshfs': 22,
  sshfs: 22,
  glusterfs: 24007,
}

/** The network shares with `noauto` among the lines of an fstab, in their order (fstab(5)). */
export function sharesIn(fstab: string): Share[] {
  return fstab.split('\n').flatMap(line => {
    const [source = '', mountPoint = '', type = '', options = ''] = line.trim().split(/\s+/).map(decodeOctal)
    const wanted =
      !source.startsWith('#') && mountPoint.startsWith('/') && Object.hasOwn(PORTS, type) && options.split(',').includes('noauto')
    return wanted ? [{ source, mountPoint, type, server: serverOf(source, type) }] : []
  })
}

/** Of `nas:/data`, `//nas/data`, `fred@nas:/data` and `sshfs#fred@nas:/data`. */
function serverOf(source: string, type: string): Share['server'] {
  const host = /^(?:\/\/|(?:sshfs#)?(?:[^@/:]+@)?)([A-Za-z0-9][A-Za-z0-9.-]*)[:/]/.exec(source)?.[1]
  return host === undefined ? undefined : { host, port: PORTS[type]! }
}

const decodeOctal = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
