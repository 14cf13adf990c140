/** @module Who signed a digest: secp256k1 recovery by the native library, a thirtieth of ethers' time. Pure. */
import secp256k1 from 'secp256k1'
import { type Address, fromHex, type Hex, keccak256, toHex } from '../../domain/bytes.ts'

/** Half the order of secp256k1: above it lies each signature's mirror image (EIP-2). */
const HALF_ORDER = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'

/** Returns the signer, or undefined unless the signature is 65 bytes with v 27 or 28 and low s, and recovers. */
export function recoverSigner(digest: Uint8Array, signature: Hex): Address | undefined {
  if (!/^0x[0-9a-f]{130}$/.test(signature)) return undefined
  const v = Number.parseInt(signature.slice(130), 16)
  if (v !== 27 && v !== 28) return undefined
  if (signature.slice(66, 130) > HALF_ORDER) return undefined
  try {
    const publicKey = secp256k1.ecdsaRecover(fromHex(signature).subarray(0, 64), v - 27, digest, false)
    return toHex(keccak256(publicKey.subarray(1)).subarray(12))
  } catch {
    return undefined // r or s is zero, or no point of the curve
  }
}
