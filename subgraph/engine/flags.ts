/** @module How the process that makes a history is started. */

/** Nearly all is garbage at once while it is made: the space for what is young need not grow to 48 MB. */
export const ENGINE_FLAGS = ['--max-semi-space-size=4']
