/** Finds violations of a client in the requests that the servers of a scene received. */
import type { FaultScene } from './catalogued.js'
import type { RequestLogEntry } from '../request-log.js'

/** Headers that contain credentials. */
const credentialHeaders = ['authorization', 'proxy-authorization', 'cookie']

/** Returns one sentence per violation. */
export function findings(scene: FaultScene): readonly string[] {
  const { fault, registry, elsewhere } = scene
  return [
    ...exceededBudgets(scene),
    ...(fault.credentialsAt.includes('elsewhere') ? [] : elsewhere.requests.flatMap(leakedCredentials)),
    ...[...registry.requests, ...elsewhere.requests].flatMap((request) => leakedSecrets(request, scene)),
  ]
}

function exceededBudgets({ fault: { budget }, ...scene }: FaultScene): readonly string[] {
  const spent = scene.traffic()
  return (['requests', 'elsewhere', 'bytes'] as const)
    .filter((what) => spent[what] > budget[what])
    .map((what) => `${what}: ${spent[what]}, but at most ${budget[what]} allowed`)
}

const leakedCredentials = ({ method, url, headers }: RequestLogEntry): readonly string[] =>
  credentialHeaders
    .filter((name) => headers[name] !== undefined)
    .map((name) => `${name} reached the other origin with ${method} ${url.replace(/\?.*/s, '?…')}`)

/** Returns violations for a secret in the URL and for a cookie. A client must send neither to any origin. */
function leakedSecrets(
  { url, headers }: RequestLogEntry,
  { login, registry }: FaultScene,
): readonly string[] {
  const secrets = [login.password, ...registry.tokens]
  return [
    ...(secrets.some((secret) => url.includes(secret)) ? ['the URL of a request contains a secret'] : []),
    ...(headers['cookie'] === undefined ? [] : ['a cookie was sent']),
  ]
}
