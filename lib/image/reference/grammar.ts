/**
 * The grammar of references, part by part (distribution/reference regexp.go), as the patterns have it there.
 */
import { isIPv6 } from 'node:net'

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'

const repository = new RegExp(`^${component}(?:/${component})*$`)
const hostName = new RegExp(`^${label}(?:\\.${label})*$`)
const tag = /^\w[\w.-]{0,127}$/

/** Characters of a repository's name, the registry not counted. */
export const repositoryLimit = 255

/** Whether `text` is a tag: at most 128 letters, digits, `_`, `.` and `-`, the first neither `.` nor `-`. */
export const isTag = (text: string): boolean => tag.test(text)

/** Whether `text` is a repository's name: lower-case components, at most 255 characters. */
export const isRepository = (text: string): boolean => text.length <= repositoryLimit && repository.test(text)

/** Whether `text` is a host without its port: a name, an IPv4 address, an IPv6 address in brackets (no zone). */
export const isHost = (text: string): boolean =>
  text.startsWith('[')
    ? text.endsWith(']') && /^[0-9a-fA-F:]+$/.test(text.slice(1, -1)) && isIPv6(text.slice(1, -1))
    : text.length <= 255 && hostName.test(text)
