/** One exchange with a token server: by GET with Basic or anonymously, by POST with an identity token. */
import { WindlassError } from '../errors.js'
import type { Connections } from './connections.js'
import type { Credential } from './credential.js'
import { readDocument } from './document.js'
import { checkRealm, mayCarryCredentials, type RealmRules } from './realm.js'
import { follow } from './redirects.js'
import { accessHints, refusal } from './refusal.js'
import type { Secrets } from './secrets.js'
import { parseToken, type Token } from './token.js'

export interface Login {
  readonly realm: URL
  readonly service: string | undefined
  readonly scope: string
  readonly credential: Credential | undefined
  readonly rules: RealmRules
}

/**
 * @throws UNAUTHORIZED or DENIED as the server refuses; CHALLENGE_INVALID where the credentials must not go there;
 * REGISTRY_RESPONSE for an answer without a token; LIMIT_EXCEEDED for one that is longer than `tokenBytes`; network errors
 */
export async function login(
  connections: Connections,
  { realm, service, scope, credential, rules }: Login,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<Token> {
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
  const asked = performance.now()
  const refresh = credential?.identityToken()
  const answer = await follow(
    connections,
    refresh === undefined
      ? { url: query(realm, service, scope), purpose, headers: basicHeader(credential), signal }
      : {
          url: realm,
          purpose,
          method: 'POST',
          form: {
            grant_type: 'refresh_token',
            ...(service === undefined ? {} : { service }),
            client_id: 'windlass',
            scope,
            refresh_token: refresh,
          },
          signal,
        },
    { check: (url) => checkRealm(url, rules) },
  )
  const { limits, timeouts } = connections
  const deadline = timeouts.document
  if (answer.status !== 200)
    throw await refusal(answer, {
      purpose,
      secrets,
      missing: 'REGISTRY_RESPONSE',
      deadline,
      maxBytes: limits.errorBytes,
      hints: accessHints(hintFor(registry, credential)),
    })
  const within = { maxBytes: limits.tokenBytes, limit: 'tokenBytes', deadline, purpose } as const
  const token = parseToken(await readDocument(answer, within), asked)
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

/** The realm may have a query of its own; what is added is encoded (S0-83). */
function query(realm: URL, service: string | undefined, scope: string): URL {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  // Several scopes stand in a challenge with blanks between, and in a request each for itself.
  for (const each of scope.split(' ').filter((part) => part !== '')) url.searchParams.append('scope', each)
  return url
}

function basicHeader(credential: Credential | undefined): Record<string, string> {
  const authorization = credential?.basic()
  return authorization === undefined ? {} : { authorization }
}

const hintFor = (registry: string, credential: Credential | undefined): string =>
  credential === undefined
    ? `${registry} gives no anonymous access: give credentials for it`
    : `The credentials for ${registry} were refused: check them`
