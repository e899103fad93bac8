/** Tests the output of `windlass ls`, as text and as JSON. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildImage, byteString, putImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../../lib/testing/registry/index.js'
import { windlass } from '../../support/cli/test-terminal.js'

const mtime = 1_706_933_106 // 2024-02-03T04:05:06Z

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
  const entries = [
    { path: 'bin/', mtime },
    { path: 'bin/su', content: 'su', mode: 0o4755, mtime },
    { path: 'bin/su2', type: 'link', linkTarget: 'bin/su' },
    { path: 'dev/null', type: 'character-device', device: { major: 1, minor: 3 }, mode: 0o666, mtime },
    { path: 'etc/', uid: 10, gid: 1_000, mtime },
    { path: 'etc/passwd', content: 'x'.repeat(1_234), mode: 0o640, mtime: '1706933106.5' },
    { path: 'etc/link', type: 'symlink', linkTarget: '../\u001b[31mred', mtime },
    { path: byteString('etc/\u001b]0;title\u0007'), content: '', mtime },
    { path: byteString('etc/naïve'), content: '', xattrs: { 'user.note': 'hi' }, mtime },
  ] as const
  await putImage(registry, 'team/app', '1', buildImage({ layers: [{ entries }] }))
})
afterAll(() => registry.close())

const ls = (...argv: readonly string[]) => {
  const [path, ...flags] = argv
  const image = `${registry.host}/team/app:1`
  const argument = path === undefined || path === '' ? [] : [path]
  return windlass(['ls', '--platform', 'linux/amd64', ...flags, image, ...argument], {
    env: {},
  })
}

const steers = (text: string): boolean => text.includes('\u001b') || text.includes('\u0007')

describe('windlass ls', () => {
  it('prints the names in a directory, by default in the root', async () => {
    expect(await ls('')).toMatchObject({ code: 0, out: 'bin\ndev\netc\n', err: '' })
    expect((await ls('/bin')).out).toBe('su\nsu2\n')
    expect((await ls('bin/../bin/')).out).toBe('su\nsu2\n')
    expect((await ls('/bin/su')).out).toBe('su\n')
  })

  it('prints whole paths with -R', async () => {
    expect((await ls('', '-R')).out.split('\n').slice(0, 4)).toEqual(['/bin', '/bin/su', '/bin/su2', '/dev'])
  })

  it('prints modes, owners, sizes and times in columns', async () => {
    expect((await ls('', '-l')).out).toBe(
      [
        'drwxr-xr-x  0    0 0 2024-02-03 04:05 bin',
        'drwxr-xr-x  0    0 0 1970-01-01 00:00 dev',
        'drwxr-xr-x 10 1000 0 2024-02-03 04:05 etc',
        '',
      ].join('\n'),
    )
    expect((await ls('/bin', '-l')).out).toBe(
      '-rwsr-xr-x 0 0 2 2024-02-03 04:05 su\n-rwsr-xr-x 0 0 2 2024-02-03 04:05 su2 link to /bin/su\n',
    )
    expect((await ls('/dev', '-l')).out).toBe('crw-rw-rw- 0 0 1, 3 2024-02-03 04:05 null\n')
  })

  it('escapes control characters in names and link targets', async () => {
    const { out } = await ls('/etc', '-l')
    expect(steers(out)).toBe(false)
    expect(out).toContain('link -> ../\\u{1b}[31mred')
    expect((await ls('/etc')).out).toBe('\\u{1b}]0;title\\u{7}\nlink\nnaïve\npasswd\n')
  })

  it('prints one object per line with --json', async () => {
    const { out } = await ls('/etc', '--json')
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ path }) => path)).toEqual([
      '/etc/\u001b]0;title\u0007',
      '/etc/link',
      '/etc/naïve',
      '/etc/passwd',
    ])
    const digest = expect.stringMatching(/^sha256:/) as unknown
    expect(lines[3]).toEqual({
      ...{ path: '/etc/passwd', type: 'file', mode: '0640', uid: 0, gid: 0, size: 1_234 },
      ...{ mtime: '2024-02-03T04:05:06.5Z', layer: digest },
    })
    expect(lines[1]).toMatchObject({ type: 'symlink', linkTarget: '../\u001b[31mred' })
    expect(lines[2]).toMatchObject({ xattrs: { 'user.note': 'aGk=' } })
    expect(JSON.parse((await ls('/dev', '--json')).out)).toMatchObject({ device: { major: 1, minor: 3 } })
    const [, second] = (await ls('/bin', '--json')).out.trim().split('\n')
    expect(JSON.parse(second!)).toMatchObject({ hardlink: '/bin/su', type: 'file', size: 2 })
  })

  it('ends with 4 for a missing path and names its last existing directory', async () => {
    const { code, out, err } = await ls('/etc/nope')
    expect({ code, out }).toEqual({ code: 4, out: '' })
    expect(err).toMatch(/^windlass: The image has no "\/etc\/nope": "\/etc" has no "nope"\n {2}"\/etc" has /)
    expect(steers(err)).toBe(false)
  })
})
