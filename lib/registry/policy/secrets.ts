/** Removes secrets from texts that a registry returns before they appear in messages. */

import type { Location } from '../headers/location.js'

/** Maximum number of secrets. The oldest are removed; their tokens have expired. */
const maxSecrets = 256

/** The secrets in use. */
export class Secrets {
  readonly #known = new Set<string>()

  /** Adds secrets to remove. Secrets of less than three characters are ignored. */
  add(...secrets: readonly string[]): void {
    for (const secret of secrets) {
      // Shorter secrets occur in ordinary words: replacing them would make messages unreadable.
      if (secret.length < 3) continue
      this.#known.delete(secret)
      this.#known.add(secret)
    }
    for (const oldest of this.#known) {
      if (this.#known.size <= maxSecrets) break
      this.#known.delete(oldest)
    }
  }

  /**
   * Returns `text` with all known secrets replaced by `***`.
   * @param location - the requested location, whose signature is a secret that servers may echo
   */
  conceal(text: string, location?: Location): string {
    let result = text
    for (const secret of [...this.#known, ...signaturesIn(location)])
      result = result.replaceAll(secret, '***')
    return result
  }
}

/**
 * Returns the query of a URL and those of its values that have at least 8 characters, raw, normalized and decoded.
 * Shorter values are numbers and names, not secrets.
 */
function signaturesIn(location: Location | undefined): readonly string[] {
  if (location === undefined || location.url.search === '') return []
  const queries = [location.url.search, location.target.replace(/^[^?]*/s, '')].map((query) => query.slice(1))
  const values = [
    ...location.url.searchParams.values(),
    ...queries.flatMap((query) => query.split('&').map((each) => each.replace(/^[^=]*=/, ''))),
  ]
  return [...queries, ...values].filter((value) => value.length >= 8)
}
