/** Parses the user and group databases of a root file system: passwd(5) and group(5). */

/** An entry of /etc/passwd. */
export interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/** An entry of /etc/group. */
export interface GroupEntry {
  readonly name: string
  readonly gid: number
  /** Names of the users for whom the group is an additional one. */
  readonly members: readonly string[]
}

/** Maximum id that a process can have as a signed 32-bit number, the limit of Docker and of the runtimes. */
const maxId = 2 ** 31 - 1

/** Returns the id that `text` states in decimal digits; undefined if it is no id. */
export function parseId(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined
  const id = Number(text)
  return id <= maxId ? id : undefined
}

/** Returns the valid entries of /etc/passwd in order. Invalid lines and comments are skipped. */
export const parsePasswd = (text: string): PasswdEntry[] =>
  rows(text).flatMap(([name = '', , uid = '', gid = '', , home = '']) => {
    const ids = [parseId(uid), parseId(gid)] as const
    if (name === '' || ids[0] === undefined || ids[1] === undefined) return []
    return [{ name, uid: ids[0], gid: ids[1], home }]
  })

/** Returns the valid entries of /etc/group in order. Invalid lines and comments are skipped. */
export const parseGroup = (text: string): GroupEntry[] =>
  rows(text).flatMap(([name = '', , gid = '', members = '']) => {
    const id = parseId(gid)
    if (name === '' || id === undefined) return []
    return [{ name, gid: id, members: members.split(',').filter((member) => member !== '') }]
  })

const rows = (text: string): string[][] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
