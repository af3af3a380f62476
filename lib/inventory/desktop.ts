import { z } from 'zod'
import { absolutePath } from './fields.ts'

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined
  } catch {
    return false
  }
}

/** What an inventory says of a machine that is not always on (S29 to S33). */
export const desktop = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'wanted a name for a folder of the archive: letters, digits, . _ and -')
      .optional()
      .describe("Its folder in the archive; the host's name when absent"),
    folder: absolutePath.default('/home').describe('What is backed up; / for the whole machine'),
    weekday: z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']),
    hour: z.int().min(0).max(23),
    minute: z.int().min(0).max(59).default(0),
    catchUpDays: z.int().min(0).max(6).default(3).describe('For so many days a missed backup day is made up for'),
    timeZone: z
      .string()
      .refine(isTimeZone, 'wanted a time zone such as Europe/London')
      .optional()
      .describe("The machine's own when absent"),
    exclusions: absolutePath
      .optional()
      .describe("A file of what is not backed up, in duplicity's own syntax (--exclude-filelist), with whole paths"),
    allowance: z
      .number()
      .positive()
      .optional()
      .describe('MB of archive it may use; when absent, as much as leaves room for the next full backup'),
  })
  .describe('A machine that is not always on, for tasks/desktop.ts')

export type DesktopSettings = z.output<typeof desktop>
