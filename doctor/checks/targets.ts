/** Contacts the registries and images that the user names. */
import { asWindlassError, type WindlassError } from '../../lib/errors.js'
import { parseReference } from '../../lib/image/index.js'
import type { RateLimit } from '../../lib/image/index.js'
import type { Credentials } from '../../lib/registry/index.js'
import { displayHost, type RepositoryName } from '../../lib/registry/policy/registry-name.js'
import { meaningsOf } from '../../puller/names/meanings.js'
import { credentialsFor } from '../../puller/options/credentials.js'
import { helpersOf, shortNamesOf } from '../../puller/options/registries-for.js'
import type { Check, Examination } from '../examination.js'
import { type Finding, findingsOf } from '../finding.js'
import { compareClocks } from './clock.js'
import { hostFindings } from './hosts.js'
import { rateLimitFinding } from './rate-limit.js'

const finding = findingsOf('registry')

/** A registry or an image that a user names. */
export type Target =
  | { readonly kind: 'registry'; readonly registry: string }
  | {
      readonly kind: 'image'
      readonly registry: string
      readonly repository: string
      readonly tagOrDigest: string
    }

/**
 * Parses what a user names. A word without a slash is a registry if it is `localhost` or has a dot or a port that no tag could be:
 * `docker.io`, `localhost:5000`, `registry.lan:5000`; otherwise it is an image: `alpine`, `alpine:3.20`.
 * @throws REFERENCE_INVALID when it is neither
 */
export function parseTarget(text: string): Target {
  const [host = '', ...rest] = text.split('/')
  if (rest.join('') === '' && /^(localhost|[^:@]*\.[^:@]*|\[[0-9a-f:]+\])(:\d+)?$/i.test(host))
    return { kind: 'registry', registry: host }
  const { registry, repository, tag, digest } = parseReference(text)
  return { kind: 'image', registry, repository, tagOrDigest: digest ?? tag ?? 'latest' }
}

/** Contacts each target. */
export const checkTargets: Check = async (examination) => {
  const findings: Finding[] = []
  for (const text of examination.targets)
    for (const name of namesOf(text, examination)) findings.push(...(await examineTarget(name, examination)))
  return findings
}

/** Returns the images that a name without a registry may mean, otherwise the name. */
function namesOf(text: string, { hosts }: Examination): readonly string[] {
  try {
    if (hosts === undefined || parseTarget(text).kind === 'registry') return [text]
    const { found } = meaningsOf(text, shortNamesOf({}, hosts))
    return found.length === 0 ? [text] : found.map(({ name }) => name)
  } catch {
    // The examination of the name, or that of the files, reports it.
    return [text]
  }
}

async function examineTarget(text: string, examination: Examination): Promise<readonly Finding[]> {
  let target: Target
  try {
    target = parseTarget(text)
  } catch (error) {
    const { message, hint } = asWindlassError(error)
    return [finding('problem', `${message}.`, hint)]
  }
  const host = displayHost(target.registry)
  const configured = examination.hosts
    ? await hostFindings(target, examination.hosts, examination.signal)
    : []
  const hasCredential = await hasCredentialFor(target, examination)
  try {
    const { date, rateLimit } = await contact(target, examination)
    return [
      ...configured,
      finding(
        'ok',
        `${host} answers${hasCredential ? ', and accepts the credentials' : ' without credentials'}.`,
      ),
      ...(date === undefined ? [] : [compareClocks(Date.now(), date, host)]),
      ...(rateLimit === undefined ? [] : [rateLimitFinding(rateLimit, host)]),
    ]
  } catch (error) {
    examination.signal?.throwIfAborted()
    return [...configured, failureFinding(error, host, hasCredential)]
  }
}

interface Contact {
  readonly date?: number | undefined
  readonly rateLimit?: RateLimit | undefined
}

/** The image by which Docker Hub tells its limit (docs.docker.com, "Docker Hub pull usage and limits"). */
const hubLimitImage = { registry: 'docker.io', repository: 'ratelimitpreview/test' }

async function contact(target: Target, examination: Examination): Promise<Contact> {
  const { registries, signal } = examination
  const options = signal ? { signal } : {}
  const head = async (name: RepositoryName, tagOrDigest: string): Promise<Contact> => {
    const source = registries.repository(name)
    return (await source.head?.(tagOrDigest, options)) ?? source.manifest(tagOrDigest, options)
  }
  if (target.kind === 'image') return head(target, target.tagOrDigest)
  const { registry } = target
  if (registry === 'docker.io') return head(hubLimitImage, 'latest')
  const credentials = await credentialsOf(examination)
  return registries.checkLogin(
    registry,
    await credentials.for({ registry, repository: 'windlass/login' }),
    signal,
  )
}

const credentialsOf = ({ env, authFile, hosts }: Examination): Promise<Credentials> =>
  credentialsFor({ ...(authFile !== undefined && { authFile }) }, env, helpersOf(hosts ?? false))

async function hasCredentialFor(target: Target, examination: Examination): Promise<boolean> {
  const { registry } = target
  const repository = target.kind === 'image' ? target.repository : 'windlass/login'
  try {
    const credentials = await credentialsOf(examination)
    return (await credentials.for({ registry, repository })) !== undefined
  } catch {
    // The check of the files reports it.
    return false
  }
}

function failureFinding(error: unknown, host: string, hasCredential: boolean): Finding {
  const known: WindlassError = asWindlassError(error)
  const isRefused = known.code === 'UNAUTHORIZED' || known.code === 'DENIED'
  if (isRefused && !hasCredential)
    return finding(
      'note',
      `${host} answers, but requires a login.`,
      known.hint ?? 'Give credentials with --authfile, or log in.',
    )
  return finding('problem', `${known.message}.`, known.hint)
}
