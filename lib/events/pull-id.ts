/** Provides `newPullId`, the id that all events of one pull carry. */

/** Returns an id for a pull: 12 random hexadecimal digits. */
export function newPullId(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(6))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
