/** @module Whether the period is covered, and whether the report says so rightly (DESIGN section 3). */
import type { Folded, RecorderLife } from '../evidence/folded.ts'
import type { Findings } from '../findings.ts'
import type { Bundle, BundleRecorder } from '../format/bundle.ts'
import type { Attachment } from '../format/report.ts'

export function checkCoverage({ bundle, report }: Attachment, folded: Folded, findings: Findings): void {
  const lives = bundle.recorders.map((recorder) => lifeOf(recorder, folded))
  const hole = bundle.recorders.find((recorder) => !holdsPeriod(recorder, bundle))
  const complete = lives.every((life) => !served(life, bundle) || isComplete(life, bundle))
  const problem =
    hole !== undefined
      ? `Batches of recorder R${hole.id} that the period needs are not in the bundle.`
      : complete !== report.complete || !facts({ bundle, report }, lives)
        ? 'The report says another thing about completeness than its evidence.'
        : !bundle.question.toGiven && bundle.question.to !== lowest(lives)
          ? 'The end of the period is not the lowest watermark, as the report says.'
          : undefined
  const word = complete ? 'complete' : 'not complete, as the report says'
  findings.check('coverage', problem, `All batches of the period are there; it is ${word}.`)
}

/** Without a node nothing tells when a recorder was stopped: no slot of the contract keeps it. */
export function doubtStops(bundle: Bundle, folded: Folded, findings: Findings): void {
  const { from, to } = bundle.question
  for (const recorder of bundle.recorders) {
    const { id, isStopped, endedAt, through, addedAt } = lifeOf(recorder, folded)
    const isLeaning = endedAt !== null && through < to && (endedAt < from || through >= endedAt)
    if (!isStopped || addedAt > to || !isLeaning) continue
    const what = `It is complete only if recorder R${id} was stopped when the report says so, which was not checked. Give --rpc.`
    findings.doubt('coverage', what)
  }
}

type Life = RecorderLife & { through: number }

function lifeOf({ recorder, batches }: BundleRecorder, folded: Folded): Life {
  const life = folded.recorders.get(recorder) ?? { id: -1, addedAt: 0, endedAt: null, isStopped: false }
  return { ...life, through: batches.at(-1)?.through ?? life.addedAt }
}

/** From the first batch built in the period to the first that proves its end: all of them, whole. */
function holdsPeriod({ batches }: BundleRecorder, { question: { from, to } }: Bundle): boolean {
  let isOpen = true
  for (const { builtAt, through, records } of batches) {
    if (builtAt < from) continue
    if (isOpen && records === undefined) return false
    if (through >= to) isOpen = false
  }
  return true
}

const served = ({ addedAt, endedAt }: Life, { question }: Bundle): boolean =>
  addedAt <= question.to && (endedAt === null || endedAt >= question.from)

const isComplete = ({ through, endedAt }: Life, { question: { to } }: Bundle): boolean =>
  through >= Math.min(to, endedAt ?? to)

function facts({ bundle, report }: Attachment, lives: readonly Life[]): boolean {
  return (
    report.recorders.length === lives.length &&
    report.recorders.every((told, i) => {
      const [recorder, life] = [bundle.recorders[i], lives[i]]
      if (recorder === undefined || life === undefined) return false
      const isWho = told.recorder === recorder.recorder && told.id === recorder.id && told.addedAt === life.addedAt
      const isWhen = told.through === life.through && told.endedAt === life.endedAt
      return (
        isWho && isWhen && told.servedInPeriod === served(life, bundle) && told.complete === isComplete(life, bundle)
      )
    })
  )
}

function lowest(lives: readonly Life[]): number | undefined {
  const serving = lives.filter(
    ({ isStopped, endedAt, through }) => !isStopped && (endedAt === null || endedAt > through),
  )
  return serving.length === 0 ? undefined : Math.min(...serving.map(({ through }) => through))
}
