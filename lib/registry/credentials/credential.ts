/**
 * Holds the secrets of one user of a registry. They are private fields, so that they appear in no inspection, JSON or
 * message; only the code that sends requests reads them.
 */
import { createHmac, randomBytes } from 'node:crypto'

/** Differs in each process, so that a fingerprint reveals nothing about the secrets. */
const fingerprintKey = randomBytes(32)

/** User name that marks the password as an identity token (docker/cli, native_store.go). */
const identityTokenUsername = '<token>'

/** The parts of a credential. A missing part is equivalent to an empty one. */
export interface CredentialParts {
  readonly username?: string
  readonly password?: string
  /** An OAuth2 refresh token, as stored by `docker login` under `identitytoken`. */
  readonly identityToken?: string
  /** A token that is sent to the registry unchanged (`registrytoken`), without a token server. */
  readonly registryToken?: string
  /**
   * Receives an identity token that a token server issues for the password. If it is set, token requests ask for one
   * (`offline_token`), as `docker login` does.
   */
  readonly onIdentityToken?: (identityToken: string) => void
}

/** A user name with a password, an identity token, a registry token, or several of them. */
export class Credential {
  readonly #username: string
  readonly #password: string
  readonly #identityToken: string
  readonly #registryToken: string
  readonly #onIdentityToken: ((identityToken: string) => void) | undefined

  private constructor({
    username = '',
    password = '',
    identityToken = '',
    registryToken = '',
    onIdentityToken,
  }: CredentialParts) {
    const isIdentityToken = username === identityTokenUsername
    this.#username = isIdentityToken ? '' : username
    this.#password = isIdentityToken ? '' : password
    this.#identityToken = isIdentityToken && identityToken === '' ? password : identityToken
    this.#registryToken = registryToken
    this.#onIdentityToken = onIdentityToken
  }

  /** Creates a credential from its parts. */
  static of(parts: CredentialParts): Credential {
    return new Credential(parts)
  }

  /**
   * Creates a credential from a user name and password. The user name `<token>` marks the password as an identity
   * token.
   */
  static password(username: string, password: string): Credential {
    return new Credential({ username, password })
  }

  /** Creates a credential from an OAuth2 refresh token, as stored by `docker login` under `identitytoken`. */
  static identity(identityToken: string, username = ''): Credential {
    return new Credential({ identityToken, username })
  }

  /** The user name; empty if there is none. */
  get username(): string {
    return this.#username
  }

  /** Whether token requests are to ask for an identity token. */
  get wantsIdentityToken(): boolean {
    return this.#onIdentityToken !== undefined
  }

  /** Passes an identity token that a token server has issued to the owner of the credential. */
  receiveIdentityToken(identityToken: string): void {
    this.#onIdentityToken?.(identityToken)
  }

  /** Whether all parts are empty. */
  get isEmpty(): boolean {
    return [this.#username, this.#password, this.#identityToken, this.#registryToken].every(
      (part) => part === '',
    )
  }

  /**
   * Returns the value of a Basic `Authorization` header (RFC 7617, UTF-8). Returns undefined if there is no user name
   * and password; an empty password next to a token does not count.
   */
  basic(): string | undefined {
    const hasToken = this.#identityToken !== '' || this.#registryToken !== ''
    if (this.#password === '' && (hasToken || this.#username === '')) return undefined
    return `Basic ${Buffer.from(`${this.#username}:${this.#password}`, 'utf8').toString('base64')}`
  }

  /** Returns the token to exchange at the token server (OAuth2, `grant_type=refresh_token`), if there is one. */
  identityToken(): string | undefined {
    return this.#identityToken === '' ? undefined : this.#identityToken
  }

  /** Returns the bearer token for the registry, if there is one. */
  registryToken(): string | undefined {
    return this.#registryToken === '' ? undefined : this.#registryToken
  }

  /**
   * Returns the value of a Basic header with the identity token as the password, for token servers that take it so;
   * undefined if there is none.
   */
  basicWithIdentityToken(): string | undefined {
    if (this.#identityToken === '') return undefined
    return `Basic ${Buffer.from(`${this.#username}:${this.#identityToken}`, 'utf8').toString('base64')}`
  }

  /** Returns the secrets that must not appear in messages. */
  secrets(): readonly string[] {
    const headers = [this.basic(), this.basicWithIdentityToken()].map((value) =>
      value?.slice('Basic '.length),
    )
    return [this.#password, this.#identityToken, this.#registryToken, ...headers].filter(
      (secret): secret is string => secret !== undefined && secret !== '',
    )
  }

  /**
   * Returns a keyed hash of the credential. Equal credentials have equal fingerprints within this process; secrets
   * cannot be derived from it.
   */
  fingerprint(): string {
    const parts = JSON.stringify([
      ...[this.#username, this.#password, this.#identityToken, this.#registryToken],
      // A token that was cached without asking for an identity token brings none.
      this.wantsIdentityToken,
    ])
    return createHmac('sha256', fingerprintKey).update(parts).digest('base64url').slice(0, 22)
  }
}
