/**
 * What proves to a registry who is asking. The secrets are private fields: they appear in no inspection, no JSON and
 * no message; only the code that makes a request takes them out.
 */
import { createHmac, randomBytes } from 'node:crypto'

const salt = randomBytes(32)

/** The user name that says: the password is an identity token (Docker's convention, docker/cli native_store.go). */
const tokenUsername = '<token>'

/** Each may be absent or empty, which is the same. */
export interface CredentialParts {
  readonly username?: string
  readonly password?: string
  /** An OAuth2 refresh token, as `docker login` stores it under `identitytoken`. */
  readonly identityToken?: string
  /** A token that goes to the registry as it is (`registrytoken`), with no token server asked. */
  readonly registryToken?: string
}

export class Credential {
  readonly #username: string
  readonly #password: string
  readonly #identityToken: string
  readonly #registryToken: string

  private constructor({
    username = '',
    password = '',
    identityToken = '',
    registryToken = '',
  }: CredentialParts) {
    const isToken = username === tokenUsername
    this.#username = isToken ? '' : username
    this.#password = isToken ? '' : password
    this.#identityToken = isToken && identityToken === '' ? password : identityToken
    this.#registryToken = registryToken
  }

  static of(parts: CredentialParts): Credential {
    return new Credential(parts)
  }

  static password(username: string, password: string): Credential {
    return new Credential({ username, password })
  }

  /** An OAuth2 refresh token, as `docker login` stores it under `identitytoken`. */
  static identity(identityToken: string, username = ''): Credential {
    return new Credential({ identityToken, username })
  }

  /** Whether it proves nothing: no user name, no password and no token. */
  get isEmpty(): boolean {
    return [this.#username, this.#password, this.#identityToken, this.#registryToken].every(
      (part) => part === '',
    )
  }

  /**
   * The value of `Authorization` for Basic (RFC 7617, UTF-8). Undefined without a user name and password; an empty
   * password beside a token is none.
   */
  basic(): string | undefined {
    const hasToken = this.#identityToken !== '' || this.#registryToken !== ''
    if (this.#password === '' && (hasToken || this.#username === '')) return undefined
    return `Basic ${Buffer.from(`${this.#username}:${this.#password}`, 'utf8').toString('base64')}`
  }

  /** What is exchanged for a token at the token server (OAuth2, `grant_type=refresh_token`). */
  identityToken(): string | undefined {
    return this.#identityToken === '' ? undefined : this.#identityToken
  }

  /** What goes to the registry as a Bearer token. */
  registryToken(): string | undefined {
    return this.#registryToken === '' ? undefined : this.#registryToken
  }

  /** What must not stand in any message. */
  secrets(): readonly string[] {
    const basic = this.basic()?.slice('Basic '.length)
    return [this.#password, this.#identityToken, this.#registryToken, basic ?? ''].filter(
      (secret) => secret !== '',
    )
  }

  /** The same for the same secrets within this process; tells nothing about them. */
  fingerprint(): string {
    const parts = JSON.stringify([this.#username, this.#password, this.#identityToken, this.#registryToken])
    return createHmac('sha256', salt).update(parts).digest('base64url').slice(0, 22)
  }
}
