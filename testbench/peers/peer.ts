/** Lists the projects (peers) from whose test suites the tables are taken. */

export interface Project {
  /** Repository on GitHub. */
  readonly repository: string
  /** Commit whose tests were read, as the preceding release and the number of commits since, with its date. */
  readonly version: string
  readonly licence: string
}

const apache = 'Apache-2.0'

export const projects = {
  reference: { repository: 'distribution/reference', version: 'v0.6.0 + 22 (2026-04-18)', licence: apache },
  distribution: {
    repository: 'distribution/distribution',
    version: 'v3.1.1 + 53 (2026-08-18)',
    licence: apache,
  },
  platforms: { repository: 'containerd/platforms', version: 'v1.0.0-rc.4 (2026-03-31)', licence: apache },
  containerd: {
    repository: 'containerd/containerd',
    version: 'v2.4.0-beta.0 + 70 (2026-08-22)',
    licence: apache,
  },
  'container-libs': {
    repository: 'containers/container-libs',
    version: 'f0ddf1a (2026-04-01): image, storage and common',
    licence: apache,
  },
  ggcr: {
    repository: 'google/go-containerregistry',
    version: 'v0.21.9 + 11 (2026-08-21)',
    licence: apache,
  },
  regclient: { repository: 'regclient/regclient', version: 'v0.11.5 (2026-07-01)', licence: apache },
  'oras-go': {
    repository: 'oras-project/oras-go',
    version: 'v3 branch, 19db72b (2026-07-21)',
    licence: apache,
  },
  'image-spec': {
    repository: 'opencontainers/image-spec',
    version: 'v1.1.1 + 32 (2026-05-14)',
    licence: apache,
  },
  umoci: { repository: 'opencontainers/umoci', version: 'v0.6.0 + 53 (2026-03-15)', licence: apache },
  'docker-cli': { repository: 'docker/cli', version: 'v29.7.2 + 16 (2026-08-20)', licence: apache },
  go: {
    repository: 'golang/go',
    version: 'archive/tar at the commits 662feb6 and 019d8a0',
    licence: 'BSD-3-Clause',
  },
} as const satisfies Readonly<Record<string, Project>>

export type Peer = keyof typeof projects
