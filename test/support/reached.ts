/**
 * @module Which code of some files was reached since the start: V8's own block counts. Types are stripped in place, so its
 * offsets are those of the source.
 */
import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Reached {
  file: string
  lines: number
  reachedLines: number
  /** Each stretch of code that never ran, as `line: source`. */
  missed: string[]
}

/** Begins to count. What it returns stops, and tells of the files whose path `isMeant`. */
export async function countReached(isMeant: (path: string) => boolean): Promise<() => Promise<Reached[]>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true })
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage')
    await session.post('Profiler.stopPreciseCoverage') // which slows what follows to a quarter
    session.disconnect()
    const meant = result.filter(({ url }) => url.startsWith('file://') && isMeant(fileURLToPath(url)))
    return meant.map(({ url, functions }) => {
      const path = fileURLToPath(url)
      const ranges = functions.flatMap((one) => one.ranges)
      return reachedOf(basename(path), readFileSync(path, 'utf8'), ranges)
    })
  }
}

interface Range {
  startOffset: number
  endOffset: number
  count: number
}

/** The innermost range decides: they are nested, and come outermost first. */
function reachedOf(file: string, source: string, ranges: readonly Range[]): Reached {
  const runs = new Uint8Array(source.length).fill(1)
  const outermostFirst = [...ranges].sort((a, b) => b.endOffset - b.startOffset - (a.endOffset - a.startOffset))
  for (const { startOffset, endOffset, count } of outermostFirst) runs.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  const missed: string[] = []
  let [lines, reachedLines, at] = [0, 0, 0]
  for (const [i, line] of source.split('\n').entries()) {
    const from = at + line.length - line.trimStart().length
    const [end, text] = [at + line.length, line.trim()]
    at = end + 1
    if (text === '' || /^(\/\/|\/\*|\*|[)}\]]+[,;]?$)/.test(text)) continue
    lines++
    const skipped = runs.subarray(from, end).includes(0)
    if (!skipped) reachedLines++
    else missed.push(`${i + 1}: ${text}`)
  }
  return { file, lines, reachedLines, missed }
}

/** One line a file, and what it never reached. */
export function showReached(reached: readonly Reached[]): string {
  return reached
    .map(({ file, lines, reachedLines, missed }) => {
      const share = `${file.padEnd(24)} ${reachedLines} of ${lines} lines whole`
      return [share, ...missed.map((line) => `    never: ${line}`)].join('\n')
    })
    .join('\n')
}
