/** @module Traffic drawn as bars, and how far recorders have proven all they decided; each with the same in words. */
import { type Html, html } from '../html.ts'
import { Time } from '../parts.ts'

export interface Bucket {
  /** Unix seconds. */
  start: number
  allowed: number
  denied: number
}

export interface Counted {
  /** Unix seconds. */
  first: number
  count: number
  isAllowed: boolean
}

/** Counts each record where it began. Pure. */
export function bucketsOf(
  records: readonly Counted[],
  { from, to, parts }: { from: number; to: number; parts: number },
): Bucket[] {
  const width = (to - from) / parts
  const buckets = Array.from({ length: parts }, (_, i) => ({
    start: Math.round(from + i * width),
    allowed: 0,
    denied: 0,
  }))
  for (const { first, count, isAllowed } of records) {
    // What began before the period and went on into it counts at its start.
    const bucket = buckets[Math.min(parts - 1, Math.max(0, Math.floor((first - from) / width)))]
    if (bucket !== undefined) bucket[isAllowed ? 'allowed' : 'denied'] += count
  }
  return buckets
}

const [WIDTH, HEIGHT] = [600, 120]

/** The picture has no words of its own: they stand beside it, in the reader's size. */
export function TrafficChart({ buckets, to }: { buckets: readonly Bucket[]; to: number }): Html {
  const most = Math.max(1, ...buckets.map(({ allowed, denied }) => allowed + denied))
  const [allowed, denied] = [sum(buckets, 'allowed'), sum(buckets, 'denied')]
  const peak = buckets.find((bucket) => bucket.allowed + bucket.denied === most)
  const width = WIDTH / buckets.length
  const heightOf = (count: number): number => (count / most) * HEIGHT
  return html`<figure>
    <svg class="chart" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-labelledby="traffic-title traffic-text">
      <title id="traffic-title">Accesses over time</title>
      <desc id="traffic-text">${`${allowed} allowed and ${denied} refused. ${peak === undefined ? '' : `The most at once were ${most}, from ${iso(peak.start)} on.`}`}</desc>
      ${buckets.map((bucket, i) => {
        const [low, high] = [heightOf(bucket.allowed), heightOf(bucket.denied)]
        const place = { x: i * width + 1, width: Math.max(1, width - 2) }
        return html`<g key=${bucket.start}>
          <rect class="allowed" ...${place} y=${HEIGHT - low} height=${low} />
          <rect class="denied" ...${place} y=${HEIGHT - low - high} height=${high} />
        </g>`
      })}
    </svg>
    <figcaption><span><${Time} at=${buckets[0]?.start ?? to} /></span>
      <span><span class="key allowed"></span> allowed <span class="key denied"></span> refused; highest bar ${most}</span>
      <span><${Time} at=${to} /></span></figcaption>
  </figure>`
}

const sum = (buckets: readonly Bucket[], key: 'allowed' | 'denied'): number =>
  buckets.reduce((total, bucket) => total + bucket[key], 0)
const iso = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** `part`: 0 to 1 of the period that is proven. */
export const Coverage = ({ part, words }: { part: number; words: string }): Html =>
  html`<svg class="coverage" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label=${words}>
    <rect class="track" width="100" height="4" /><rect class="proven" width=${Math.round(Math.min(1, Math.max(0, part)) * 100)} height="4" /></svg>`
