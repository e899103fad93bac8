/** Checks the proxies that the environment names. */
import { asWindlassError } from '../../lib/errors.js'
import { proxyFor } from '../../lib/registry/proxy/proxy.js'
import type { Check } from '../examination.js'
import { type Finding, findingsOf } from '../finding.js'

const finding = findingsOf('proxies')

/** Checks the variables of proxies. A URL with a password is never printed. */
export const checkProxies: Check = ({ env }) => {
  const findings = ['https', 'http'].flatMap((scheme) => examineProxy(scheme, env))
  return findings.length > 0 ? findings : [finding('ok', 'The environment names no proxy.')]
}

function examineProxy(scheme: string, env: Readonly<Record<string, string | undefined>>): Finding[] {
  try {
    const noProxy = env['no_proxy'] ?? env['NO_PROXY']
    // A host that no rule but * exempts.
    const proxy = proxyFor(new URL(`${scheme}://registry.invalid/`), env)
    if (!proxy) return []
    const except = noProxy ? `, except for ${noProxy}` : ''
    return [
      finding('ok', `${scheme} requests go through the proxy ${proxy.host} (${proxy.variable})${except}.`),
    ]
  } catch (error) {
    const { message, hint } = asWindlassError(error)
    return [finding('problem', `${message}.`, hint)]
  }
}
