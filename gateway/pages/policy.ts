/** @module What an answer may load and do in a browser; a page: its own files, and nothing inline. */
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import { contentSecurityPolicy } from 'helmet'

/** Nothing from elsewhere. The IDE's editor writes its styles inline, and runs its workers from our own files. */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  fontSrc: ["'self'", 'data:'],
  imgSrc: ["'self'", 'data:'],
  workerSrc: ["'self'", 'blob:'],
  connectSrc: ["'self'"],
  frameAncestors: ["'none'"],
  upgradeInsecureRequests: null,
}

/** Of a route. */
export const PAGE_POLICY: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      // Wallets bring their picture as a data URI (EIP-6963).
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  hsts: false,
  // To ourselves a form names the page that it was sent from; with none it would name no origin.
  referrerPolicy: { policy: 'same-origin' },
}

export async function addPolicy(app: FastifyInstance): Promise<void> {
  // The plugin would write out its own policy anew for each request.
  const write = contentSecurityPolicy({ directives: CONTENT_SECURITY_POLICY })
  app.addHook('onRequest', (request, reply, done) => write(request.raw, reply.raw, done))
  await app.register(helmet, { contentSecurityPolicy: false, hsts: false }) // a route's own policy replaces ours
}
