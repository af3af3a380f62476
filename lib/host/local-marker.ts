import { claimsIn, markerOf } from '../core/marker.ts'
import { OpenedFolder } from './opened-folder.ts'

/** Has the markers of a site's folder on this host name one owner. */
export function setLocalMarker(folder: string, owner: string): void {
  using site = OpenedFolder.open(folder)
  const claims = claimsIn(site.names())
  if (!claims.includes(owner)) site.create(markerOf(owner), 0o644)[Symbol.dispose]()
  for (const other of claims.filter(claim => claim !== owner)) site.removeFile(markerOf(other))
}
