/** One exchange with a token server: by GET with Basic or anonymously, by POST with an identity token. */
import { WindlassError } from '../../errors.js'
import type { Response, Request, Connections } from '../http/connections.js'
import type { Credential } from '../credentials/credential.js'
import { discard } from '../http/discard.js'
import { readDocument } from '../http/document.js'
import { printableUrl } from '../headers/printable-url.js'
import { checkRealm, mayCarryCredentials, type RealmRules } from './realm.js'
import { followRedirects } from '../http/redirects.js'
import { accessHints, refusal } from '../http/refusal.js'
import type { Secrets } from '../policy/secrets.js'
import { parseToken, type Token } from './token.js'

export interface Login {
  readonly realm: URL
  readonly service: string | undefined
  readonly scope: string
  readonly credential: Credential | undefined
  readonly rules: RealmRules
  /** What to do where the login is refused, as a sentence. */
  readonly hint: () => string
}

/**
 * @throws UNAUTHORIZED or DENIED as the server refuses; CHALLENGE_INVALID where the credentials must not go there;
 * REGISTRY_RESPONSE for an answer without a token, or a server that takes no identity token; LIMIT_EXCEEDED for an answer
 * that is longer than `tokenBytes`; network errors
 */
export async function login(
  connections: Connections,
  request: Login,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<Token> {
  const { realm, credential, rules } = request
  const { registry, base } = rules.endpoint
  const purpose = `log in to ${registry}`
  if (credential !== undefined && !mayCarryCredentials(realm, rules))
    throw new WindlassError(
      'CHALLENGE_INVALID',
      `${base.host} wants the credentials for ${registry} sent in clear to ${realm.origin}`,
      {
        host: base.host,
        hint: `If that is right, name it: --trust-realm ${realm.origin}, or trustedRealms in code`,
      },
    )
  // On the clock that the token's lifetime is counted by: the answer was made later than this.
  const asked = performance.now()
  const response = await exchange(request, (request) =>
    followRedirects(connections, { ...request, purpose, signal }, { check: (url) => checkRealm(url, rules) }),
  )
  const { limits, timeouts } = connections
  const deadline = timeouts.document
  if (response.status < 200 || response.status > 299)
    throw await refusal(response, {
      ...{ purpose, secrets, deadline, missing: 'REGISTRY_RESPONSE', server: 'token server' },
      maxBytes: limits.errorBytes,
      hints: {
        ...accessHints(request.hint),
        REGISTRY_RESPONSE: `${registry} names ${printableUrl(realm)} as its token server, and no token was given there`,
      },
    })
  const within = { maxBytes: limits.tokenBytes, limit: 'tokenBytes', deadline, purpose } as const
  const token = parseToken(await readDocument(response, within), asked)
  if (token === undefined)
    throw new WindlassError(
      'REGISTRY_RESPONSE',
      `Failed to ${purpose}: the answer of ${realm.host} holds no usable token`,
      {
        host: realm.host,
      },
    )
  secrets.learn(token.value)
  return token
}

/**
 * Asks by POST with an identity token, else by GET. A server that does not take the token by POST is asked by GET with
 * the password, where there is one, as containerd does.
 * @throws REGISTRY_RESPONSE where the server has no POST and there is no password
 */
async function exchange(
  request: Login,
  send: (request: Omit<Request, 'purpose' | 'signal'>) => Promise<Response>,
): Promise<Response> {
  const { realm, credential, rules } = request
  const basic = credential?.basic()
  const byPassword = (): Promise<Response> =>
    send({ url: query(request), headers: basic === undefined ? {} : { authorization: basic } })
  const identityToken = credential?.identityToken()
  if (identityToken === undefined) return byPassword()
  const response = await send({ url: realm, method: 'POST', form: form(request, identityToken) })
  const hasNoPost = noPost.has(response.status)
  if (basic !== undefined && (hasNoPost || refused.has(response.status))) {
    discard(response)
    return byPassword()
  }
  if (!hasNoPost) return response
  discard(response)
  const { registry } = rules.endpoint
  throw new WindlassError(
    'REGISTRY_RESPONSE',
    `Failed to log in to ${registry}: its token server, ${realm.host}, takes no identity token (it answered ${response.status})`,
    {
      ...{ host: realm.host, url: printableUrl(realm), status: response.status },
      hint: `The credentials for ${registry} hold an identity token alone: log in again with a user name and password`,
    },
  )
}

/** What servers answer to a POST that know GET alone. */
const noPost: ReadonlySet<number> = new Set([404, 405, 501])

/** What a server answers that knows POST and not this token; Artifactory and older ACR answer so to any POST. */
const refused: ReadonlySet<number> = new Set([400, 401])

/** RFC 6749 §6, with the fields that the distribution project added (its "OAuth2 token specification"). */
const form = ({ service, scope }: Login, identityToken: string): Record<string, string> => ({
  grant_type: 'refresh_token',
  ...(service === undefined ? {} : { service }),
  client_id: 'windlass',
  scope,
  refresh_token: identityToken,
})

/** The realm may have a query of its own; what is added is encoded. */
function query({ realm, service, scope }: Login): URL {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  // Several scopes stand in a challenge with blanks between, and in a request each for itself.
  for (const each of scope.split(/\s+/).filter((part) => part !== '')) url.searchParams.append('scope', each)
  return url
}
