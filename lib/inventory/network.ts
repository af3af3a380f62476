import { z } from 'zod'
import { seconds, unit, words } from './fields.ts'

const probe = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65535).describe('A TCP port that answers at the other end of the tunnel'),
})

/** The way to the archive (S7). */
export const vpn = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('unit'), unit, probe: probe.optional(), timeout: seconds.default(60) }),
    z.strictObject({
      kind: z.literal('commands'),
      name: z.string().regex(/^[A-Za-z0-9._-]+$/),
      up: words,
      down: words,
      isUp: words.optional().describe('Exits 0 when it is on'),
      probe: probe.optional(),
      timeout: seconds.default(60),
    }),
  ])
  .describe('A VPN that is switched on for the run')

/** Where visitors find this host. */
export const addresses = z
  .array(z.union([z.ipv4(), z.ipv6()], 'wanted an IP address, such as 192.0.2.7 or 2001:db8::7'))
  .default([])
  .describe("Under which visitors reach this host, where its interfaces' own are others (behind NAT, a load balancer)")

/** Who is asked where they are sent. */
export const nameServers = z
  .array(
    z.string().regex(/^([\d.]+|\[[0-9a-f:]+\]|[0-9a-f:]+)(:\d{1,5})?$/i, 'wanted an IP address, with a port where it is not 53'),
  )
  .default([])
  .describe("Who is asked what the sites' domains resolve to; each domain's own name servers when absent")
