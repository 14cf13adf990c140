/** @module What a listener hands on once its transport stands: the seam between the ways in and the MQTT behind them. */
import type { Duplex } from 'node:stream'
import type { Address } from '../../domain/bytes.ts'

export type ListenerKind = 'mqtt' | 'mqtts' | 'ws' | 'wss'

/** What holds for every connection of one listener. */
export interface Listener {
  kind: ListenerKind
  isEncrypted: boolean
  /** False where packets travel in clear text off this machine: a credential there would be anybody's. */
  acceptsCredentials: boolean
  /** Host names that it is dialled by, lower case: for these alone a Login counts. */
  audiences: readonly string[]
}

/** One place among the connections that are let in: given back once, when the transport is gone. */
export interface Admission {
  /** The device is in service: it no longer counts among those that proved nothing. */
  proved(): void
  /** Its socket is gone: told by the listener. */
  left(): void
}

/** A transport whose handshakes are over. `stream` is a TCP or TLS socket, or a WebSocket's bytes. */
export interface Accepted {
  stream: Duplex
  /** Of the device: a trusted sender's PROXY header has been taken off. */
  address: string
  listener: Listener
  admission: Admission
  /** Milliseconds: one deadline runs from here to CONNACK, handshakes included. */
  acceptedAt: number
  /** The address of a client certificate's key, whose possession TLS proved. Who it acts for is on chain. */
  device?: Address
  /** Why the key of its client certificate cannot be a device's. */
  refusedKey?: string
}
