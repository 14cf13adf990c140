/** @module One measured value, what stands beside it in the same run, and what it is to reach. Pure. */

export interface Figure {
  name: string
  value: number
  unit: string
  /** What was measured beside it, in the same run. */
  comparedWith: string
  goal?: { atLeast: number } | { atMost: number }
}

export function isReached({ value, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost
}

export function tableOf(figures: readonly Figure[]): string {
  const head = ['what', 'measured', 'beside it, in the same run', 'goal', '']
  const lines = figures.map((figure) => {
    const { name, value, unit, comparedWith } = figure
    return [name, `${shown(value)} ${unit}`, comparedWith, goalOf(figure), verdictOf(figure)]
  })
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export function shown(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 0)
}

function goalOf({ goal }: Figure): string {
  if (goal === undefined) return ''
  return 'atLeast' in goal ? `≥ ${shown(goal.atLeast)}` : `≤ ${shown(goal.atMost)}`
}

function verdictOf(figure: Figure): string {
  const holds = isReached(figure)
  if (holds === undefined) return ''
  return holds ? 'reached' : '**missed**'
}

export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

export const median = (values: readonly number[]): number => percentile(values, 0.5)
