import { type Recovery, readRecovery } from '../steps/restore/recovery.ts'
import type { TaskWith } from './command-line.ts'

/** The command line of `tasks/recover.ts`. */
export const recoverTask: TaskWith<{ recovery: Recovery }> = {
  name: 'recover',
  about: 'Brings a site that this host owns back from its archive: files, database and certificates.',
  interactive: true,
  options: {
    age: { type: 'string' },
    at: { type: 'string' },
    path: { type: 'string', multiple: true },
    into: { type: 'string' },
    'files-only': { type: 'boolean' },
    'db-only': { type: 'boolean' },
    undo: { type: 'boolean' },
    kept: { type: 'string' },
    yes: { type: 'boolean', short: 'y' },
  },
  optionsHelp: `  --site NAME       the site (needed)
  --age 40D         as it was so long ago: s, m, h, D, W, M (30 days), Y
  --at WHEN         as it was then: 2026-01-31 (its beginning), "2026-01-31 18:00" (local time)
                    Neither: the newest backup. Taken is the last backup before that time.
  --path REL        only this file or folder, such as SITE/wp-content/uploads; several times
  --files-only      leave the database as it is
  --db-only         leave the files as they are
  --into DIR        restore into this folder, touch nothing of the live site
  --undo            swap back what the last restore replaced
  --kept ID         with --undo: what an earlier one replaced; --undo --dry-run lists them
  -y, --yes         do not ask`,
  help: `The live site is replaced only at the very end, after what was restored has been checked. What it
was is kept for keepPrevious days: --undo brings it back, and can itself be undone.

  npx zx tasks/recover.ts --site blog --dry-run          what would happen
  npx zx tasks/recover.ts --site blog                    the newest backup
  npx zx tasks/recover.ts --site blog --age 40D          as it was 40 days ago
  npx zx tasks/recover.ts --site blog --undo             that was not it: back to before
  npx zx tasks/recover.ts --site blog --at 2026-01-31 --into /root/look`,
  read: values => ({ recovery: readRecovery(values, Date.now(), process.stdin.isTTY === true) }),
}
