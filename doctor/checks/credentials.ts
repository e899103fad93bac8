/** Lists the files with credentials, and the registries that they are for. */
import { quoted } from '../../lib/codec/printable.js'
import { OutsideFileError, readOutsideFile } from '../../lib/system/outside-file.js'
import { credentialsFiles } from '../../puller/options/credentials.js'
import type { Check } from '../examination.js'
import { type Finding, findingsOf } from '../finding.js'

const finding = findingsOf('credentials')

/** Maximum size of a file in bytes, as for pulls. */
const maxBytes = 4 * 2 ** 20
/** Maximum number of registries that a finding names. */
const maxNamed = 10

/** Lists the files with credentials. No value of a file but the names of registries and helpers is printed. */
export const checkCredentials: Check = ({ env, authFile }) => {
  const files = credentialsFiles({ ...(authFile !== undefined && { authFile }) }, env)
  const findings = files.flatMap(({ path, namedBy }) => examineFile(path, namedBy))
  if (findings.length > 0) return findings
  return [finding('ok', 'There are no credentials: registries are accessed anonymously.')]
}

function examineFile(path: string, namedBy: string | undefined): Finding[] {
  const by = namedBy === undefined ? '' : ` (${namedBy})`
  let text: string
  try {
    text = readOutsideFile(path, { maxBytes, followLink: true }).toString('utf8')
  } catch (error) {
    if (!(error instanceof OutsideFileError)) throw error
    if (error.reason !== 'missing')
      return [
        finding('problem', `The credentials file ${quoted(path)}${by} cannot be read: ${error.message}.`),
      ]
    if (namedBy === undefined) return []
    return [
      finding(
        'note',
        `The credentials file ${quoted(path)}${by} does not exist.`,
        `Correct or unset ${namedBy}: it replaces the files that logins write.`,
      ),
    ]
  }
  const fields = fieldsIn(text)
  if (!fields)
    return [
      finding(
        'problem',
        `The credentials file ${quoted(path)}${by} is not a JSON object.`,
        'Correct it, or log in again.',
      ),
    ]
  const { registries, helpers } = fields
  const named = registries.slice(0, maxNamed).map((name) => quoted(name, 100))
  const more = registries.length > maxNamed ? ` and ${registries.length - maxNamed} more` : ''
  const parts = [
    ...(named.length > 0 ? [`credentials for ${named.join(', ')}${more}`] : []),
    ...(helpers.length > 0
      ? [`the credential helper ${helpers.map((name) => quoted(name, 100)).join(', ')}`]
      : []),
  ]
  return [finding('ok', `The file ${quoted(path)}${by} has ${parts.join(' and ') || 'no credentials'}.`)]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns the names of registries and helpers in a file; undefined if it is not a JSON object. */
function fieldsIn(text: string): { registries: string[]; helpers: string[] } | undefined {
  const content = text.replace(/^\uFEFF/, '').trim()
  if (content === '') return { registries: [], helpers: [] }
  let json: unknown
  try {
    json = JSON.parse(content)
  } catch {
    return undefined
  }
  if (!isObject(json)) return undefined
  const { auths, credHelpers, credsStore } = json
  const helpers = isObject(credHelpers) ? Object.values(credHelpers) : []
  return {
    registries: isObject(auths) ? Object.keys(auths) : [],
    helpers: [...new Set([...helpers, credsStore].filter((each) => typeof each === 'string'))],
  }
}
