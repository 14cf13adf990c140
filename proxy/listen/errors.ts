/** @module Why a listener cannot be opened, with what to do about it. */

export type ListenErrorCode =
  | 'LISTENER_INSECURE'
  | 'SENDER_INVALID'
  | 'CERTIFICATE_UNREADABLE'
  | 'CERTIFICATE_INVALID'
  | 'CERTIFICATE_EXPIRED'
  | 'KEY_UNREADABLE'
  | 'KEY_ENCRYPTED'
  | 'KEY_INVALID'
  | 'KEY_MISMATCHED'

export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code: ListenErrorCode

  constructor(code: ListenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
