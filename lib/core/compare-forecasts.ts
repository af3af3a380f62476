import { type Forecast, type ForecastInput, forecast } from './forecast.ts'

/** One way to set a site, with what would come of it. */
export interface Variant {
  /** `as it is`, `twice the allowance`, … */
  readonly name: string
  readonly allowanceBytes: number
  readonly frequencySeconds: number
  readonly forecast: Forecast
}

/** What a person asked to try; nothing of it means the usual comparison. */
export interface Asked {
  readonly allowanceBytes?: number | undefined
  readonly frequencySeconds?: number | undefined
}

/**
 * The forecast as the site is set, beside what was asked, or else beside twice the allowance and fulls half as often.
 */
export function compareForecasts(input: ForecastInput, asked: Asked): readonly Variant[] {
  const { allowanceBytes, frequencySeconds } = input
  const nothing = asked.allowanceBytes === undefined && asked.frequencySeconds === undefined
  const others = nothing
    ? [
        ['twice the allowance', { allowanceBytes: 2 * allowanceBytes }] as const,
        ['fulls half as often', { frequencySeconds: 2 * frequencySeconds }] as const,
      ]
    : [
        [
          'as asked',
          withoutUndefined({ allowanceBytes: asked.allowanceBytes, frequencySeconds: asked.frequencySeconds }),
        ] as const,
      ]
  return [['as it is', {}] as const, ...others].map(([name, change]) => {
    const changed = { ...input, ...change }
    const { allowanceBytes: allowance, frequencySeconds: frequency } = changed
    return { name, allowanceBytes: allowance, frequencySeconds: frequency, forecast: forecast(changed) }
  })
}

const withoutUndefined = (asked: Asked): Partial<ForecastInput> =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))

/** A forecast in a line: how far back one can go at its end, and at worst once the allowance was met. */
export interface Gist {
  readonly metAt: number | undefined
  readonly reachDays: number
  readonly worstReachDays: number
  readonly largestBytes: number
  readonly prunings: number
  /** Why pruning could not keep the allowance, on the last night on which it could not. */
  readonly stuck: string | undefined
}

/** @param forecast of at least one night */
export function gistOf({ forecast, allowanceBytes }: Variant): Gist {
  const { nights, allowanceMetAt } = forecast
  const since = nights.filter(night => allowanceMetAt !== undefined && night.time >= allowanceMetAt)
  return {
    metAt: allowanceMetAt,
    reachDays: nights.at(-1)!.reachDays,
    worstReachDays: Math.min(...(since.length > 0 ? since : nights.slice(-1)).map(night => night.reachDays)),
    largestBytes: nights.reduce((most, night) => Math.max(most, night.bytes), 0),
    prunings: nights.filter(night => night.action !== 'none').length,
    stuck: nights.findLast(
      night => night.action === 'none' && night.bytes > allowanceBytes && /but nothing can go/.test(night.reason),
    )?.reason,
  }
}
