/** Checks whether the user has ranges of ids for a user namespace (subuid(5), newuidmap(1)). */
import { accessSync, constants, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Check } from '../examination.js'
import { findingsOf } from '../finding.js'

const finding = findingsOf('id-maps')

/** Where the ranges are, and whose are needed. */
export interface IdMapFiles {
  readonly subuid: string
  readonly subgid: string
  readonly user: { readonly name: string; readonly uid: number }
}

/** Returns the check for given files and a given user. */
export const checkIdMapFiles =
  ({ subuid, subgid, user }: IdMapFiles): Check =>
  ({ env }) => {
    if (user.uid === 0) return [finding('ok', 'Root needs no ranges of ids.')]
    const missing = [subuid, subgid].filter((file) => !hasRange(file, user))
    if (missing.length > 0)
      return [
        finding(
          'note',
          `The user ${user.name} has no range of ids in ${missing.join(' and ')}, so that rootless containers have only one id.`,
          `Run “usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user.name}” as root.`,
        ),
      ]
    const programs = ['newuidmap', 'newgidmap'].filter((name) => !isProgram(name, env['PATH'] ?? ''))
    if (programs.length > 0)
      return [
        finding(
          'note',
          `The program ${programs.join(' and ')} is missing, so that ranges of ids cannot be used.`,
          'Install the package uidmap (Debian, Ubuntu) or shadow-utils (Fedora).',
        ),
      ]
    return [finding('ok', `The user ${user.name} has ranges of ids for a user namespace.`)]
  }

/** Lines are `NAME:FIRST:COUNT`, with the name or the id of the user. */
function hasRange(file: string, { name, uid }: IdMapFiles['user']): boolean {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .some((line) => {
        const [owner, first, count] = line.split(':')
        return (owner === name || owner === String(uid)) && first !== undefined && Number(count) > 0
      })
  } catch {
    return false
  }
}

const isProgram = (name: string, path: string): boolean =>
  path.split(':').some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** Checks the ranges of ids of this user. */
export const checkIdMaps: Check = (examination) =>
  checkIdMapFiles({ subuid: '/etc/subuid', subgid: '/etc/subgid', user: thisUser() })(examination)

function thisUser(): IdMapFiles['user'] {
  const uid = process.getuid?.() ?? 0
  try {
    return { name: userInfo().username, uid }
  } catch {
    // The user database does not have this user.
    return { name: String(uid), uid }
  }
}
