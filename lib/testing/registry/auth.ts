/** Authentication of the embedded registry: none, Basic, or Bearer tokens of its own token server. */
import { randomBytes } from 'node:crypto'
import { json, problem, type Answer } from './answer.js'
import type { RequestLogEntry } from './request-log.js'

/** Basic authentication (RFC 7617). */
export interface BasicAuth {
  readonly kind: 'basic'
  readonly username: string
  readonly password: string
}

/** Bearer authentication with a token server. */
export interface TokenAuth {
  readonly kind: 'token'
  /** User name and password that the token server requires. Without them, it issues tokens to everyone. */
  readonly username?: string
  readonly password?: string
  /** Lifetime of a token in seconds (60). */
  readonly expiresIn?: number
  /** Revoke the first token after it has fetched a manifest, so that the first blob request gets a 401 (false). */
  readonly expireOnce?: boolean
  /** Returns the scope to grant when `scope` is requested, for example without `push`. Default: the requested scope. */
  readonly grant?: (scope: string) => string
  /** Length of a token in characters (32). Tokens of real registries have up to 20,000. */
  readonly tokenLength?: number
}

/** Authentication of the embedded registry. */
export type Auth = 'none' | BasicAuth | TokenAuth

/** Decides which requests are authorised. */
export interface Gate {
  /** All tokens issued so far. */
  readonly tokens: readonly string[]
  /** Returns the refusal of a request; undefined if the request is authorised. */
  refuse(request: RequestLogEntry): Answer | undefined
  /** Returns the response of the token server. */
  tokenResponse(request: RequestLogEntry): Answer
  /** Called after every successful response. */
  recordSuccess(request: RequestLogEntry): void
}

const service = 'windlass-registry'

const basicOf = ({ username, password }: { username: string; password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

const unauthorized = (challenge: string): Answer =>
  problem(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge })

/**
 * Returns the gate for an authentication.
 * @param base URL of the registry, for the realm of challenges
 */
export function gateFor(auth: Auth, base: string): Gate {
  if (auth === 'none') return openGate
  return auth.kind === 'basic' ? basicGate(auth) : new TokenGate(auth, base)
}

const answerNoTokens = (): Answer => problem(404, 'UNSUPPORTED', 'this registry issues no tokens')
const ignore = (): void => undefined

const openGate: Gate = {
  tokens: [],
  refuse: () => undefined,
  tokenResponse: answerNoTokens,
  recordSuccess: ignore,
}

function basicGate(auth: BasicAuth): Gate {
  const expected = basicOf(auth)
  return {
    ...openGate,
    refuse: ({ headers }) =>
      headers['authorization'] === expected ? undefined : unauthorized('Basic realm="windlass"'),
  }
}

/** Scopes of an issued token, and the time at which it expires (`performance.now()`). */
interface Grant {
  readonly scopes: readonly string[]
  readonly expires: number
}

class TokenGate implements Gate {
  readonly tokens: string[] = []
  readonly #auth: TokenAuth
  readonly #base: string
  readonly #grants = new Map<string, Grant>()
  #expireOnce: boolean

  constructor(auth: TokenAuth, base: string) {
    this.#auth = auth
    this.#base = base
    this.#expireOnce = auth.expireOnce === true
  }

  refuse(request: RequestLogEntry): Answer | undefined {
    const token = bearerOf(request)
    const grant = token === undefined ? undefined : this.#grants.get(token)
    const scopes = scopesOf(request)
    const valid = grant !== undefined && performance.now() < grant.expires
    if (valid && scopes.every((scope) => isGranted(grant.scopes, scope))) return undefined
    const parameters = [`realm="${this.#base}/token"`, `service="${service}"`]
    if (scopes.length > 0) parameters.push(`scope="${scopes.join(' ')}"`)
    if (token !== undefined) parameters.push(`error="${valid ? 'insufficient_scope' : 'invalid_token'}"`)
    return unauthorized(`Bearer ${parameters.join(',')}`)
  }

  tokenResponse({ url, headers, method }: RequestLogEntry): Answer {
    const { username, password } = this.#auth
    if (method !== 'GET') return problem(405, 'UNSUPPORTED', 'only GET is supported')
    if (
      username !== undefined &&
      headers['authorization'] !== basicOf({ username, password: password ?? '' })
    )
      return problem(401, 'UNAUTHORIZED', 'incorrect username or password')
    const query = new URL(url, this.#base).searchParams
    if (query.get('service') !== service) return problem(400, 'UNSUPPORTED', 'no such service')
    const lifetime = this.#auth.expiresIn ?? 60
    const { tokenLength = 32 } = this.#auth
    const token = randomBytes(tokenLength).toString('base64url').slice(0, tokenLength)
    this.tokens.push(token)
    const { grant = (scope: string) => scope } = this.#auth
    const scopes = query.getAll('scope').map(grant)
    this.#grants.set(token, { scopes, expires: performance.now() + lifetime * 1000 })
    return json(200, {
      token,
      access_token: token,
      expires_in: lifetime,
      issued_at: new Date().toISOString(),
    })
  }

  recordSuccess(request: RequestLogEntry): void {
    const token = bearerOf(request)
    if (!this.#expireOnce || request.kind !== 'manifest' || token === undefined) return
    this.#expireOnce = false
    this.#grants.delete(token)
  }
}

/** Returns the scopes that a request needs. A mount also needs to pull from the repository in `from`. */
function scopesOf({ repository, method, kind, url }: RequestLogEntry): string[] {
  if (repository === '') return []
  const push = method === 'DELETE' && kind === 'manifest' ? 'pull,push,delete' : 'pull,push'
  const actions = method === 'GET' || method === 'HEAD' ? 'pull' : push
  const from = new URLSearchParams(/\?(.*)$/s.exec(url)?.[1]).get('from')
  return [`repository:${repository}:${actions}`, ...(from === null ? [] : [`repository:${from}:pull`])]
}

/** Reports whether one of the scopes `granted` allows all actions of `scope`. */
function isGranted(granted: readonly string[], scope: string): boolean {
  const [resource, actions = ''] = splitScope(scope)
  return granted.map(splitScope).some(([of, allowed = '']) => {
    return of === resource && actions.split(',').every((action) => allowed.split(',').includes(action))
  })
}

/** Splits a scope into its resource and its actions. The name of a repository contains no colon. */
const splitScope = (scope: string): string[] => scope.split(/:(?=[^:]*$)/)

const bearerOf = ({ headers }: RequestLogEntry): string | undefined =>
  /^bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1]
