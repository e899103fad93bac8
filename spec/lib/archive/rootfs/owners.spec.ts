import { afterEach, describe, expect, it, vi } from 'vitest'
import { type OwnerPolicy, OwnerWriter, ownerIdOf } from '../../../../lib/archive/rootfs/owners.js'

const machine = vi.hoisted(() => ({ inUserNamespace: false, cannotChown: undefined as string | undefined }))
vi.mock('../../../../lib/system/privileges.js', async (original) => ({
  ...(await original<object>()),
  isInUserNamespace: () => machine.inUserNamespace,
  whyCannotChown: () => machine.cannotChown,
}))

const ours = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }

/** Sets the owner of one entry. Returns the calls of `change`, the warnings and the result. */
function set(
  policy: OwnerPolicy,
  { uid = 5, gid = 6, initial = undefined as { uid: number; gid: number } | undefined, unknown = false } = {},
  refusal?: string,
) {
  const warnings: string[] = []
  const changes: [number, number][] = []
  const writer = new OwnerWriter(
    policy,
    (code, message) => void warnings.push(`${code}: ${message}`),
    initial,
  )
  const change = (...owner: [number, number]): void => {
    changes.push(owner)
    if (refusal !== undefined) throw Object.assign(new Error(refusal), { code: refusal, errno: -1 })
  }
  const isSet = writer.setOwner({ path: 'a', uid, gid }, change, unknown)
  return { warnings, changes, isSet, implied: writer.implied }
}

describe('the owner of an entry', () => {
  afterEach(() => void Object.assign(machine, { inUserNamespace: false, cannotChown: undefined }))

  it('is that of the layer, that of the process, or one for all entries', () => {
    expect(set('image')).toEqual({
      ...{ warnings: [], changes: [[5, 6]], isSet: true, implied: { uid: 0, gid: 0 } },
    })
    expect(set('process', { ...ours })).toEqual({ warnings: [], changes: [], isSet: false, implied: ours })
    const user = { uid: 1_000, gid: 1_001 }
    expect(set(user, user)).toEqual({ warnings: [], changes: [[1_000, 1_001]], isSet: true, implied: user })
  })

  it('is not set if the entry has it already, and is set if that is not known', () => {
    const initial = { uid: 5, gid: 6 }
    expect(set('image', { initial }).changes).toEqual([])
    expect(set('image', { initial, gid: 7 }).changes).toEqual([[5, 7]])
    expect(set('image', { initial, uid: 7 }).changes).toEqual([[7, 6]])
    expect(set('image', { initial, unknown: true }).changes).toEqual([[5, 6]])
    expect(set('process', { unknown: true }).changes).toEqual([[ours.uid, ours.gid]])
  })

  it('that the policy replaces is a warning, with the reason', () => {
    const other = { uid: ours.uid + 1, gid: ours.gid }
    expect(set('process', other).warnings).toEqual([
      expect.stringMatching(
        /^OWNER_SKIPPED: Files belong to .*: this process does not set owners \(first: "a"\)$/,
      ),
    ])
    expect(set('process', { ...ours, gid: ours.gid + 1 }).warnings).toHaveLength(1)
    machine.cannotChown = 'this process lacks CAP_CHOWN'
    expect(set('process', other).warnings[0]).toContain('this process lacks CAP_CHOWN')
    expect(set({ uid: 9, gid: 9 }).warnings[0]).toContain('the store belongs to user 9')
  })

  it.each(['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES'])(
    'that cannot be set because of %s is a warning, except for the process itself',
    (code) => {
      const { warnings, isSet } = set('image', {}, code)
      expect(isSet).toBe(false)
      expect(warnings).toEqual([
        expect.stringMatching(`^OWNER_SKIPPED: .*the file system does not change them \\(${code}\\)`),
      ])
      expect(set('process', { ...ours, unknown: true }, code)).toMatchObject({ warnings: [], isSet: false })
    },
  )

  it('that a user namespace does not map is reported as such', () => {
    machine.inUserNamespace = true
    expect(set('image', {}, 'EINVAL').warnings[0]).toContain('does not map all of their ids')
    expect(set('image', {}, 'EPERM').warnings[0]).toContain('does not change them (EPERM)')
  })

  it('fails with other errors, and for an owner out of range', () => {
    expect(() => set('image', {}, 'EROFS')).toThrow('EROFS')
    for (const id of [-1, 2 ** 32, 1.5]) {
      expect(() => set('image', { uid: id })).toThrow('out of range')
      expect(() => set('image', { gid: id })).toThrow('out of range')
    }
  })

  it('that no file can have becomes root, with a warning', () => {
    const none = 2 ** 32 - 1
    for (const owner of [{ uid: none }, { gid: none }]) {
      const { changes, warnings } = set('image', owner)
      expect(changes).toEqual([[ownerIdOf(owner.uid ?? 5), ownerIdOf(owner.gid ?? 6)]])
      expect(warnings).toEqual([expect.stringMatching(/^OWNER_NONE: /)])
    }
    expect([ownerIdOf(none), ownerIdOf(none - 1), ownerIdOf(0)]).toEqual([0, none - 1, 0])
  })
})
