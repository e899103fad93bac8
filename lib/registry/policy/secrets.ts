/** The secrets that are in use: what a registry echoes of them is struck out before it reaches a message. */

import type { Location } from '../headers/location.js'

/** Tokens come and go; older ones than these have expired. */
const limit = 256

export class Secrets {
  readonly #known = new Set<string>()

  learn(...secrets: readonly string[]): void {
    for (const secret of secrets) {
      // One or two characters would strike out half of every message, and guard nothing.
      if (secret.length < 3) continue
      this.#known.delete(secret)
      this.#known.add(secret)
    }
    for (const oldest of this.#known) {
      if (this.#known.size <= limit) break
      this.#known.delete(oldest)
    }
  }

  /** @param asked - where it was answered: what signs that address is a secret too, and is told back now and then */
  conceal(text: string, asked?: Location): string {
    let result = text
    for (const secret of [...this.#known, ...signaturesIn(asked)]) result = result.replaceAll(secret, '***')
    return result
  }
}

/** The query, and each longer value in it, as sent, as `URL` writes it and as meant. Shorter ones are counts and names. */
function signaturesIn(asked: Location | undefined): readonly string[] {
  if (asked === undefined || asked.url.search === '') return []
  const written = [asked.url.search, asked.target.replace(/^[^?]*/s, '')].map((query) => query.slice(1))
  const values = [
    ...asked.url.searchParams.values(),
    ...written.flatMap((query) => query.split('&').map((each) => each.replace(/^[^=]*=/, ''))),
  ]
  return [...written, ...values].filter((value) => value.length >= 8)
}
