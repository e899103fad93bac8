/** Requests a token from a token server: by GET with Basic or anonymously, or by POST with an identity token. */
import { WindlassError } from '../../errors.js'
import type { Response, Request, Connections } from '../http/connections.js'
import type { AccessHelp } from '../policy/access-help.js'
import type { Credential } from '../credentials/credential.js'
import { discard } from '../http/discard.js'
import { readDocument } from '../http/document.js'
import { printableUrl } from '../headers/printable-url.js'
import { channelTo, checkRealm, mayReceiveCredentials, type RealmRules, trustHint } from './realm.js'
import { displayHost } from '../policy/registry-name.js'
import { followRedirects } from '../http/redirects.js'
import { refusalError } from '../http/refusal.js'
import type { Secrets } from '../policy/secrets.js'
import { parseIdentityToken, parseToken, type Token } from './token.js'

/** A token request. `scope` may contain several scopes, separated by spaces. */
export interface TokenRequest {
  readonly realm: URL
  readonly service: string | undefined
  readonly scope: string
  readonly credential: Credential | undefined
  readonly rules: RealmRules
  /** Returns what to tell the user when access is refused. */
  readonly help: () => AccessHelp
}

/**
 * Requests a token.
 * @throws UNAUTHORIZED, DENIED when the server refuses; CHALLENGE_INVALID when credentials must not be sent to the
 * realm; REGISTRY_RESPONSE when the response has no token, or the server does not accept identity tokens;
 * LIMIT_EXCEEDED when the response is longer than `tokenBytes`; network errors
 */
export async function requestToken(
  connections: Connections,
  request: TokenRequest,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<Token> {
  const { realm, credential, rules } = request
  const { registry, base } = rules.endpoint
  const registryName = displayHost(registry)
  const purpose = `get a token for ${registryName}`
  if (credential !== undefined && !mayReceiveCredentials(realm, rules))
    throw new WindlassError(
      'CHALLENGE_INVALID',
      `${displayHost(base.host)} asks to send the login for ${registryName} to ${realm.origin} without encryption`,
      {
        host: base.host,
        hint: trustHint(realm.origin),
      },
    )
  // The lifetime is counted from the request, so that the token is not used after it has expired.
  const sentAt = performance.now()
  const response = await sendTokenRequest(request, (request) =>
    followRedirects(
      connections,
      { ...request, purpose, signal, role: 'token-server', channel: channelTo(realm, rules) },
      { check: (url) => checkRealm(url, rules) },
    ),
  )
  const { limits, timeouts } = connections
  const timeout = timeouts.document
  if (response.status < 200 || response.status > 299)
    throw await refusalError(response, {
      ...{ purpose, secrets, timeout, notFoundCode: 'REGISTRY_RESPONSE', server: 'token server' },
      maxBytes: limits.errorBytes,
      help: request.help,
      hints: {
        REGISTRY_RESPONSE: `${registryName} names ${printableUrl(realm)} as its token server. Is that right?`,
      },
    })
  const readOptions = { maxBytes: limits.tokenBytes, limitName: 'tokenBytes', timeout, purpose } as const
  const body = await readDocument(response, readOptions)
  const token = parseToken(body, sentAt)
  if (token === undefined)
    throw new WindlassError(
      'REGISTRY_RESPONSE',
      `Failed to ${purpose}: the response of ${realm.host} contains no usable token`,
      {
        host: realm.host,
        hint: `${registryName} names ${printableUrl(realm)} as its token server. Is that right?`,
      },
    )
  secrets.add(token.value)
  const issued = credential?.wantsIdentityToken === true ? parseIdentityToken(body) : undefined
  if (issued !== undefined) {
    secrets.add(issued)
    credential?.receiveIdentityToken(issued)
  }
  return token
}

/**
 * Sends the identity token by POST, if there is one; otherwise uses GET. If the server rejects the POST, the password
 * is sent by GET. If there is no password and the server does not support POST, the identity token is sent in its place.
 * containerd does the same.
 * @throws REGISTRY_RESPONSE when the server accepts the identity token neither by POST nor by GET
 */
async function sendTokenRequest(
  request: TokenRequest,
  send: (request: Omit<Request, 'purpose' | 'signal'>) => Promise<Response>,
): Promise<Response> {
  const { realm, credential, rules } = request
  const basic = credential?.basic()
  const sendPassword = (): Promise<Response> =>
    send({ url: tokenUrl(request), headers: basic === undefined ? {} : { authorization: basic } })
  const identityToken = credential?.identityToken()
  if (identityToken === undefined) return sendPassword()
  const response = await send({ url: realm, method: 'POST', form: refreshForm(request, identityToken) })
  const isPostUnsupported = postUnsupportedStatuses.has(response.status)
  if (basic !== undefined && (isPostUnsupported || tokenRejectedStatuses.has(response.status))) {
    discard(response)
    return sendPassword()
  }
  if (!isPostUnsupported) return response
  discard(response)
  const authorization = credential?.basicWithIdentityToken() ?? ''
  const repeated = await send({ url: tokenUrl(request), headers: { authorization } })
  const isRejected =
    repeated.status === 403 ||
    [postUnsupportedStatuses, tokenRejectedStatuses].some((statuses) => statuses.has(repeated.status))
  if (!isRejected) return repeated
  discard(repeated)
  const registryName = displayHost(rules.endpoint.registry)
  throw new WindlassError(
    'REGISTRY_RESPONSE',
    `Failed to log in to ${registryName}: its token server ${realm.host} accepts no identity tokens (HTTP ${response.status})`,
    {
      ...{ host: realm.host, url: printableUrl(realm), status: response.status },
      hint: `The credentials for ${registryName} contain only an identity token. Log in again with a user name and a password.`,
    },
  )
}

/** Statuses that mean that the server does not support POST. */
const postUnsupportedStatuses: ReadonlySet<number> = new Set([404, 405, 501])

/**
 * Statuses that mean that the server rejects the identity token. Artifactory and older versions of ACR send them for
 * any POST.
 */
const tokenRejectedStatuses: ReadonlySet<number> = new Set([400, 401])

const clientId = 'windlass'

/**
 * Builds the form of a refresh request (RFC 6749 §6) with the additional fields of the distribution project ("OAuth2
 * token specification").
 */
const refreshForm = ({ service, scope }: TokenRequest, identityToken: string): Record<string, string> => ({
  grant_type: 'refresh_token',
  ...(service === undefined ? {} : { service }),
  client_id: clientId,
  scope,
  refresh_token: identityToken,
})

/**
 * Builds the URL of a GET request. The query of the realm is kept. `offline_token` asks for an identity token (distribution
 * project, "Token Authentication Specification").
 */
function tokenUrl({ realm, service, scope, credential }: TokenRequest): URL {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  if (credential?.wantsIdentityToken === true) {
    url.searchParams.set('offline_token', 'true')
    url.searchParams.set('client_id', clientId)
  }
  // A challenge separates scopes by spaces; a request has one parameter for each.
  for (const each of scope.split(/\s+/).filter((part) => part !== '')) url.searchParams.append('scope', each)
  return url
}
