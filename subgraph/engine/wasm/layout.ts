/** @module Numbers that graph-ts and its host agree on (graph-node runtime/wasm/src/asc_abi, apiVersion 0.0.9). */

/** `TypeId` of graph-ts: what `id_of_type` is asked with. */
export const TypeId = {
  String: 0,
  ArrayBuffer: 1,
  Uint8Array: 6,
  ArrayEventParam: 19,
  ArrayTypedMapEntryStringStoreValue: 21,
  EventParam: 23,
  EthereumTransaction: 24,
  EthereumBlock: 25,
  EthereumValue: 30,
  StoreValue: 31,
  EthereumEvent: 33,
  TypedMapEntryStringStoreValue: 34,
  TypedMapStringStoreValue: 36,
} as const
export type TypeId = (typeof TypeId)[keyof typeof TypeId]

/** `ValueKind` of store.Value. */
export const StoreKind = { String: 0, Int: 1, Bool: 3, Null: 5, Bytes: 6, BigInt: 7 } as const

/** `ValueKind` of ethereum.Value. */
export const EthereumKind = { Address: 0, FixedBytes: 1, Bool: 5, Uint: 4, String: 6 } as const
