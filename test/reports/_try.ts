import { writeFileSync } from 'node:fs'
import { tellKitchenStory } from '/work/main/test/support/kitchen-story.ts'
import { makeReport } from '/work/main/reports/make-report.ts'
const s = await tellKitchenStory()
try {
const t=performance.now()
const made = await makeReport(s.order())
console.log('ms', performance.now()-t, made.pdf.length)
writeFileSync('/tmp/r6/report.pdf', made.pdf)
writeFileSync('/tmp/r6/report.json', JSON.stringify(made.report,null,1))
} finally { await s.stop() }
