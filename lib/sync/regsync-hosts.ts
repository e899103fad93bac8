/** Reads the logins and certificates of a regsync file (`creds`). */
import { TextCodec, wordCodec } from './list-codecs.js'
import { type KeyRules, type ListDocument, type ListPath } from './list-document.js'
import { type TemplateValues, expandTemplates } from './list-templates.js'
import type { SyncHost } from './sync-list.js'

const mirrors = { ignored: 'configure mirrors as docs/hosts.md describes.' } as const
const tuning = { ignored: 'Windlass chooses how it sends requests.' } as const
const helper = { refused: 'configure the helper in the file of “docker login”' } as const

const hostKeys: KeyRules = {
  registry: 'read',
  user: 'read',
  pass: 'read',
  tls: 'read',
  regcert: 'read',
  token: { refused: 'use “windlass login”' },
  credHelper: helper,
  credExpire: helper,
  credHost: helper,
  clientCert: { refused: 'put the certificate where docs/hosts.md says' },
  clientKey: { refused: 'put the key where docs/hosts.md says' },
  hostname: { refused: 'name the registry by its host' },
  pathPrefix: { refused: 'write the path into source and target' },
  mirrors,
  priority: mirrors,
  repoAuth: { ignored: 'a token is always for one repository.' },
  api: tuning,
  apiOpts: tuning,
  scheme: { refused: 'use “tls: disabled”' },
  blobChunk: tuning,
  blobMax: tuning,
  reqPerSec: tuning,
  reqConcurrent: tuning,
}

const tlsWords = { enabled: 'verified', insecure: 'unverified', disabled: 'http' } as const

/** Reads `creds`. @throws USAGE, with the line and the key. No error contains a value of a login */
export const readRegsyncHosts = (
  document: ListDocument,
  values: readonly unknown[],
  templates: TemplateValues,
): readonly SyncHost[] => values.map((value, at) => readHost(document, value, ['creds', at], templates))

function readHost(
  document: ListDocument,
  value: unknown,
  path: ListPath,
  templates: TemplateValues,
): SyncHost {
  const fields = document.fields(value, path, hostKeys)
  const text = (key: string): string | undefined => {
    const given = fields[key]
    if (given === undefined) return undefined
    if (typeof given !== 'string') throw document.fault([...path, key], 'it must be a text')
    try {
      return expandTemplates(given, templates)
    } catch (error) {
      throw document.fault([...path, key], error instanceof Error ? error.message : String(error))
    }
  }
  const registry = document.decode(TextCodec, text('registry'), [...path, 'registry'])
  const [username, password, ca] = [text('user'), text('pass'), text('regcert')]
  if ((username === undefined) !== (password === undefined))
    throw document.fault(path, 'it must state both user and pass, or neither')
  const tls =
    fields['tls'] === undefined
      ? undefined
      : tlsWords[
          document.decode(wordCodec('enabled', 'insecure', 'disabled'), fields['tls'], [...path, 'tls'])
        ]
  return {
    registry,
    ...(username !== undefined && password !== undefined && { credentials: { username, password } }),
    ...(tls && { tls }),
    ...(ca !== undefined && { ca }),
  }
}
