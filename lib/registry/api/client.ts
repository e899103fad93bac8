/**
 * Sends requests to one registry with authorization and redirects. A request that is answered with 401 is
 * authenticated and repeated exactly once.
 */
import { SingleFlight } from '../../flow/actors/single-flight.js'
import { isBelowApi, isSigned } from '../policy/authorizable.js'
import type { AccessHelp } from '../policy/access-help.js'
import { Authorizer, type Authorization } from '../auth/authorizer.js'
import type { Channel } from '../http/channel.js'
import type { Request, Connections } from '../http/connections.js'
import type { Credential } from '../credentials/credential.js'
import { discard } from '../http/discard.js'
import { apiUrl, type Endpoint } from '../policy/endpoint.js'
import { joinFlight } from '../auth/flight.js'
import { ForeignUrls } from '../policy/foreign-url.js'
import { type Location, locationOf } from '../headers/location.js'
import { followRedirects, type FinalResponse } from '../http/redirects.js'
import { detectBaseUrl } from '../http/scheme.js'
import type { Tokens } from '../auth/tokens.js'
import { resolveNamedLocation } from '../http/named-location.js'
import { assertPublicTarget } from '../policy/public-target.js'

/**
 * Settings of a `Client`. `trustedRealms` are origins of token servers, `foreignHosts` names or addresses of hosts.
 */
export interface ClientOptions {
  readonly endpoint: Endpoint
  /** Connections to the host, if they differ from those to others. */
  readonly channel?: Channel
  /** Value of the query field `ns` of all requests. */
  readonly namespace?: string
  readonly connections: Connections
  readonly tokens: Tokens
  readonly trustedRealms: ReadonlySet<string>
  readonly foreignHosts: ReadonlySet<string>
}

/** A request for one repository of the registry. */
export interface RegistryRequest extends Omit<Request, 'url' | 'target' | 'form'> {
  readonly repository: string
  /** The credential to use; undefined for an anonymous request. */
  readonly credential: Credential | undefined
  /** Returns what to tell the user when access is refused. */
  readonly help: () => AccessHelp
  /** Scopes that a token must have beyond those that the registry asks for (default none). */
  readonly scopes?: readonly string[]
  /**
   * Path segments below `/v2/`; a path with query on the origin of the registry, starting with `/` and sent unchanged;
   * or a location that `locationIn` returned.
   */
  readonly to: readonly string[] | string | Location
}

/** The client of one registry. Its repositories share connections and tokens. */
export class Client {
  readonly #options: ClientOptions
  readonly #authorizers = new Map<string, Authorizer>()
  readonly #schemeLookups = new SingleFlight<string, URL>()
  #endpoint: Endpoint

  constructor(options: ClientOptions) {
    this.#options = options
    this.#endpoint = options.endpoint
  }

