/** @module All resolvers, one room a subject. */
import { scalars } from '../schema/scalars.ts'
import { AccessRecord, Proof } from './access-record.ts'
import { Grant, Recorder, Topic, Wallet } from './contract-state.ts'
import { Query } from './query.ts'
import { Status } from './status.ts'

export const resolvers = { ...scalars, Query, AccessRecord, Proof, Topic, Wallet, Grant, Recorder, Status }
