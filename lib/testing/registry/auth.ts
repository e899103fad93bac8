/** How an embedded registry decides who may ask: not at all, by Basic, or by tokens of a token server of its own. */
import { randomBytes } from 'node:crypto'
import { json, problem, type Answer } from './answer.js'
import type { RequestLogEntry } from './request-log.js'

export interface BasicAuth {
  readonly kind: 'basic'
  readonly username: string
  readonly password: string
}

export interface TokenAuth {
  readonly kind: 'token'
  /** With a name and a password, tokens are given to nobody else; without, to everybody. */
  readonly username?: string
  readonly password?: string
  /** Seconds (60). */
  readonly expiresIn?: number
  /** The first token dies as soon as it has fetched a manifest, long before it expires: the first blob gets a 401. */
  readonly expireOnce?: boolean
  /** Characters of a token (32); 8,000 to 20,000 are real. */
  readonly tokenLength?: number
}

export type Auth = 'none' | BasicAuth | TokenAuth

export interface Gate {
  /** Every token so far. */
  readonly tokens: readonly string[]
  /** The refusal, or undefined to go on. */
  refuse(request: RequestLogEntry): Answer | undefined
  /** The token server's answer. */
  token(request: RequestLogEntry): Answer
  /** Told of every request that was answered well. */
  served(request: RequestLogEntry): void
}

const service = 'windlass-registry'

const basicOf = ({ username, password }: { username: string; password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

const unauthorized = (challenge: string): Answer =>
  problem(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge })

/** @param base - where this registry is, for the realm */
export function gateFor(auth: Auth, base: string): Gate {
  if (auth === 'none') return openGate
  return auth.kind === 'basic' ? basicGate(auth) : new TokenGate(auth, base)
}

const noTokens = (): Answer => problem(404, 'UNSUPPORTED', 'this registry gives no tokens')
const nothingToRemember = (): void => undefined

const openGate: Gate = { tokens: [], refuse: () => undefined, token: noTokens, served: nothingToRemember }

function basicGate(auth: BasicAuth): Gate {
  const expected = basicOf(auth)
  return {
    ...openGate,
    refuse: ({ headers }) =>
      headers['authorization'] === expected ? undefined : unauthorized('Basic realm="windlass"'),
  }
}

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
    const scope = request.repository === '' ? undefined : `repository:${request.repository}:pull`
    const valid = grant !== undefined && performance.now() < grant.expires
    if (valid && (scope === undefined || grant.scopes.includes(scope))) return undefined
    const parameters = [`realm="${this.#base}/token"`, `service="${service}"`]
    if (scope !== undefined) parameters.push(`scope="${scope}"`)
    if (token !== undefined) parameters.push(`error="${valid ? 'insufficient_scope' : 'invalid_token'}"`)
    return unauthorized(`Bearer ${parameters.join(',')}`)
  }

  token({ url, headers, method }: RequestLogEntry): Answer {
    const { username, password } = this.#auth
    if (method !== 'GET') return problem(405, 'UNSUPPORTED', 'tokens are given to GET')
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
    this.#grants.set(token, { scopes: query.getAll('scope'), expires: performance.now() + lifetime * 1000 })
    return json(200, {
      token,
      access_token: token,
      expires_in: lifetime,
      issued_at: new Date().toISOString(),
    })
  }

  served(request: RequestLogEntry): void {
    const token = bearerOf(request)
    if (!this.#expireOnce || request.kind !== 'manifest' || token === undefined) return
    this.#expireOnce = false
    this.#grants.delete(token)
  }
}

const bearerOf = ({ headers }: RequestLogEntry): string | undefined =>
  /^bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1]
