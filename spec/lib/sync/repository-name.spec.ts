import { describe, expect, it } from 'vitest'
import { imageIn, parseRepository, tagsOfNames } from '../../../lib/sync/index.js'
import { repositoryName, withOurScheme } from '../../../lib/sync/repository-name.js'

const digest = `sha256:${'0'.repeat(64)}`

describe('the name of a repository', () => {
  it.each([
    [
      'alpine',
      'docker.io/library/alpine',
      `docker.io/library/alpine:1`,
      `docker.io/library/alpine@${digest}`,
    ],
    ['r.test:5000/app', 'r.test:5000/app', 'r.test:5000/app:1', `r.test:5000/app@${digest}`],
    ['oci:dir', 'oci:dir', 'oci:dir:1', `oci:dir:${digest}`],
    ['oci:dir:app', 'oci:dir:app', 'oci:dir:app:1', `oci:dir:app:${digest}`],
  ])('%s is normalised, and names images by tag and digest', (name, normal, tagged, byDigest) => {
    const repository = parseRepository(name)
    expect(repositoryName(repository)).toBe(normal)
    expect(parseRepository(repositoryName(repository))).toEqual(repository)
    expect(imageIn(repository, '1')).toBe(tagged)
    expect(imageIn(repository, digest)).toBe(byDigest)
  })

  it.each([
    'alpine:1',
    `alpine@${digest}`,
    'oci:dir:@1',
    'oci-archive:a.tar',
    'docker-archive:a.tar',
    'dir:a',
  ])('is not %s, which is one image', (name) => {
    expect(() => parseRepository(name)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
  })

  it('has the scheme of regclient replaced, at its start only', () => {
    expect(withOurScheme('ocidir:///a')).toBe('oci:/a')
    expect(withOurScheme('r.test/ocidir://a')).toBe('r.test/ocidir://a')
  })
})

describe('the tags in the names of a layout', () => {
  it('are those behind the prefix', () => {
    const names = ['1', 'lib:3', 'app:1', 'app:2', 'app:not/a tag', 'application:3', 'app']
    expect(tagsOfNames(names, 'app:')).toEqual(['1', '2'])
    expect(tagsOfNames(names, '')).toEqual(['1', 'app'])
  })
})
