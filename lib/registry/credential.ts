/**
 * What proves to a registry who is asking. The secrets are private fields: they appear in no inspection, no JSON and
 * no message; only the code that makes a request takes them out.
 */
import { createHmac, randomBytes } from 'node:crypto'

const salt = randomBytes(32)

export class Credential {
  readonly #username: string
  readonly #password: string
  readonly #identityToken: string

  private constructor(username: string, password: string, identityToken: string) {
    this.#username = username
    this.#password = password
    this.#identityToken = identityToken
  }

  static password(username: string, password: string): Credential {
    return new Credential(username, password, '')
  }

  /** An OAuth2 refresh token, as `docker login` stores it under `identitytoken`. */
  static identity(token: string, username = ''): Credential {
    return new Credential(username, '', token)
  }

  /** The value of `Authorization` for Basic (RFC 7617, UTF-8); undefined where there is only an identity token. */
  basic(): string | undefined {
    if (this.#identityToken !== '') return undefined
    return `Basic ${Buffer.from(`${this.#username}:${this.#password}`, 'utf8').toString('base64')}`
  }

  identityToken(): string | undefined {
    return this.#identityToken === '' ? undefined : this.#identityToken
  }

  /** What must not stand in any message. */
  secrets(): readonly string[] {
    const basic = this.basic()?.slice('Basic '.length)
    return [this.#password, this.#identityToken, basic ?? ''].filter((secret) => secret !== '')
  }

  /** The same for the same secrets within this process; tells nothing about them. */
  fingerprint(): string {
    const parts = JSON.stringify([this.#username, this.#password, this.#identityToken])
    return createHmac('sha256', salt).update(parts).digest('base64url').slice(0, 22)
  }
}
