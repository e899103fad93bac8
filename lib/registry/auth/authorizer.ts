/**
 * Determines the `Authorization` header of the requests for one repository. The first request carries no header, Basic
 * or a registry token; later requests carry what the challenge of the registry asks for.
 */
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/printable.js'
import { parseChallenges, type Challenge } from '../headers/challenge.js'
import type { AccessHelp } from '../policy/access-help.js'
import type { Credential } from '../credentials/credential.js'
import type { Login } from './login.js'
import { realmOf, type RealmRules } from './realm.js'
import { displayHost } from '../policy/registry-name.js'
import { mergeScopes, pullScope } from './scope.js'
import type { Tokens } from './tokens.js'

/** The value of an `Authorization` header; undefined for an anonymous request. */
export interface Authorization {
  readonly value: string | undefined
  /** The login that issued the token. */
  readonly login?: Login
}

/** Settings of an `Authorizer`. `rules` decide which token servers may be used. */
export interface AuthorizerOptions {
  readonly repository: string
  readonly credential: Credential | undefined
  /** Scopes that a token must have beyond those of the challenge (none). */
  readonly scopes?: readonly string[]
  readonly rules: RealmRules
  readonly tokens: Tokens
  /** Returns what to tell the user when access is refused. */
  readonly help: () => AccessHelp
}

/** The authorization state of one repository and credential. */
export class Authorizer {
  readonly #options: AuthorizerOptions
  #login: Login | undefined
  /** Whether the registry rejected the registry token. */
  #tokenRefused = false
  /** Whether the registry asked for Basic. */
  #wantsBasic = false
  /** Origin of the token server whose tokens the registry has accepted. */
  #tokenOrigin: string | undefined

  constructor(options: AuthorizerOptions) {
    this.#options = options
  }

  /**
   * Returns the authorization of the next request. Fetches a token if the challenge is known and no valid token is
   * cached.
   * @throws errors of `login`
   */
  async authorization(signal?: AbortSignal): Promise<Authorization> {
    if (this.#login !== undefined) return this.#bearer(this.#login, signal)
    return { value: this.#initialValue() }
  }

  /**
   * Returns the authorization for repeating a request that was answered with 401 and the given challenges; undefined
   * if there is no other authorization than the rejected one.
   * @param fields - value of `WWW-Authenticate`
   * @throws CHALLENGE_INVALID when the challenge is not supported or names another token server; errors of `login`
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
    if (!basic) throw this.#unsupported(challenges)
    this.#login = undefined
    this.#wantsBasic = true
    const value = this.#basic()
    return value === undefined || value === refused.value ? undefined : { value }
  }

  /** Records that the registry accepted the authorization. From now on, a change of its token server is an error. */
  recordAccepted({ login }: Authorization): void {
    if (login !== undefined) this.#tokenOrigin = login.realm.origin
  }

  /** Records that the repeated request was rejected too. The next request starts without this token. */
  recordRejected(sent: Authorization): void {
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

  /**
   * Returns the authorization to send before a challenge. If the credential has an identity token as well, its
   * password is only sent when the registry asks for Basic.
   */
  #initialValue(): string | undefined {
    const token = this.#tokenRefused ? undefined : this.#registryToken()
    if (token !== undefined) return token
    const hasIdentity = this.#options.credential?.identityToken() !== undefined
    return hasIdentity && !this.#wantsBasic ? undefined : this.#basic()
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

  /** Reports whether the credential has more than a registry token. */
  #hasLogin(): boolean {
    const { credential } = this.#options
    return credential?.basic() !== undefined || credential?.identityToken() !== undefined
  }

  #loginFor({ parameters }: Challenge): Login {
    const { repository, credential, scopes = [], rules, help } = this.#options
    const realm = realmOf(parameters.get('realm') ?? '', rules)
    const fixedOrigin = this.#tokenOrigin
    if (fixedOrigin !== undefined && fixedOrigin !== realm.origin)
      throw new WindlassError(
        'CHALLENGE_INVALID',
        `${displayHost(rules.endpoint.base.host)} changed its token server from ${fixedOrigin} to ${printable(realm.origin)}`,
        {
          host: rules.endpoint.base.host,
          hint: 'Run the command again. If it fails again, ask who runs the registry.',
        },
      )
    const scope = (parameters.get('scope') ?? '').trim()
    return {
      realm,
      service: parameters.get('service') || undefined,
      scope: scope === '' && scopes.length === 0 ? pullScope(repository) : mergeScopes(scope, scopes),
      ...{ credential, rules, help },
    }
  }

  #unsupported(challenges: readonly Challenge[]): WindlassError {
    const { base } = this.#options.rules.endpoint
    const schemes = challenges.map(({ scheme }) => printable(scheme, 30)).join(', ')
    const broken = challenges.some(({ scheme }) => scheme === 'bearer')
    const host = displayHost(base.host)
    const problem =
      schemes === ''
        ? `${host} requires a login but does not say how: it sends no WWW-Authenticate header`
        : broken
          ? `${host} requires a token but names no token server`
          : `${host} requires a login of an unsupported kind: ${schemes}`
    return new WindlassError('CHALLENGE_INVALID', problem, {
      host: base.host,
      hint: `Is ${host} a registry? Registries use the kinds Basic and Bearer.`,
    })
  }
}
