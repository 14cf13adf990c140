/** @module What takes a start longer than others: files that an older version left. */
import { bytesToMigrate, type FileSchema } from '../../records/journal/database.ts'

const MIB = 2 ** 20

/** Returns words to add to the part that is being started; empty where nothing is older. */
export function newerFirst(files: readonly (readonly [path: string, schema: FileSchema])[]): string {
  const bytes = files.reduce((sum, [path, schema]) => sum + bytesToMigrate(path, schema), 0)
  return bytes === 0 ? '' : `, whose ${Math.ceil(bytes / MIB)} MiB are brought to a newer version first`
}
