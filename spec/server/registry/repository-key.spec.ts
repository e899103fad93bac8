import { describe, expect, it } from 'vitest'
import { keyText, repositoriesNamed } from '../../../server/registry/repository-key.js'

const meant = (name: string, ns?: string): string[] => repositoriesNamed(name, ns).map(keyText)

describe('the name in a path', () => {
  it('without ns is of Docker Hub, with or without library/', () => {
    expect(meant('alpine')).toEqual(['docker.io/library/alpine'])
    expect(meant('library/alpine')).toEqual(['docker.io/library/alpine'])
    expect(meant('team/app')).toEqual(['docker.io/team/app'])
  })

  it('with a host in front is of that registry', () => {
    expect(meant('docker.io/library/alpine')).toEqual(['docker.io/library/alpine'])
    expect(meant('docker.io/alpine')).toEqual(['docker.io/library/alpine'])
    expect(meant('quay.io/team/app')).toEqual(['quay.io/team/app'])
    expect(meant('localhost/app')).toEqual(['localhost/app'])
    expect(meant('localhost:5000/team/app')).toEqual(['localhost:5000/team/app'])
  })

  it('with ns is of the registry that ns names, with or without that host in front', () => {
    expect(meant('library/alpine', 'docker.io')).toEqual(['docker.io/library/alpine'])
    expect(meant('team/app', 'quay.io')).toEqual(['quay.io/team/app'])
    expect(meant('app', 'localhost:5000')).toEqual(['localhost:5000/app'])
    expect(meant('quay.io/team/app', 'quay.io')).toEqual(['quay.io/quay.io/team/app', 'quay.io/team/app'])
    expect(meant('quay.io/team/app', 'ghcr.io')).toEqual(['ghcr.io/quay.io/team/app'])
  })

  it('takes the other hosts of Docker Hub for Docker Hub, and hosts in any case', () => {
    for (const ns of ['index.docker.io', 'registry-1.docker.io', 'Docker.IO'])
      expect(meant('library/alpine', ns)).toEqual(['docker.io/library/alpine'])
  })

  it('may write the port of a host after an underscore', () => {
    expect(meant('127.0.0.1_5000/app')).toEqual(['127.0.0.1:5000/app'])
    expect(meant('localhost_5000/app')).toEqual(['docker.io/localhost_5000/app', 'localhost:5000/app'])
  })

  it('is refused if it is not the name of a repository', () => {
    for (const name of ['UPPER/case', 'a//b', '../etc', 'a/../b', 'quay.io/UPPER', '-a', 'a'.repeat(300)])
      expect(meant(name)).toEqual([])
  })
})
