/** Reads policy files of Podman, Skopeo and CRI-O (containers-policy.json(5)) as far as Windlass supports them. */
import path from 'node:path'
import * as t from 'io-ts'
import { WindlassError } from '../../errors.js'
import { parseJson, readJson, decodeJson } from '../../codec/json.js'
import { type JsonObject, isObject } from '../../codec/json-object.js'
import { listOf } from '../../codec/list-of.js'
import { printable } from '../../codec/printable.js'
import { record } from '../../codec/record-codec.js'
import { type PublicKey, parsePublicKeys } from '../public-key.js'
import { type TrustRoot, authority, log } from '../trust-root.js'
import type { RequiredSigner } from '../verify-signature.js'
import type { ImagePolicy, PolicyRequirement, PolicyRule } from './image-policy.js'
import { scopesOf } from './scopes.js'
import type { SignedIdentity } from '../signed-identity.js'

/** Reads a file that a policy names, by its absolute path. @throws USAGE if it cannot be read */
export type ReadPolicyFile = (file: string) => Buffer

/** Where a policy file is, and how to read the files that it names. */
export interface PolicyFileSource {
  /** Path of the policy file, for messages and relative paths. */
  readonly file: string
  /** Reads the keys and certificates that the policy names. */
  readonly read: ReadPolicyFile
}

const RequirementsCodec = listOf(record('a requirement', { type: t.string }, {}), 'requirements')

/**
 * Parses a policy file. Files that it names are read at once, so that a pull does not fail because of them later.
 * @throws USAGE if it is invalid; UNSUPPORTED if it requires what Windlass cannot check, such as signatures of GnuPG
 */
export function parsePolicyFile(bytes: Buffer, source: PolicyFileSource): ImagePolicy {
  const about = {
    code: 'USAGE',
    what: `the policy ${printable(source.file)}`,
    subject: { path: source.file },
  } as const
  const document = parseJson(bytes, about)
  if (!isObject(document)) throw invalid(source, 'expected an object')
  rejectUnknown(document, ['default', 'transports'], 'the policy', source)
  const parse = (value: unknown, origin: string): PolicyRule => ({
    requirements: parseRequirements(value, origin, source),
    origin,
  })
  const fallback = parse(document['default'], `the default of ${printable(source.file)}`)
  const transports = new Map<string, ReadonlyMap<string, PolicyRule>>()
  for (const [transport, scopes] of Object.entries(
    objectOf(document['transports'] ?? {}, 'transports', source),
  ))
    transports.set(
      transport,
      new Map(
        Object.entries(objectOf(scopes, `transports.${transport}`, source)).map(([scope, value]) => [
          scope,
          parse(
            value,
            `the scope "${printable(transport)}:${printable(scope)}" of ${printable(source.file)}`,
          ),
        ]),
      ),
    )
  return {
    ruleFor: (name) => {
      const { transport, scopes } = scopesOf(name)
      const rules = transports.get(transport)
      for (const scope of [...scopes, '']) {
        const rule = rules?.get(scope)
        if (rule) return rule
      }
      return fallback
    },
  }
}

function parseRequirements(
  value: unknown,
  origin: string,
  source: PolicyFileSource,
): readonly PolicyRequirement[] {
  const what = origin
  decodeJson(RequirementsCodec, value, { code: 'USAGE', what })
  const list = value as readonly JsonObject[]
  if (list.length === 0) throw invalid(source, `${origin} has no requirement`)
  return list.map((each) => parseRequirement(each, origin, source))
}

function parseRequirement(value: JsonObject, origin: string, source: PolicyFileSource): PolicyRequirement {
  const { type } = value
  switch (type) {
    case 'insecureAcceptAnything':
      rejectUnknown(value, ['type'], origin, source)
      return { type: 'accept' }
    case 'reject':
      rejectUnknown(value, ['type'], origin, source)
      return { type: 'reject' }
    case 'sigstoreSigned':
      return sigstoreSigned(value, origin, source)
    case 'signedBy':
      throw new WindlassError(
        'UNSUPPORTED',
        `${origin} requires a signature of GnuPG (signedBy), which is not supported`,
        {
          path: source.file,
          hint: 'Use sigstoreSigned, with signatures of cosign.',
        },
      )
    default:
      throw invalid(source, `${origin} has the unknown type ${printable(JSON.stringify(type))}`)
  }
}

const keyFields = ['keyPath', 'keyPaths', 'keyData', 'keyDatas'] as const
const logFields = [
  ...(['rekorPublicKeyPath', 'rekorPublicKeyPaths', 'rekorPublicKeyData', 'rekorPublicKeyDatas'] as const),
]

function sigstoreSigned(value: JsonObject, origin: string, source: PolicyFileSource): PolicyRequirement {
  if ('pki' in value)
    throw new WindlassError(
      'UNSUPPORTED',
      `${origin} requires a certificate of a PKI (pki), which is not supported`,
      {
        path: source.file,
      },
    )
  rejectUnknown(value, ['type', ...keyFields, ...logFields, 'fulcio', 'signedIdentity'], origin, source)
  const given = [...keyFields, 'fulcio'].filter((field) => field in value)
  if (given.length !== 1)
    throw invalid(source, `${origin} must have exactly one of ${[...keyFields, 'fulcio'].join(', ')}`)
  const logs = keysIn(value, logFields, origin, source)?.map(({ key }) =>
    log(key.export({ type: 'spki', format: 'der' })),
  )
  const identity =
    'signedIdentity' in value ? signedIdentity(value['signedIdentity'], origin, source) : undefined
  const named = identity ? { identity } : { identityIfStated: { type: 'matchRepoDigestOrExact' } as const }
  const keys = keysIn(value, keyFields, origin, source)
  const signer: RequiredSigner = keys
    ? { kind: 'keys', keys, ...(logs && { logs }) }
    : fulcioSigner(value['fulcio'], logs, origin, source)
  return { type: 'signed', signer, ...named }
}

