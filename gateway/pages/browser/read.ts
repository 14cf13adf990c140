/** @module All the script that a read page has: its copy buttons, and following what is under way. */
import { enableCopying } from './copying.ts'
import { followProgress } from './follow.ts'

enableCopying()
followProgress()
