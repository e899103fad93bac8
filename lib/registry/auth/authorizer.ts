/**
 * What one repository's requests carry in `Authorization`: nothing, Basic or a registry token at first, then what
 * the registry's challenge asks for, the same for manifests and blobs.
 */
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/printable.js'
import { parseChallenges, type Challenge } from '../headers/challenge.js'
import type { Credential } from '../credentials/credential.js'
import type { Login } from './login.js'
import { realmOf, type RealmRules } from './realm.js'
import { pullScope } from './scope.js'
import type { Tokens } from './tokens.js'

/** The value of one `Authorization` header; without one the request is anonymous. */
export interface Authorization {
  readonly value: string | undefined
  /** The login that a token came of. */
  readonly login?: Login
}

export interface AuthorizerOptions {
  readonly repository: string
  readonly credential: Credential | undefined
  readonly rules: RealmRules
  readonly tokens: Tokens
  /** What to do where a login is refused, as a sentence. */
  readonly hint: () => string
}

export class Authorizer {
  readonly #options: AuthorizerOptions
  #login: Login | undefined
  /** Whether the registry refused the registry token. */
  #tokenRefused = false
  /** Whether the registry asked for Basic. */
  #asksBasic = false
  /** The origin of the token server whose tokens were taken. */
  #realm: string | undefined

  constructor(options: AuthorizerOptions) {
    this.#options = options
  }

  /** What the next request carries. Fetches a token where the challenge is known and none is in hand. */
  async authorization(signal?: AbortSignal): Promise<Authorization> {
    if (this.#login !== undefined) return this.#bearer(this.#login, signal)
    return { value: this.#unasked() }
  }

  /**
   * What the repeat carries after `refused` was answered with 401 and these challenges; undefined where nothing else
   * could be sent than what was refused.
   * @throws CHALLENGE_INVALID where the registry asks for something that is not done; what a login throws
   */
  async renew(
    refused: Authorization,
    fields: string | undefined,
    signal?: AbortSignal,
  ): Promise<Authorization | undefined> {
    if (refused.value !== undefined && refused.value === this.#registryToken()) {
      this.#tokenRefused = true
      if (!this.#hasLogin()) return undefined
    }
    const challenges = parseChallenges(fields)
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'))
    if (bearer !== undefined) {
      this.#forget(refused)
      const login = this.#loginFor(bearer)
      const renewed = await this.#bearer(login, signal)
      this.#login = login
      return renewed
    }
    const basic = challenges.some(({ scheme }) => scheme === 'basic')
    if (!basic) throw this.#unusable(challenges)
    this.#login = undefined
    this.#asksBasic = true
    const value = this.#basic()
    return value === undefined || value === refused.value ? undefined : { value }
  }

  /** The registry took it: from now on it has this token server, and no other. */
  taken({ login }: Authorization): void {
    if (login !== undefined) this.#realm = login.realm.origin
  }

  /** The repeat was refused as well: the next request begins anew, with another token. */
  refused(sent: Authorization): void {
    this.#forget(sent)
    this.#login = undefined
  }

  #forget({ login, value }: Authorization): void {
    if (login !== undefined && value !== undefined)
      this.#options.tokens.forget(login, value.slice('Bearer '.length))
  }

  async #bearer(login: Login, signal?: AbortSignal): Promise<Authorization> {
    return { value: `Bearer ${await this.#options.tokens.get(login, signal)}`, login }
  }

  /** What may be sent to the registry before it asks: with an identity token beside it, a password waits for that. */
  #unasked(): string | undefined {
    const token = this.#tokenRefused ? undefined : this.#registryToken()
    if (token !== undefined) return token
    const hasIdentity = this.#options.credential?.identityToken() !== undefined
    return hasIdentity && !this.#asksBasic ? undefined : this.#basic()
  }

  #registryToken(): string | undefined {
    const { credential, rules } = this.#options
    const token = rules.endpoint.confidential ? credential?.registryToken() : undefined
    return token === undefined ? undefined : `Bearer ${token}`
  }

  #basic(): string | undefined {
    const { credential, rules } = this.#options
    return rules.endpoint.confidential ? credential?.basic() : undefined
  }

  /** Whether the credential has more than a registry token. */
  #hasLogin(): boolean {
    const { credential } = this.#options
    return credential?.basic() !== undefined || credential?.identityToken() !== undefined
  }

  #loginFor({ parameters }: Challenge): Login {
    const { repository, credential, rules, hint } = this.#options
    const realm = realmOf(parameters.get('realm') ?? '', rules)
    const before = this.#realm
    if (before !== undefined && before !== realm.origin)
      throw new WindlassError(
        'CHALLENGE_INVALID',
        `${rules.endpoint.base.host} named the token server ${before} and now ${printable(realm.origin)}`,
        { host: rules.endpoint.base.host },
      )
    const scope = (parameters.get('scope') ?? '').trim()
    return {
      realm,
      service: parameters.get('service') || undefined,
      scope: scope === '' ? pullScope(repository) : scope,
      ...{ credential, rules, hint },
    }
  }

  #unusable(challenges: readonly Challenge[]): WindlassError {
    const { base } = this.#options.rules.endpoint
    const asked = challenges.map(({ scheme }) => printable(scheme, 30)).join(', ')
    const broken = challenges.some(({ scheme }) => scheme === 'bearer')
    const what =
      asked === ''
        ? 'does not say how (no WWW-Authenticate)'
        : broken
          ? 'names no realm to get a token from'
          : `asks for a kind that is not known: ${asked}`
    return new WindlassError('CHALLENGE_INVALID', `${base.host} wants authentication but ${what}`, {
      host: base.host,
    })
  }
}