/** Returns the keys that the fields name; undefined if the requirement has none of them. */
function keysIn(
  value: JsonObject,
  fields: typeof keyFields | typeof logFields,
  origin: string,
  source: PolicyFileSource,
): readonly PublicKey[] | undefined {
  const [field, another] = fields.filter((each) => each in value)
  if (field === undefined) return undefined
  if (another !== undefined) throw invalid(source, `${origin} has both ${field} and ${another}`)
  const texts = /s$/.test(field) ? value[field] : [value[field]]
  if (!Array.isArray(texts) || texts.length === 0 || !texts.every((text) => typeof text === 'string'))
    throw invalid(source, `${field} in ${origin} must be ${/s$/.test(field) ? 'a list of texts' : 'a text'}`)
  return (texts as readonly string[]).flatMap((text) => {
    if (/Path/.test(field)) {
      const file = path.resolve(path.dirname(source.file), text)
      return parsePublicKeys(source.read(file).toString('utf8'), `the file ${printable(file)}`)
    }
    return parsePublicKeys(Buffer.from(text, 'base64').toString('utf8'), `${field} of ${origin}`)
  })
}

const FulcioCodec = record(
  'fulcio',
  { oidcIssuer: t.string, subjectEmail: t.string },
  { caPath: t.string, caData: t.string },
)

function fulcioSigner(
  value: unknown,
  logs: TrustRoot['tlogs'] | undefined,
  origin: string,
  source: PolicyFileSource,
): RequiredSigner {
  if (!isObject(value)) throw invalid(source, `fulcio in ${origin} must be an object`)
  rejectUnknown(value, ['caPath', 'caData', 'oidcIssuer', 'subjectEmail'], `fulcio in ${origin}`, source)
  const fulcio = readJson(Buffer.from(JSON.stringify(value)), FulcioCodec, {
    code: 'USAGE',
    what: `fulcio in ${origin}`,
  })
  if ((fulcio.caPath === undefined) === (fulcio.caData === undefined))
    throw invalid(source, `fulcio in ${origin} must have exactly one of caPath, caData`)
  if (logs === undefined)
    throw invalid(source, `${origin} has fulcio, so it must have one of ${logFields.join(', ')}`)
  const pem =
    fulcio.caPath !== undefined
      ? source.read(path.resolve(path.dirname(source.file), fulcio.caPath))
      : Buffer.from(fulcio.caData ?? '', 'base64')
  const chain = certificatesIn(pem.toString('utf8'))
  if (chain.length === 0) throw invalid(source, `fulcio in ${origin} has no certificate`)
  return {
    kind: 'identity',
    identity: { subject: fulcio.subjectEmail, issuer: fulcio.oidcIssuer },
    trustRoot: {
      ...{ mediaType: '', timestampAuthorities: [], ctlogs: [], tlogs: [...logs] },
      certificateAuthorities: [authority(chain)],
    },
  }
}

/** Returns the certificates of a PEM text in DER. */
const certificatesIn = (pem: string): readonly Buffer[] =>
  [...pem.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/g)].map(([, body = '']) =>
    Buffer.from(body.replace(/\s/g, ''), 'base64'),
  )

function signedIdentity(value: unknown, origin: string, source: PolicyFileSource): SignedIdentity {
  const where = `signedIdentity in ${origin}`
  const fields = objectOf(value, where, source)
  const text = (field: string): string => {
    const given = fields[field]
    if (typeof given === 'string' && given !== '') return given
    throw invalid(source, `${where} must have ${field}`)
  }
  switch (fields['type']) {
    case 'matchExact':
    case 'matchRepoDigestOrExact':
    case 'matchRepository':
      rejectUnknown(fields, ['type'], where, source)
      return { type: fields['type'] }
    case 'exactReference':
      rejectUnknown(fields, ['type', 'dockerReference'], where, source)
      return { type: 'exactReference', dockerReference: text('dockerReference') }
    case 'exactRepository':
      rejectUnknown(fields, ['type', 'dockerRepository'], where, source)
      return { type: 'exactRepository', dockerRepository: text('dockerRepository') }
    case 'remapIdentity':
      rejectUnknown(fields, ['type', 'prefix', 'signedPrefix'], where, source)
      return { type: 'remapIdentity', prefix: text('prefix'), signedPrefix: text('signedPrefix') }
    default:
      throw invalid(source, `${where} has the unknown type ${printable(JSON.stringify(fields['type']))}`)
  }
}

function objectOf(value: unknown, what: string, source: PolicyFileSource): JsonObject {
  if (isObject(value)) return value
  throw invalid(source, `${what} must be an object`)
}

/** A field that is not known may restrict what is accepted, so it is not ignored. */
function rejectUnknown(
  value: JsonObject,
  known: readonly string[],
  where: string,
  source: PolicyFileSource,
): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined) throw invalid(source, `${where} has the unknown field "${printable(unknown)}"`)
}

const invalid = ({ file }: PolicyFileSource, problem: string): WindlassError =>
  new WindlassError('USAGE', `The policy ${printable(file)} is not valid: ${problem}`, {
    path: file,
    hint: 'Its format is described in containers-policy.json(5).',
  })
