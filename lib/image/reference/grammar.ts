/** The grammar of references (distribution/reference regexp.go). */
import { isIPv6 } from 'node:net'

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'

const repository = new RegExp(`^${component}(?:/${component})*$`)
const hostName = new RegExp(`^${label}(?:\\.${label})*$`)
const tag = /^\w[\w.-]{0,127}$/

/** Maximum length of a repository name, without the registry. */
export const maxRepositoryLength = 255

/** Returns whether `text` is a tag: at most 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`. */
export const isTag = (text: string): boolean => tag.test(text)

/** Returns whether `text` is a repository name: lower-case components, at most 255 characters. */
export const isRepository = (text: string): boolean =>
  text.length <= maxRepositoryLength && repository.test(text)

/**
 * Returns whether `text` is a host without a port: a name, an IPv4 address, or an IPv6 address in brackets (no zone).
 */
export const isHost = (text: string): boolean =>
  text.startsWith('[')
    ? text.endsWith(']') && /^[0-9a-fA-F:]+$/.test(text.slice(1, -1)) && isIPv6(text.slice(1, -1))
    : text.length <= 255 && hostName.test(text)
