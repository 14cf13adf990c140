/** @module All resolvers, one room a subject. */
import { scalars } from '../schema/scalars.ts'
import { AccessRecord, Batch, Proof } from './access-record.ts'
import { Grant, Payment, Purpose, Recorder, Report, Terms, Topic, Wallet } from './contract-state.ts'
import { Evidence } from './evidence.ts'
import { Auditor, DeviceKey } from './keys-and-auditors.ts'
import { Mutation } from './mutation.ts'
import { Query } from './query.ts'
import { ReportResult, RequestedReport } from './requested-reports.ts'
import { Status } from './status.ts'

export const resolvers = {
  ...scalars,
  Query,
  Mutation,
  AccessRecord,
  Proof,
  Batch,
  Evidence,
  Topic,
  Wallet,
  DeviceKey,
  Auditor,
  Grant,
  Payment,
  Terms,
  Purpose,
  Recorder,
  Report,
  RequestedReport,
  ReportResult,
  Status,
}
