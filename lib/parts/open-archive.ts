import { recipe } from '../engine/recipe.ts'
import type { Look } from '../site/report.ts'
import { archiveMount, checkMount, checkWriter, lookAtArchive, type WriterRequest } from '../steps/archive.ts'
import { mountForLook, vpnForLook } from '../steps/status.ts'
import { vpn } from '../steps/vpn.ts'
import type { Needs } from '../store/facts.ts'

type Opens = Needs<'host' | 'request' | 'interrupted'>

/** The way to the archive, and the proof that it is the one. */
export const openArchive = recipe<Opens>().hold(vpn).hold(archiveMount).do(checkMount)

/** The same for a run that makes backups: no other machine makes any under this host's name. */
export const openArchiveForBackup = recipe<Opens & WriterRequest>().use(openArchive).do(checkWriter)

/** The same for a look, which changes nothing and may run beside a backup. */
export const openArchiveForLook = recipe<Needs<'host'> & Look>().hold(vpnForLook).hold(mountForLook).do(lookAtArchive)
