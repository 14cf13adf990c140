/** @module What signs a report: a file's key in development, a KMS or an HSM elsewhere. Only its holder knows the key. */
export interface Signer {
  /** The signer's X.509 certificate, DER. */
  readonly certificate: Uint8Array
  /** Resolves with the signature over `bytes`, SHA-256: ECDSA in DER, or PKCS#1 v1.5. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}
