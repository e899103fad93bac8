/** What goes wrong at a proxy, told as that: the registry has nothing to do with it. */
import type { Proxy } from './proxy.js'

/** The codes of errors that are a proxy's: it cannot be reached, or does not let through. */
export const proxyFailed = 'ERR_PROXY_FAILED'

/** Its message is a clause; it holds nothing of the proxy's login. */
export class ProxyFailure extends Error {
  readonly code = proxyFailed
  /** What to do about it. */
  readonly hint: string
  /** Whether another try may help. */
  readonly retryable: boolean

  constructor(message: string, hint: string, retryable: boolean) {
    super(message)
    this.hint = hint
    this.retryable = retryable
  }
}

/** The proxy could not be reached; `error` is of the connection to it. */
export function unreachable(proxy: Proxy, error: unknown): ProxyFailure {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const why = (code === undefined ? undefined : reasons[code]) ?? code ?? 'the connection failed'
  return new ProxyFailure(
    `the proxy ${proxy.host} cannot be reached: ${why}`,
    `Check ${proxy.variable}, which names it; NO_PROXY lists hosts to be asked directly`,
    code !== 'ENOTFOUND',
  )
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'it hung up',
  EPIPE: 'it hung up',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name could not be resolved',
  ETIMEDOUT: 'it does not answer',
}

/** The proxy does not let through. */
export const refused = (proxy: Proxy, why: string): ProxyFailure =>
  new ProxyFailure(
    `the proxy ${proxy.host} does not let through: ${why}`,
    `Check ${proxy.variable}, and the name and password in it; NO_PROXY lists hosts to be asked directly`,
    true,
  )

/** The proxy let through, and then the connection to what is behind it failed: through whose fault, nobody can say. */
export const brokenBehind = (proxy: Proxy, why: string): ProxyFailure =>
  new ProxyFailure(
    `the connection through the proxy ${proxy.host} failed: ${why}`,
    `Check ${proxy.variable}, which names the proxy, and whether the registry can be reached from there; NO_PROXY lists hosts to be asked directly`,
    true,
  )

/** Names the proxy of a connection that failed later on, behind the host's name in a message. */
export const throughProxy = (proxy: Proxy | undefined): string =>
  proxy === undefined ? '' : ` through the proxy ${proxy.host}`

/** `hint`, and that a proxy stands between: whether it or the host is at fault, the answer does not show. */
export const withProxyHint = (hint: string, proxy: Proxy | undefined): string =>
  proxy === undefined
    ? hint
    : `${hint}${/[.?]$/.test(hint) ? '' : '.'} Check the proxy ${proxy.host} between too (${proxy.variable}); NO_PROXY lists hosts to be asked directly`

/** The proxy wants another login than it was given (RFC 9110 §15.5.8). */
export const wantsLogin = (proxy: Proxy, why = 'it answers 407'): ProxyFailure =>
  new ProxyFailure(
    `the proxy ${proxy.host} does not let through: ${why}`,
    proxy.login() === undefined
      ? `It wants a login: put one into ${proxy.variable}, as ${proxy.protocol === 'socks' ? 'socks5' : proxy.protocol}://NAME:PASSWORD@${proxy.host}`
      : `It wants another name or password than those in ${proxy.variable}`,
    false,
  )
