import { BadInput } from '../core/bad-input.ts'
import type { Condition, Step } from '../engine/step.ts'
import { confirm } from '../host/terminal.ts'
import { type Approval, keepProposal, proposedFile, readKeptProposal, remember } from '../restore/approvals.ts'
import { differenceOf, plainLine } from '../restore/line-diff.ts'
import type { ConfigurationFile } from '../restore/proposal.ts'
import { planSystemFiles, shortDigest } from '../restore/put-in-force.ts'
import type { Needs } from '../store/facts.ts'

type Approves = Needs<'host' | 'request' | 'site'> & { approval: Approval; proposed: readonly ConfigurationFile[] }

const SHOWN = 1000

/** Shows what waits for the site. @throws {BadInput} when nothing does, or something else than was asked about */
export const showProposal: Step<Needs<'host' | 'site'> & { approval: Approval }, { proposed: readonly ConfigurationFile[] }> = {
  name: 'show',
  title: ({ site }) => `Show the pending configuration of ${site.name}`,
  run: async ({ host, site, approval }, shell) => {
    const proposal = readKeptProposal(host, site.name)
    const proposed = proposal.files.filter(({ name }) => approval.files.length === 0 || approval.files.includes(name))
    const unknown = approval.files.filter(name => !proposed.some(file => file.name === name))
    if (proposed.length === 0 || unknown.length > 0)
      throw new BadInput(`no ${unknown.join(', ') || 'configuration'} of ${site.name} waits to be approved on ${host.name}`)
    const digest = shortDigest(proposed)
    if (approval.digest !== undefined && approval.digest !== digest)
      throw new BadInput(
        `--digest ${approval.digest}: what waits for ${site.name} is ${digest} by now; look at it first, with --dry-run`,
      )
    const { waiting, put } = planSystemFiles(host, site, { ...proposal, files: proposed }).configuration
    for (const { file, objections, inForce } of waiting) {
      const why = objections.map(({ line, text }) => `  line ${line}: ${plainLine(text)}`)
      const lines = [...why, ...differenceOf(inForce, file.text, SHOWN)]
      shell.note('info', [`${file.name}, in ${proposedFile(host, site.name, file.name)}:`, ...lines].join('\n'))
    }
    for (const { file } of put) shell.note('info', `${file.name} needs no approval: it waits for the web server to take it`)
    return { proposed }
  },
}

export const confirmApproval: Step<Approves, void> = {
  name: 'confirm-approval',
  title: 'Confirm',
  run: async ({ host, site, request, approval, proposed }, shell) => {
    if (approval.yes || approval.digest !== undefined || request.dryRun) return
    const what = proposed.map(({ name }) => name).join(', ')
    const question = approval.decline ? `Leave ${what} out for good` : `Put ${what} of ${site.name} in force`
    await confirm(`${question} on ${host.name}? Type yes: `, shell.stop)
  },
}

export const isApproved: Condition<{ approval: Approval }, object> = ({ approval }) => (approval.decline ? 'it is declined' : {})
export const isDeclined: Condition<{ approval: Approval }, object> = ({ approval }) => (approval.decline ? {} : 'it is approved')

/** Remembers the word, byte for byte: the same file is never asked about again. */
export const rememberApproval: Step<Approves, void> = {
  name: 'approve',
  title: ({ site }) => `Approve the configuration of ${site.name}`,
  run: async ({ host, site, proposed }, shell) => {
    await shell.act(`remember that ${namesOf(proposed)} is approved`, () => {
      remember(host, site.name, 'approved', proposed)
      // the word was said in sight of what is in force now
      const { replaces = {}, ...proposal } = readKeptProposal(host, site.name)
      const others = Object.entries(replaces).filter(([name]) => !proposed.some(file => file.name === name))
      keepProposal(host, site.name, { ...proposal, replaces: Object.fromEntries(others) })
    })
  },
}

/** Remembers the word, and lets go of what waited. */
export const rememberDecline: Step<Approves, void> = {
  name: 'decline',
  title: ({ site }) => `Decline the configuration of ${site.name}`,
  run: async ({ host, site, proposed }, shell) => {
    await shell.act(`remember that ${namesOf(proposed)} is declined, and remove it`, () => {
      remember(host, site.name, 'declined', proposed)
      const proposal = readKeptProposal(host, site.name)
      const files = proposal.files.filter(({ name }) => !proposed.some(declined => declined.name === name))
      keepProposal(host, site.name, { ...proposal, files })
      shell.note('significant', `${site.name}: ${namesOf(proposed)} is left out for good; what is in force stays as it is`)
    })
  },
}

const namesOf = (files: readonly ConfigurationFile[]): string => files.map(({ name }) => name).join(', ')
