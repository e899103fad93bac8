/** What a client did wrong, as the servers of a scene saw it. */
import type { FaultScene } from './catalogued.js'
import type { RequestLogEntry } from '../request-log.js'

/** Headers that prove who somebody is. */
const proofs = ['authorization', 'proxy-authorization', 'cookie']

/** One sentence for each thing that is wrong. */
export function findings(scene: FaultScene): readonly string[] {
  const { fault, registry, elsewhere } = scene
  return [
    ...overspent(scene),
    ...(fault.credentialsAt.includes('elsewhere') ? [] : elsewhere.requests.flatMap(carried)),
    ...[...registry.requests, ...elsewhere.requests].flatMap((request) => told(request, scene)),
  ]
}

function overspent({ fault: { may }, ...scene }: FaultScene): readonly string[] {
  const spent = scene.spent()
  return (['requests', 'elsewhere', 'bytes'] as const)
    .filter((what) => spent[what] > may[what])
    .map((what) => `${what}: ${spent[what]}, where ${may[what]} were allowed`)
}

const carried = ({ method, url, headers }: RequestLogEntry): readonly string[] =>
  proofs
    .filter((name) => headers[name] !== undefined)
    .map((name) => `${name} reached the other origin with ${method} ${url.replace(/\?.*/s, '?…')}`)

/** Secrets of the registry in a URL, whoever it was sent to, and cookies, which no registry is sent back. */
function told({ url, headers }: RequestLogEntry, { login, registry }: FaultScene): readonly string[] {
  const secrets = [login.password, ...registry.tokens]
  return [
    ...(secrets.some((secret) => url.includes(secret)) ? ['a secret stands in the URL of a request'] : []),
    ...(headers['cookie'] === undefined ? [] : ['a cookie was sent']),
  ]
}
