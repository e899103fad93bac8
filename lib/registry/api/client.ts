/**
 * Requests to one registry, authorised and redirected: whoever asks sees only the answer that counts. A request that
 * is answered with 401 gets exactly one re-authentication and one repeat, never a loop.
 */
import { SingleFlight } from '../../flow/actors/single-flight.js'
import { isBelowApi, isSigned } from '../policy/authorizable.js'
import { Authorizer, type Authorization } from '../auth/authorizer.js'
import type { Request, Connections } from '../http/connections.js'
import type { Credential } from '../credentials/credential.js'
import { discard } from '../http/discard.js'
import { apiUrl, type Endpoint } from '../policy/endpoint.js'
import { share } from '../auth/flight.js'
import { ForeignUrls } from '../policy/foreign-url.js'
import { type Location, locationOf } from '../headers/location.js'
import { followRedirects, type Followed } from '../http/redirects.js'
import { settleScheme } from '../http/scheme.js'
import type { Tokens } from '../auth/tokens.js'
import { assertPublicTarget } from '../policy/public-target.js'

export interface ClientOptions {
  readonly endpoint: Endpoint
  readonly connections: Connections
  readonly tokens: Tokens
  readonly trustedRealms: ReadonlySet<string>
  readonly foreignHosts: ReadonlySet<string>
}

export interface RegistryRequest extends Omit<Request, 'url' | 'target' | 'form'> {
  readonly repository: string
  /** As whom; undefined for an anonymous request. */
  readonly credential: Credential | undefined
  /** What to do where a login is refused, as a sentence. */
  readonly hint: () => string
  /** The path below `/v2/`, or a path and query of this registry's origin as they are to be sent, from `/` on. */
  readonly to: readonly string[] | string
}

export class Client {
  readonly #options: ClientOptions
  readonly #authorizers = new Map<string, Authorizer>()
  readonly #settling = new SingleFlight<string, URL>()
  #endpoint: Endpoint

  constructor(options: ClientOptions) {
    this.#options = options
    this.#endpoint = options.endpoint
  }

  /** @throws network errors, TLS, REDIRECT_REFUSED, CHALLENGE_INVALID, what a login throws, CANCELLED */
  async send({ repository, credential, hint, to, ...rest }: RegistryRequest): Promise<Followed> {
    const base = await this.#base(rest.signal)
    const place = typeof to === 'string' ? originForm(base, to) : locationOf(apiUrl(base, ...to))
    const request: Request = { ...rest, ...place }
    if (isSigned(place) || !isBelowApi(place)) return this.#follow(request)
    const authorizer = this.#authorizer({ repository, credential, hint })
    const first = await authorizer.authorization(request.signal)
    const response = await this.#follow(authorised(request, first))
    // Somebody else's 401, behind a redirect, is no reason to send anything.
    if (response.status !== 401 || response.crossed) return response
    try {
      const challenges = response.headers['www-authenticate'] ?? (await this.#rootChallenge(base, request))
      const second = await authorizer.renew(first, challenges, request.signal)
      if (second === undefined) return response
      discard(response)
      const repeated = await this.#follow(authorised(request, second))
      if (repeated.status === 401 && !repeated.crossed) authorizer.refused(second)
      else authorizer.taken(second)
      return repeated
    } catch (error) {
      response.body.destroy()
      throw error
    }
  }

  /** Where the URLs that manifests of this registry give may lead. */
  foreignUrls(): ForeignUrls {
    return new ForeignUrls(this.#endpoint.base, this.#options.foreignHosts)
  }

  /** A request that goes elsewhere, over the same connections, but with no credential of this registry's. */
  sendForeign(request: Request, urls: ForeignUrls): Promise<Followed> {
    const check = (url: URL): void => urls.check(url)
    return followRedirects(this.#options.connections, { ...request, lookup: urls.lookup }, { check })
  }

  #follow(request: Request): Promise<Followed> {
    const { base } = this.#endpoint
    const check = (url: URL): void => assertPublicTarget(url, base, request.purpose)
    return followRedirects(this.#options.connections, request, { check, mayAuthorize: isBelowApi })
  }

  /** The registry's address, its scheme settled. */
  async #base(signal?: AbortSignal): Promise<URL> {
    if (this.#endpoint.scheme === 'loopback') {
      const { connections } = this.#options
      const base = await share(
        this.#settling,
        'scheme',
        (shared) => settleScheme(connections, this.#endpoint, shared),
        signal,
      )
      this.#settle(base)
    }
    return this.#endpoint.base
  }

  /** Done by whoever comes first of those that waited; authorizers are made after it. */
  #settle(base: URL): void {
    if (this.#endpoint.scheme === 'settled') return
    this.#endpoint = { ...this.#endpoint, base, scheme: 'settled' }
  }

  /** A registry that refuses without a challenge may have one at its root. */
  async #rootChallenge(base: URL, { purpose, signal }: Request): Promise<string | undefined> {
    const response = await this.#options.connections.send({ url: apiUrl(base, ''), purpose, signal })
    discard(response)
    return response.status === 401 ? response.headers['www-authenticate'] : undefined
  }

  /** One for each repository and credential: what one user was given is no other's. */
  #authorizer(who: Pick<RegistryRequest, 'repository' | 'credential' | 'hint'>): Authorizer {
    const { repository, credential } = who
    const key = `${repository} ${credential?.fingerprint() ?? ''}`
    const known = this.#authorizers.get(key)
    if (known !== undefined) return known
    const { tokens, trustedRealms } = this.#options
    const rules = { endpoint: this.#endpoint, trusted: trustedRealms }
    const authorizer = new Authorizer({ ...who, rules, tokens })
    this.#authorizers.set(key, authorizer)
    return authorizer
  }
}

/** A place of the origin of `base`: an empty first segment (`//host/`) names no host. */
const originForm = (base: URL, target: string): Location => ({ url: new URL(base.origin + target), target })

const authorised = (request: Request, { value }: Authorization): Request =>
  value === undefined ? request : { ...request, headers: { ...request.headers, authorization: value } }