  /**
   * Sends a request and follows redirects. A 401 response of the registry itself is answered with one authenticated
   * repeat; the second response is returned whatever its status is.
   * @throws network errors, TLS, REDIRECT_REFUSED, CHALLENGE_INVALID, errors of `requestToken`, CANCELLED
   */
  async send({ repository, credential, help, scopes, to, ...rest }: RegistryRequest): Promise<FinalResponse> {
    const base = await this.#base(rest.signal)
    const location = this.#locate(to, base)
    const isOwn = location.url.origin === base.origin
    const request: Request = { ...rest, ...location, channel: isOwn ? this.#options.channel : undefined }
    if (!isOwn || isSigned(location) || !isBelowApi(location, base.pathname)) return this.#follow(request)
    const authorizer = this.#authorizer({ repository, credential, help, ...(scopes && { scopes }) })
    const first = await authorizer.authorization(request.signal)
    const response = await this.#follow(withAuthorization(request, first))
    // A 401 of another host, after a redirect, must not trigger authentication.
    if (response.status !== 401 || response.credentialsRemoved) return response
    try {
      const challenges = response.headers['www-authenticate'] ?? (await this.#rootChallenge(base, request))
      const second = await authorizer.renew(first, challenges, request.signal)
      if (second === undefined) return response
      discard(response)
      const repeated = await this.#follow(withAuthorization(request, second))
      if (repeated.status === 401 && !repeated.credentialsRemoved) authorizer.recordRejected(second)
      else authorizer.recordAccepted(second)
      return repeated
    } catch (error) {
      response.body.destroy()
      throw error
    }
  }

  /**
   * Returns the location for further requests from the `Location` header of a response, for example of an upload.
   * @throws REDIRECT_REFUSED when the rules for redirects do not allow it; REGISTRY_RESPONSE when there is none
   */
  locationIn(response: FinalResponse, purpose: string): Location {
    return resolveNamedLocation(response, this.#endpoint.base, purpose)
  }

  /** Returns the rules for the foreign URLs in manifests of this registry. */
  foreignUrls(): ForeignUrls {
    return new ForeignUrls(this.#endpoint.base, this.#options.foreignHosts)
  }

  /**
   * Sends a request to a foreign URL over the same connections, without credentials of this registry.
   * @throws REDIRECT_REFUSED, LIMIT_EXCEEDED, network errors, TLS, CANCELLED
   */
  sendForeign(request: Request, urls: ForeignUrls): Promise<FinalResponse> {
    const check = (url: URL): void => urls.check(url)
    return followRedirects(
      this.#options.connections,
      { ...request, role: 'foreign', lookup: urls.lookup },
      { check },
    )
  }

  #locate(to: RegistryRequest['to'], base: URL): Location {
    if (typeof to === 'string') return locationOnOrigin(base, to)
    if ('url' in to) return to
    const url = apiUrl(base, ...to)
    const { namespace } = this.#options
    if (namespace !== undefined) url.searchParams.set('ns', namespace)
    return locationOf(url)
  }

  #follow(request: Request): Promise<FinalResponse> {
    const { base } = this.#endpoint
    const check = (url: URL): void => assertPublicTarget(url, base, request.purpose)
    const mayAuthorize = (location: Location): boolean => isBelowApi(location, base.pathname)
    return followRedirects(this.#options.connections, request, { check, mayAuthorize })
  }

  /** Returns the base URL after determining its scheme. */
  async #base(signal?: AbortSignal): Promise<URL> {
    if (this.#endpoint.scheme !== 'known') {
      const { connections, channel } = this.#options
      const base = await joinFlight(
        this.#schemeLookups,
        'scheme',
        (shared) => detectBaseUrl(connections, this.#endpoint, { signal: shared, channel }),
        signal,
      )
      this.#storeBase(base)
    }
    return this.#endpoint.base
  }

  /**
   * Stores the base URL, unless another waiting request has stored it. Authorizers, which use it, are created later.
   */
  #storeBase(base: URL): void {
    if (this.#endpoint.scheme === 'known') return
    this.#endpoint = { ...this.#endpoint, base, scheme: 'known' }
  }

  /** Some registries send the challenge only at the root of the API. */
  async #rootChallenge(base: URL, { purpose, signal }: Request): Promise<string | undefined> {
    const { connections, channel } = this.#options
    const response = await connections.send({ url: apiUrl(base, ''), purpose, signal, channel })
    discard(response)
    return response.status === 401 ? response.headers['www-authenticate'] : undefined
  }

  /** Returns the authorizer of one repository and credential. Tokens of one user must not be used by another. */
  #authorizer(identity: Pick<RegistryRequest, 'repository' | 'credential' | 'help' | 'scopes'>): Authorizer {
    const { repository, credential, scopes = [] } = identity
    const key = [repository, credential?.fingerprint() ?? '', ...scopes].join(' ')
    const known = this.#authorizers.get(key)
    if (known !== undefined) return known
    const { tokens, trustedRealms, channel } = this.#options
    const rules = { endpoint: this.#endpoint, trusted: trustedRealms, channel }
    const authorizer = new Authorizer({ ...identity, rules, tokens })
    this.#authorizers.set(key, authorizer)
    return authorizer
  }
}

/** Appends a path to the origin of `base`. `new URL(target, base)` would take a path such as `//host/` for a host. */
const locationOnOrigin = (base: URL, target: string): Location => ({
  url: new URL(base.origin + target),
  target,
})

const withAuthorization = (request: Request, { value }: Authorization): Request =>
  value === undefined ? request : { ...request, headers: { ...request.headers, authorization: value } }
