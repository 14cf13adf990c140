/** @module What a question gives: GraphQL tells null from absent, a question does not. */

export type Given<T> = { [K in keyof T]: Exclude<T[K], null> }

export function given<T extends object>(args: T | null | undefined): Partial<Given<T>> {
  const known = Object.entries(args ?? {}).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(known) as Partial<Given<T>>
}
