/** The secrets that are in use: what a registry echoes of them is struck out before it reaches a message. */

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

  conceal(text: string): string {
    let result = text
    for (const secret of this.#known) result = result.replaceAll(secret, '***')
    return result
  }
}
