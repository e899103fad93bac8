/**
 * Determines the `Authorization` header of the requests for one repository. The first request carries no header, Basic
 * or a registry token; later requests carry what the challenge of the registry asks for.
 */
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/printable.js'
import { parseChallenges, type Challenge } from '../headers/challenge.js'
import type { AccessHelp } from '../policy/access-help.js'
import type { Credential } from '../credentials/credential.js'
import type { TokenRequest } from './login.js'
import { parseRealm, type RealmRules } from './realm.js'
import { displayHost } from '../policy/registry-name.js'
import { mergeScopes, pullScope } from './scope.js'
import type { Tokens } from './tokens.js'

/** The value of an `Authorization` header; undefined for an anonymous request. */
export interface Authorization {
  readonly value: string | undefined
  /** The request by which the token was fetched; undefined if `value` is not such a token. */
  readonly tokenRequest?: TokenRequest
}

/** Settings of an `Authorizer`. `rules` decide which token servers may be used. */
export interface AuthorizerOptions {
  readonly repository: string
  readonly credential: Credential | undefined
  /** Scopes that a token must have beyond those of the challenge (default none). */
  readonly scopes?: readonly string[]
  readonly rules: RealmRules
  readonly tokens: Tokens
  /** Returns what to tell the user when access is refused. */
  readonly help: () => AccessHelp
}

/** The authorization state of one repository and credential. */
export class Authorizer {
  readonly #options: AuthorizerOptions
  /** The request that fetches tokens, after the registry has sent a Bearer challenge. */
  #tokenRequest: TokenRequest | undefined
  /** Whether the registry rejected the registry token. */
  #isRegistryTokenRejected = false
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
   * @throws errors of `requestToken`
   */
  async authorization(signal?: AbortSignal): Promise<Authorization> {
    if (this.#tokenRequest !== undefined) return this.#bearer(this.#tokenRequest, signal)
    return { value: this.#initialValue() }
  }

  /**
   * Returns the authorization for repeating a request after a 401 response; undefined if there is none except the
   * rejected one.
   * @param rejected - authorization of the request that was answered with 401
   * @param challengeHeader - value of `WWW-Authenticate`
   * @throws CHALLENGE_INVALID when the challenge is not supported or names another token server; errors of
   *   `requestToken`
   */
  async renew(
    rejected: Authorization,
    challengeHeader: string | undefined,
    signal?: AbortSignal,
  ): Promise<Authorization | undefined> {
    if (rejected.value !== undefined && rejected.value === this.#registryToken()) {
      this.#isRegistryTokenRejected = true
      if (!this.#canLogIn()) return undefined
    }
    const challenges = parseChallenges(challengeHeader)
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'))
    if (bearer !== undefined) {
      this.#forget(rejected)
      const tokenRequest = this.#tokenRequestFor(bearer)
      const renewed = await this.#bearer(tokenRequest, signal)
      this.#tokenRequest = tokenRequest
      return renewed
    }
    const basic = challenges.some(({ scheme }) => scheme === 'basic')
    if (!basic) throw this.#unsupportedError(challenges)
    this.#tokenRequest = undefined
    this.#wantsBasic = true
    const value = this.#basic()
    return value === undefined || value === rejected.value ? undefined : { value }
  }

  /** Records that the registry accepted the authorization. From now on, a change of its token server is an error. */
  recordAccepted({ tokenRequest }: Authorization): void {
    if (tokenRequest !== undefined) this.#tokenOrigin = tokenRequest.realm.origin
  }

  /** Records that the repeated request was rejected too. The next request starts without this token. */
  recordRejected(sent: Authorization): void {
    this.#forget(sent)
    this.#tokenRequest = undefined
  }

  #forget({ tokenRequest, value }: Authorization): void {
    if (tokenRequest !== undefined && value !== undefined)
      this.#options.tokens.forget(tokenRequest, value.slice('Bearer '.length))
  }

  async #bearer(tokenRequest: TokenRequest, signal?: AbortSignal): Promise<Authorization> {
    return { value: `Bearer ${await this.#options.tokens.get(tokenRequest, signal)}`, tokenRequest }
  }

  /**
   * Returns the authorization to send before a challenge. If the credential has an identity token as well, its password
   * is only sent when the registry asks for Basic.
   */
  #initialValue(): string | undefined {
    const token = this.#isRegistryTokenRejected ? undefined : this.#registryToken()
    if (token !== undefined) return token
    const hasIdentity = this.#options.credential?.identityToken() !== undefined
    return hasIdentity && !this.#wantsBasic ? undefined : this.#basic()
  }

  #registryToken(): string | undefined {
    const { credential, rules } = this.#options
    const token = rules.endpoint.allowsCredentials ? credential?.registryToken() : undefined
    return token === undefined ? undefined : `Bearer ${token}`
  }

  #basic(): string | undefined {
    const { credential, rules } = this.#options
    return rules.endpoint.allowsCredentials ? credential?.basic() : undefined
  }

  /** Reports whether the credential has a password or an identity token. */
  #canLogIn(): boolean {
    const { credential } = this.#options
    return credential?.basic() !== undefined || credential?.identityToken() !== undefined
  }

  #tokenRequestFor({ parameters }: Challenge): TokenRequest {
    const { repository, credential, scopes = [], rules, help } = this.#options
    const realm = parseRealm(parameters.get('realm') ?? '', rules)
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

  #unsupportedError(challenges: readonly Challenge[]): WindlassError {
    const { base } = this.#options.rules.endpoint
    const schemes = challenges.map(({ scheme }) => printable(scheme, 30)).join(', ')
    const hasBearer = challenges.some(({ scheme }) => scheme === 'bearer')
    const host = displayHost(base.host)
    const problem =
      schemes === ''
        ? `${host} requires a login but does not say how: it sends no WWW-Authenticate header`
        : hasBearer
          ? `${host} requires a token but names no token server`
          : `${host} requires a login of an unsupported kind: ${schemes}`
    return new WindlassError('CHALLENGE_INVALID', problem, {
      host: base.host,
      hint: `Is ${host} a registry? Registries use the kinds Basic and Bearer.`,
    })
  }
}
