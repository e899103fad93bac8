/** Root that is not quite root: without a capability, or of a user namespace with one id. Issue 10, kind 10. */
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTrees, describeTree, type TreeEntry } from '../../lib/archive/index.js'
import {
  layersOfEveryKind,
  openDirectory,
  ordinaryUser,
  platform,
  windlassAs,
  writeLayout,
} from '../../testbench/harness/machine.js'

const asRoot = process.getuid?.() === 0
const without = (...names: readonly string[]): string[] => [
  'setpriv',
  `--bounding-set=${names.map((name) => `-${name}`).join()}`,
]
const owners = 'Files belong to'
const devices = 'Devices are skipped'
const attributes = 'Some extended attributes could not be set'

describe.runIf(asRoot)('an image with everything', () => {
  const place = openDirectory()
  let name: string
  /** As an ordinary user has it, with that user's id read as 0. */
  let ordinary: TreeEntry[]

  beforeAll(async () => {
    ;({ name } = writeLayout(join(place.path, 'layout'), layersOfEveryKind))
    const store = join(place.path, 'ordinary')
    const flat = join(place.path, 'ordinary-flat')
    const { exit, stderr } = windlassAs(
      { as: ordinaryUser },
      ...['unpack', '-q', ...platform, name, flat, '--store', store],
    )
    expect([exit, stderr]).toEqual([0, ''])
    const zero = (id: number): number => (id === 1234 ? 0 : id)
    ordinary = (await describeTree(flat)).map((entry) => ({
      ...entry,
      uid: zero(entry.uid),
      gid: zero(entry.gid),
    }))
  })
  afterAll(() => place.remove())

  /** Differences from `ordinary` in anything but what is in `except`. */
  const unlike = (tree: readonly TreeEntry[], except: readonly string[]): string[] =>
    compareTrees(ordinary, tree, {
      except: ({ path, attribute }) =>
        (path === '.' && attribute === 'mtime') ||
        except.some((each) => `${path} ${attribute}`.includes(each)),
    }).map(({ text }) => text)

  interface Case {
    readonly who: string
    readonly as: readonly string[]
    /** The beginning of each warning, and what it says of the reason. */
    readonly warns: readonly (readonly [string, RegExp])[]
    /** What it may do that an ordinary user may not: `path attribute`, or a part of that. */
    readonly better: readonly string[]
  }
  const setsOwners = [' uid', ' gid']
  const makesDevices = ['dev/null', 'dev/also-null', 'dev/sda', 'dev mtime']
  const setsCapability = ['xattr:security.capability']
  const noId = /the user namespace of this process does not map all of their ids/
  const cases: readonly Case[] = [
    {
      who: 'root of a user namespace with one id',
      as: ['unshare', '-Ur'],
      warns: [
        [owners, noId],
        [devices, /in a user namespace/],
      ],
      better: setsCapability,
    },
    {
      who: "an ordinary user's root of a user namespace",
      as: [...ordinaryUser, 'unshare', '-Ur'],
      warns: [
        [owners, noId],
        [devices, /in a user namespace/],
      ],
      better: setsCapability,
    },
    ...['chown', 'fowner', 'dac_override', 'fsetid'].map((capability): Case => ({
      who: `root without CAP_${capability.toUpperCase()}`,
      as: without(capability),
      warns: [[owners, new RegExp(`this process lacks CAP_${capability.toUpperCase()} `)]],
      better: [...makesDevices, ...setsCapability],
    })),
    {
      who: 'root without CAP_MKNOD',
      as: without('mknod'),
      warns: [[devices, /this process lacks CAP_MKNOD/]],
      better: [...setsOwners, ...setsCapability],
    },
    {
      who: 'root without CAP_SETFCAP',
      as: without('setfcap'),
      warns: [[attributes, /this process lacks CAP_SETFCAP/]],
      better: [...setsOwners, ...makesDevices],
    },
    {
      who: 'root without any capability',
      as: without('all'),
      warns: [
        [owners, /CAP_CHOWN/],
        [attributes, /CAP_SETFCAP/],
        [devices, /CAP_MKNOD/],
      ],
      better: [],
    },
    {
      who: 'an ordinary user',
      as: ordinaryUser,
      warns: [
        [owners, /only root may set them/],
        [attributes, /only root may set it/],
        [devices, /only root may create them/],
      ],
      better: [],
    },
  ]

  it.each(cases)(
    'is pulled, unpacked, verified and removed by $who, with one warning of each kind',
    async ({ as, warns, better }) => {
      const at = mkdtempSync(join(place.path, 'case-'))
      chmodSync(at, 0o777)
      const store = ['--store', join(at, 'store')]
      const flat = join(at, 'flat')
      const run = (...args: readonly string[]) => windlassAs({ as }, ...args, ...store)

      for (const command of [
        ['pull', ...platform, name],
        ['unpack', ...platform, name, flat],
      ]) {
        const { exit, stderr } = run(...command)
        const told = stderr.split('\n').filter((line) => line.startsWith('Warning: '))
        expect(exit, stderr).toBe(0)
        expect(told.map((line) => line.slice('Warning: '.length))).toHaveLength(warns.length)
        for (const [begin, why] of warns) {
          const line = told.find((each) => each.startsWith(`Warning: ${begin}`))
          expect(line, stderr).toMatch(why)
        }
      }
      const id = (entry: TreeEntry): TreeEntry => ({
        ...entry,
        uid: entry.uid === 1234 ? 0 : entry.uid,
        gid: entry.gid === 1234 ? 0 : entry.gid,
      })
      expect(unlike((await describeTree(flat)).map(id), better)).toEqual([])
      expect(readFileSync(join(flat, 'etc/shadow'), 'utf8')).toBe('secret')

      expect(run('verify')).toMatchObject({ exit: 0, stderr: '' })
      expect(run('verify').stdout).toContain('2 unpacked layers, 0 problems')
      expect(run('rm', name).exit).toBe(0)
      expect(run('gc').stdout).toMatch(/^Removed 6 objects, /m)
      expect(run('verify').stdout).toContain('0 blobs (0 B), 0 unpacked layers')
    },
  )
})
