/**
 * Resolves the user of an image config to ids, with the databases of the root file system, as Docker, containerd and
 * umoci do (`GetExecUser` of runc).
 */
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import { type GroupEntry, type PasswdEntry, parseId } from './user-database.js'

/** The user of a process. */
export interface ProcessUser {
  readonly uid: number
  readonly gid: number
  /** Additional groups, without duplicates and in the order of /etc/group. */
  readonly additionalGids: readonly number[]
  /** The home directory; `/` for a user without an entry in /etc/passwd. */
  readonly home: string
}

/** The user and group databases of a root file system. */
export interface UserDatabase {
  readonly users: readonly PasswdEntry[]
  readonly groups: readonly GroupEntry[]
}

/**
 * Resolves `user`: empty for root, otherwise `user`, `uid`, `user:group`, `uid:gid` and the mixed forms (image-spec,
 * config.md, `User`). A name without a group also has the groups that list it as a member; with a group, it has only
 * that one. A number without an entry has group 0.
 * @throws WindlassError CONFIG_INVALID for a name that the databases do not have
 */
export function resolveUser(user: string, { users, groups }: UserDatabase): ProcessUser {
  const colon = user.indexOf(':')
  const [userPart, groupPart] = colon < 0 ? [user, ''] : [user.slice(0, colon), user.slice(colon + 1)]
  const uid = userPart === '' ? 0 : parseId(userPart)
  const known = users.find((each) => each.name === userPart || each.uid === uid)
  if (!known && uid === undefined) throw unknownError('user', userPart, '/etc/passwd')
  const primary = groupPart === '' ? (known?.gid ?? 0) : groupId(groupPart, groups)
  const additional =
    groupPart === '' && known
      ? groups.filter(({ members }) => members.includes(known.name)).map(({ gid }) => gid)
      : []
  return {
    uid: known?.uid ?? uid ?? 0,
    gid: primary,
    additionalGids: [...new Set(additional)],
    home: known === undefined || known.home === '' ? '/' : known.home,
  }
}

function groupId(group: string, groups: readonly GroupEntry[]): number {
  const gid = parseId(group)
  const found = groups.find((each) => each.name === group || each.gid === gid)?.gid ?? gid
  if (found === undefined) throw unknownError('group', group, '/etc/group')
  return found
}

const unknownError = (what: 'user' | 'group', name: string, file: string): WindlassError =>
  new WindlassError(
    'CONFIG_INVALID',
    `The image is to run as the ${what} ${quoted(name)}, which its ${file} does not have`,
    { hint: `Name another user with --user, for example --user 0.` },
  )
