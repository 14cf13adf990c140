/** @module What an access gets while nothing may be recorded: no record, no access. */
import { type Access, type AccessWindow, RecordsError, type RecordsErrorCode } from '../port.ts'
import { OpenWindow } from './window.ts'

export const refusal = (code: RecordsErrorCode): RecordsError =>
  new RecordsError(code, `nothing may be accessed: ${code}`)

export function refusedWindow(access: Access, code: RecordsErrorCode): AccessWindow {
  const window = new OpenWindow(0, access, { capture: { windowMs: 0, isSealed: false }, now: () => 0 })
  window.failed(refusal(code))
  return window
}
