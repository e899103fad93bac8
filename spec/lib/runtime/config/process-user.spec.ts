import { describe, expect, it } from 'vitest'
import { resolveUser } from '../../../../lib/runtime/config/process-user.js'
import { parseGroup, parsePasswd } from '../../../../lib/runtime/config/user-database.js'

const database = {
  users: parsePasswd('root:x:0:0::/root:\napp:x:1000:1001::/home/app:\n42:x:7:7::/seven:\nbare:x:9:9:::'),
  groups: parseGroup('root:x:0:\nstaff:x:50:app,root\naudio:x:29:app\naudio2:x:29:app\n99:x:98:\n'),
}

describe('the user of an image', () => {
  it.each<[string, number, number, readonly number[], string]>([
    ['', 0, 0, [50], '/root'],
    ['root', 0, 0, [50], '/root'],
    ['app', 1000, 1001, [50, 29], '/home/app'],
    ['1000', 1000, 1001, [50, 29], '/home/app'],
    ['app:staff', 1000, 50, [], '/home/app'],
    ['app:7777', 1000, 7777, [], '/home/app'],
    ['1234', 1234, 0, [], '/'],
    ['1234:staff', 1234, 50, [], '/'],
    ['1234:29', 1234, 29, [], '/'],
    ['42', 7, 7, [], '/seven'],
    ['app:99', 1000, 98, [], '/home/app'],
    [':staff', 0, 50, [], '/root'],
    ['bare', 9, 9, [], '/'],
  ])('%j is %i:%i with the groups %j and the home %s', (user, uid, gid, additionalGids, home) => {
    expect(resolveUser(user, database)).toEqual({ uid, gid, additionalGids, home })
  })

  it.each(['nobody', 'app:nogroup', '-1', '4294967295'])('%j is an error', (user) => {
    expect(() => resolveUser(user, database)).toThrow(/which its \/etc\/(passwd|group) does not have/)
  })

  it('is found in an image without databases if it is a number', () => {
    const none = { users: [], groups: [] }
    expect(resolveUser('5:6', none)).toMatchObject({ uid: 5, gid: 6 })
    expect(() => resolveUser('app', none)).toThrow(/does not have/)
  })
})
