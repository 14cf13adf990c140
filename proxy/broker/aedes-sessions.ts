/** @module What Aedes 2 forgets to end with a session: its identifiers of QoS 2, for which it takes later messages to be old ones. */

interface Client {
  id: string
}

interface Identified {
  messageId?: number
}

/** Of Aedes's persistence, what this needs. */
export interface SessionStore {
  incomingStorePacket(client: Client, packet: Identified): Promise<void>
  incomingDelPacket(client: Client, packet: Identified): Promise<void>
  /** Called as a session ends, and as a clean one begins. */
  cleanSubscriptions(client: Client): Promise<void>
  /** Called as a session is looked for: none are there, it says that there is no session. */
  subscriptionsByClient(client: Client): Promise<readonly unknown[]>
}

/** Changes `store` so that what a session received ends with it. [MQTT-3.1.2-4] */
export function endReceivedWithSession(store: SessionStore): void {
  const received = new Map<string, Set<number | undefined>>()
  const keep = store.incomingStorePacket.bind(store)
  const drop = store.incomingDelPacket.bind(store)
  const clean = store.cleanSubscriptions.bind(store)
  store.incomingStorePacket = (client, packet) => {
    const ids = received.get(client.id) ?? new Set()
    received.set(client.id, ids.add(packet.messageId))
    return keep(client, packet)
  }
  store.incomingDelPacket = (client, packet) => {
    received.get(client.id)?.delete(packet.messageId)
    return drop(client, packet)
  }
  const find = store.subscriptionsByClient.bind(store)
  const forget = async (client: Client): Promise<void> => {
    const ids = received.get(client.id)
    received.delete(client.id)
    for (const messageId of ids ?? []) await drop(client, { messageId: messageId ?? 0 })
  }
  store.cleanSubscriptions = async (client) => {
    await forget(client)
    await clean(client)
  }
  store.subscriptionsByClient = async (client) => {
    const found = await find(client)
    if (found.length === 0) await forget(client) // [MQTT-3.2.2-3]
    return found
  }
}
