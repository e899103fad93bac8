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
}

/** A user name with a password, an identity token, a registry token, or several of them. */
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
    const isIdentityToken = username === identityTokenUsername
    this.#username = isIdentityToken ? '' : username
    this.#password = isIdentityToken ? '' : password
    this.#identityToken = isIdentityToken && identityToken === '' ? password : identityToken
    this.#registryToken = registryToken
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

  /** Returns the secrets that must not appear in messages. */
  secrets(): readonly string[] {
    const basic = this.basic()?.slice('Basic '.length)
    return [this.#password, this.#identityToken, this.#registryToken, basic ?? ''].filter(
      (secret) => secret !== '',
    )
  }

  /**
   * Returns a keyed hash of the credential. Equal credentials have equal fingerprints within this process; secrets
   * cannot be derived from it.
   */
  fingerprint(): string {
    const parts = JSON.stringify([this.#username, this.#password, this.#identityToken, this.#registryToken])
    return createHmac('sha256', fingerprintKey).update(parts).digest('base64url').slice(0, 22)
  }
}
