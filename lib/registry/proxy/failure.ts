/** Defines the failures that a proxy causes, rather than the registry. */
import type { Proxy } from './proxy.js'

/** Last sentence of hints: how to bypass a proxy. */
const bypassHint = 'Hosts that NO_PROXY lists are contacted directly.'

/** Code of the errors that a proxy causes. */
export const proxyFailed = 'ERR_PROXY_FAILED'

/** A failure of a proxy. The message is a clause and does not contain the login. */
export class ProxyFailure extends Error {
  readonly code = proxyFailed
  /** What the user can do about it. */
  readonly hint: string
  /** Whether a retry may succeed. */
  readonly retryable: boolean

  constructor(message: string, hint: string, retryable: boolean) {
    super(message)
    this.hint = hint
    this.retryable = retryable
  }
}

/**
 * Returns the failure for a proxy that cannot be reached.
 * @param error - error of the connection to the proxy
 */
export function unreachableFailure(proxy: Proxy, error: unknown): ProxyFailure {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const why = (code === undefined ? undefined : reasons[code]) ?? code ?? 'the connection failed'
  return new ProxyFailure(
    `the proxy ${proxy.host} cannot be reached: ${why}`,
    `Check the variable ${proxy.variable}, which names the proxy. ${bypassHint}`,
    code !== 'ENOTFOUND',
  )
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ENOTFOUND: 'there is no host with that name',
  EAI_AGAIN: 'its address could not be looked up',
  ETIMEDOUT: 'it does not respond',
}

/** Returns the failure for a proxy that refuses to connect to the target. */
export const refusedFailure = (proxy: Proxy, why: string): ProxyFailure =>
  new ProxyFailure(
    `the proxy ${proxy.host} refuses the connection: ${why}`,
    `Check the variable ${proxy.variable}, and the name and password in it. ${bypassHint}`,
    true,
  )

/**
 * Returns the failure for a connection that broke after the proxy had established it. The proxy or the target may be
 * the cause.
 */
export const brokenTunnelFailure = (proxy: Proxy, why: string): ProxyFailure =>
  new ProxyFailure(
    `the connection through the proxy ${proxy.host} failed: ${why}`,
    `Check the variable ${proxy.variable}, which names the proxy, and whether the registry can be reached from there. ${bypassHint}`,
    true,
  )

/** Returns the text that names the proxy after the name of the host in a message; empty without a proxy. */
export const proxySuffix = (proxy: Proxy | undefined): string =>
  proxy === undefined ? '' : ` through the proxy ${proxy.host}`

/** Adds to `hint`, which ends with a full stop or question mark, that the proxy may be the cause. */
export const withProxyHint = (hint: string, proxy: Proxy | undefined): string =>
  proxy === undefined
    ? hint
    : `${hint} Also check the proxy ${proxy.host}, which ${proxy.variable} names. ${bypassHint}`

/** Returns the failure for a proxy that requires another login (RFC 9110 §15.5.8). */
export const loginFailure = (proxy: Proxy, why = 'it answers HTTP 407'): ProxyFailure =>
  new ProxyFailure(
    `the proxy ${proxy.host} refuses the connection: ${why}`,
    proxy.login() === undefined
      ? `It requires a login. Put one into ${proxy.variable}: ${proxy.protocol === 'socks' ? 'socks5' : proxy.protocol}://NAME:PASSWORD@${proxy.host}.`
      : `It rejects the name or password in ${proxy.variable}.`,
    false,
  )
