/** @module The order of test files: those that take half a minute begin first, or one of them would run alone at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** By how long they take, longest first. */
const LONG = [
  'fault/faults',
  'scenarios/the-thread',
  'cli/command',
  'contracts/differential',
  'records/records',
  'subgraph/graph-node',
  'scenarios/killed-under-traffic',
  'records/erasure',
  'records/store/postgres-store',
  'contracts/agreement',
  'reports/verify',
  'subgraph/engine',
]

const placeOf = ({ moduleId }: TestSpecification): number => {
  const place = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
  return place === -1 ? LONG.length : place
}

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => placeOf(a) - placeOf(b))
  }
}
