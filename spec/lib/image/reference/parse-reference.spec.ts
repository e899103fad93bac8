import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPullable, parseReference } from '../../../../lib/image/reference/parse-reference.js'
import { failure, tolerant } from '../../../support/image/failure.js'
import { hex64, referenceText } from '../../../support/image/reference-arbitrary.js'
import { cpuTimeSince } from '../../../support/cpu-time.js'

const sha256 = `sha256:${'f'.repeat(64)}`
const sha512 = `sha512:${'a'.repeat(128)}`

describe('parseReference', () => {
  // From the tests of distribution/reference: the typed name, the normalised name, the familiar name.
  it.each([
    ['alpine', 'docker.io/library/alpine', 'alpine'],
    ['alpine:3.20', 'docker.io/library/alpine:3.20', 'alpine:3.20'],
    ['fooo/bar', 'docker.io/fooo/bar', 'fooo/bar'],
    ['library/ubuntu', 'docker.io/library/ubuntu', 'ubuntu'],
    ['docker.io/foo', 'docker.io/library/foo', 'foo'],
    ['index.docker.io/library/debian', 'docker.io/library/debian', 'debian'],
    ['index.docker.io/debian', 'docker.io/library/debian', 'debian'],
    [
      'registry-1.docker.io/alpine',
      'registry-1.docker.io/library/alpine',
      'registry-1.docker.io/library/alpine',
    ],
    ['library/foo/bar', 'docker.io/library/foo/bar', 'library/foo/bar'],
    ['localhost/fooo', 'localhost/fooo', 'localhost/fooo'],
    ['localhost:5000/a/b:c', 'localhost:5000/a/b:c', 'localhost:5000/a/b:c'],
    ['LOCALDOMAIN/fooo', 'LOCALDOMAIN/fooo', 'LOCALDOMAIN/fooo'],
    ['Docker/docker', 'Docker/docker', 'Docker/docker'],
    ['test_com', 'docker.io/library/test_com', 'test_com'],
    ['test.com:5000', 'docker.io/library/test.com:5000', 'test.com:5000'],
    ['192.168.0.1:80', 'docker.io/library/192.168.0.1:80', '192.168.0.1:80'],
    ['192.168.1.1:5000/repo:5050', '192.168.1.1:5000/repo:5050', '192.168.1.1:5000/repo:5050'],
    ['[2001:db8::1]:5000/repo:tag', '[2001:db8::1]:5000/repo:tag', '[2001:db8::1]:5000/repo:tag'],
    ['[fc00:1:2:3:4:5:6:7]:5000/a/b', '[fc00:1:2:3:4:5:6:7]:5000/a/b', '[fc00:1:2:3:4:5:6:7]:5000/a/b'],
    ['[::1]/repo', '[::1]/repo', '[::1]/repo'],
    ['foo/foo_bar.com:8080', 'docker.io/foo/foo_bar.com:8080', 'foo/foo_bar.com:8080'],
    ['xn--n3h.com/myimage:xn--n3h.com', 'xn--n3h.com/myimage:xn--n3h.com', 'xn--n3h.com/myimage:xn--n3h.com'],
    ['lowercase:Uppercase', 'docker.io/library/lowercase:Uppercase', 'lowercase:Uppercase'],
    ['dock__er/a---b.c', 'docker.io/dock__er/a---b.c', 'dock__er/a---b.c'],
    [`busybox:latest@${sha256}`, `docker.io/library/busybox:latest@${sha256}`, `busybox:latest@${sha256}`],
    [`test:5000/repo@${sha512}`, `test:5000/repo@${sha512}`, `test:5000/repo@${sha512}`],
    // The familiar form is not used where it would be parsed as another image.
    ['docker.io/foo.bar/baz', 'docker.io/foo.bar/baz', 'docker.io/foo.bar/baz'],
    [`docker.io/${hex64}`, `docker.io/library/${hex64}`, `docker.io/library/${hex64}`],
  ])('%s is %s, familiarly %s (S0-05, S0-10)', (typed, normalised, familiar) => {
    const reference = parseReference(typed)
    expect(reference.toString()).toBe(normalised)
    expect(reference.familiar()).toBe(familiar)
    expect(reference.typed).toBe(typed)
  })

  it.each([
    '',
    ':justtag',
    `@${sha256}`,
    'https://github.com/docker/docker',
    'docker://alpine',
    'docker/Docker',
    'Uppercase:tag',
    'test:5000/Uppercase/lowercase:tag',
    '-docker',
    '-docker.io/docker/docker',
    'docker-/docker',
    'docker///docker',
    'docker/',
    '/docker',
    '____/____',
    'dock..er/docker',
    'dock_.er/docker',
    'dock-.er/docker',
    'a/../b',
    '../../etc/passwd',
    'repo:tag/more',
    'repo:-tag',
    'repo:.tag',
    `repo:${'t'.repeat(129)}`,
    'repo:',
    'repo@',
    'repo:tag@',
    'repo@sha256:ffff',
    `repo@md5:${'f'.repeat(32)}`,
    `repo@SHA256:${'F'.repeat(64)}`,
    `repo@${sha256}@${sha256}`,
    `repo@${sha256}:tag`,
    '[fc00::1]',
    '[fc00::1]:5000',
    'fc00::1:5000/debian',
    '[fe80::1%eth0]:5000/debian',
    '[2001:db8:3:4::192.0.2.33]:5000/debian',
    '[fd00123123123]:75050/a',
    '[::1/repo',
    'foo_bar.com:8080/app',
    'aa/asdf$$^/aa',
    'alpine\n',
    'alpine\0',
    'alpine:3\u001b[31m',
    ' alpine',
    'älpine',
    `domain.com/${'a'.repeat(256)}:tag`,
    'a/'.repeat(200) + 'a',
  ])('refuses %j before any network traffic (S0-02)', (typed) => {
    const error = failure(() => parseReference(typed))
    expect(error.code).toBe('REFERENCE_INVALID')
    expect(error.message).not.toMatch(/[\p{Cc}]/u)
  })

  it('takes names of 255 characters and tags of 128, not counting the registry', () => {
    const repository = 'a'.repeat(255)
    const tag = 't'.repeat(128)
    expect(parseReference(`example.com/${repository}:${tag}`)).toMatchObject({ repository, tag })
    expect(failure(() => parseReference(`example.com/${repository}a`)).message).toContain('255')
  })

  it.each([
    'localhost:http/repo',
    'test.com:/repo',
    '[::1]:x/repo',
    'test.com:750050/a',
    'test.com:65536/a',
    'a.b:0/c',
    'a:b:5/c',
  ])('%s fails to get its registry port (S0-09)', (typed) => {
    expect(failure(() => parseReference(typed)).message).toMatch(/^Failed to get registry port/)
  })

  it('refuses 64 hexadecimal digits as a name, with or without a tag (S2-09)', () => {
    for (const typed of [hex64, `${hex64}:latest`, `${hex64}@${sha256}`])
      expect(failure(() => parseReference(typed)).message).toContain(
        'it is an image ID, and registries do not know image IDs',
      )
    expect(parseReference(`team/${hex64}`).repository).toBe(`team/${hex64}`)
  })

  it('rejects scratch, and only that (S2-09)', () => {
    for (const typed of ['scratch', 'scratch:latest', 'docker.io/library/scratch', `scratch@${sha256}`])
      expect(failure(() => checkPullable(parseReference(typed))).message).toContain('reserved name')
    for (const typed of ['team/scratch', 'localhost/scratch', 'scratch2'])
      expect(() => checkPullable(parseReference(typed))).not.toThrow()
  })

  it('normalising twice gives the same as once, familiar or not (S0-12)', () => {
    fc.assert(
      fc.property(referenceText, (text) => {
        const once = parseReference(text)
        for (const form of [once.toString(), once.familiar()]) {
          const twice = parseReference(form)
          expect(twice.toString()).toBe(once.toString())
          expect(twice).toMatchObject({ registry: once.registry, repository: once.repository })
          expect([twice.tag, twice.digest]).toEqual([once.tag, once.digest])
        }
      }),
      { numRuns: 500 },
    )
  })

  it('throws only WindlassErrors, for any text', () => {
    const nearly = fc.string({
      unit: fc.constantFrom(...Array.from('aZ0.:/@_-[]%\n'), 'sha256:', 'localhost', hex64),
    })
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearly), (text) => {
        const reference = tolerant(() => parseReference(text))
        if (reference !== undefined)
          expect(parseReference(reference.toString()).toString()).toBe(reference.toString())
      }),
      { numRuns: 1000 },
    )
  })

  it('reads a hostile name in linear time', () => {
    const begun = process.cpuUsage()
    for (const unit of ['a', 'a-', 'a.', 'a_', 'a/', '-', 'a:', '[', 'a.b/', '@'])
      failure(() => parseReference(`${unit.repeat(100_000)}!`))
    expect(cpuTimeSince(begun)).toBeLessThan(2_000)
  })
})
