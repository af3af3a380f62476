import { BadInput } from '../core/bad-input.ts'
import { isHostName } from '../core/marker.ts'
import { type HandoverRequest, readHandover, readTakeover, type TakeoverRequest } from '../core/move-request.ts'
import type { ResolveRequest } from '../moves/resolve.ts'
import type { WriterRequest } from '../steps/archive.ts'
import type { EncryptionRequest } from '../steps/gpg.ts'
import type { ClockRequest } from '../steps/seals.ts'
import type { ShrinkageRequest } from '../steps/verify.ts'
import type { TaskWith } from './command-line.ts'
import { flag, list, text } from './options.ts'

/** Options of a nightly run that a move does not take. */
const NO_NIGHT_OPTIONS = { newMachine: false, newPassphrase: false, acceptShrinkage: false, setAsideFuture: false } as const

export const handoverTask: TaskWith<HandoverRequest & WriterRequest & ShrinkageRequest & ClockRequest & EncryptionRequest> = {
  name: 'handover',
  about: 'Moves a site to another host: freezes it here, backs it up a last time, and lets that host take it over.',
  interactive: true,
  options: {
    site: list('NAME', 'the site (required)'),
    to: text('HOST', 'the host that is to own it'),
    forward: flag("this host's web server passes visitors on to that one until DNS points there"),
    cancel: flag('take it back, as long as that host has not taken it over'),
    stopped: flag('nobody can write to the site any more: needed where this host knows no web server to freeze'),
    yes: flag('do not ask', 'y'),
    'dry-run': flag('rehearse it in a sandbox with the newest backup, and say how long it would take'),
  },
  help: `Frozen, the site answers 503 until the other host has taken it over, by its takeover or its next night.
A failure before it is released thaws it. The same command again goes on where one was cut off.

  npx zx tasks/handover.ts --site blog --to web2 --dry-run   how long it would take
  npx zx tasks/handover.ts --site blog --to web2             then, on web2: npx zx tasks/takeover.ts --site blog
  npx zx tasks/handover.ts --site blog --cancel              back to how it was`,
  read: values => ({ ...NO_NIGHT_OPTIONS, ...readHandover(values, process.stdin.isTTY === true) }),
}

export const takeoverTask: TaskWith<TakeoverRequest & WriterRequest & ShrinkageRequest> = {
  name: 'takeover',
  about: 'Makes this host the owner of a site that was handed over to it, or, by force, of one whose owner is dead.',
  interactive: true,
  options: {
    site: list('NAME', 'the site (required)'),
    force: flag('its owner is dead: take the newest whole backup; all that is newer is lost'),
    dead: text('HOST', 'with --force: this owner is down, though it was seen lately'),
    anyway: flag('take it over though it does not work here'),
    yes: flag('do not ask', 'y'),
  },
  help: `What is newer than this host's replica is restored, and the site is checked on this host before it is
claimed. The nightly run does the same for a site that was handed over.`,
  read: values => ({ ...NO_NIGHT_OPTIONS, ...readTakeover(values, process.stdin.isTTY === true) }),
}

export const resolveTask: TaskWith<{ resolving: ResolveRequest }> = {
  name: 'resolve',
  about: 'Shows what each side of a conflict says and has, and gives the site to the host that a person chooses.',
  interactive: true,
  options: {
    site: list('NAME', 'the site (required)'),
    keep: text('HOST', 'the host that is to own it'),
    yes: flag('do not ask', 'y'),
  },
  help: `Nothing of the site itself is touched, nor any backup. The other hosts see it in their next run.

  npx zx tasks/resolve.ts --site blog                    what each side says and has; it asks which host keeps it
  npx zx tasks/resolve.ts --site blog --keep web2        gives it to web2`,
  read: values => {
    if (!Array.isArray(values.site) || values.site.length !== 1)
      throw new BadInput('--site: resolve is for one site: wanted its name')
    if (values.keep !== undefined && !isHostName(String(values.keep)))
      throw new BadInput(`--keep: found "${values.keep}", wanted the name of a host`)
    return { resolving: { keep: values.keep === undefined ? undefined : String(values.keep), yes: values.yes === true } }
  },
}
