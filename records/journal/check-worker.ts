/** @module Reads a large journal through in a thread of its own, while it is in use. Ends when it has. */
import { parentPort, workerData } from 'node:worker_threads'
import { answerCalls } from '../worker-call.ts'
import { checkAll } from './database.ts'

answerCalls(parentPort, () => checkAll(workerData as string))
