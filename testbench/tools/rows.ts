/** Lists the tools that Windlass works with, what passes between them, and the test that shows it. */

/** What one tool and Windlass exchange. */
export interface ToolRow {
  /** Name as in `toolPackages`. */
  readonly tool: keyof typeof toolPackages
  /** What the tool gives to Windlass. */
  readonly taken?: string
  /** What Windlass gives to the tool. */
  readonly given?: string
  /** Path of the spec. */
  readonly spec: string
  /** Full title of a test in it (`suite > test`), as `scripts/test-titles.mjs` reads it. */
  readonly test: string
}

/** Debian packages of the tools; undefined for packages of npm. */
export const toolPackages = {
  'docker (client)': 'docker.io',
  dockerd: 'docker.io',
  'docker-compose': 'docker-compose',
  dockerode: undefined,
  podman: 'podman',
  skopeo: 'skopeo',
  umoci: 'umoci',
  'containerd (ctr)': 'containerd',
  runc: 'runc',
  crun: 'crun',
  cosign: 'cosign',
  'docker-registry': 'docker-registry',
  nginx: 'nginx-light',
  'docker-credential-pass': 'golang-docker-credential-helpers',
} as const

/** The rows, in the order of the page. */
export const toolRows: readonly ToolRow[] = [
  {
    tool: 'docker-registry',
    taken: 'images of OCI and Docker, plain, with Basic and with tokens',
    spec: 'spec/real/pull-tree.spec.ts',
    test: 'a real image > from the %s registry: %s as %s',
  },
  {
    tool: 'docker-registry',
    given: 'images, by `copy`: blobs are mounted within a registry',
    spec: 'spec/real/copy.spec.ts',
    test: 'a copy > within a registry mounts every blob, and sends no byte of one',
  },
  {
    tool: 'skopeo',
    taken: 'layouts that it wrote',
    given: 'layouts, by `copy`',
    spec: 'spec/real/copy.spec.ts',
    test: 'a copy > to a layout that skopeo wrote keeps its image, and the layout can be copied from',
  },
  {
    tool: 'skopeo',
    given: 'the store, which is an OCI layout',
    spec: 'spec/real/store-readers.spec.ts',
    test: 'the store > is read by skopeo: %s',
  },
  {
    tool: 'skopeo',
    given: 'images of `serve --registry`',
    spec: 'spec/real/serve/registry.spec.ts',
    test: 'a store served as a registry > is copied, inspected and listed by skopeo, without a token',
  },
  {
    tool: 'skopeo',
    taken: '`registries.conf`: the same hosts are asked',
    spec: 'spec/real/hosts/containers.spec.ts',
    test: 'skopeo and podman, with the same registries.conf > skopeo asks the hosts that are read: $title',
  },
  {
    tool: 'skopeo',
    taken: 'logins',
    given: 'logins',
    spec: 'spec/real/logins.spec.ts',
    test: 'reads what skopeo login leaves at its usual place, and no more once skopeo has logged out',
  },
  {
    tool: 'umoci',
    given: 'the store, and layouts of `copy`',
    spec: 'spec/real/store-readers.spec.ts',
    test: 'the store > is read by umoci: %s',
  },
  {
    tool: 'docker (client)',
    given: 'pulls, lists, history, names, archives, cleaning, by `serve`',
    spec: 'spec/real/docker/client.spec.ts',
    test: 'the client of Docker > pulls an image, and again when it is up to date',
  },
  {
    tool: 'docker (client)',
    taken: 'archives of `docker save`',
    given: 'archives for `docker load`, by `serve`',
    spec: 'spec/real/docker/client.spec.ts',
    test: 'the client of Docker > saves an archive that it loads again, and that skopeo reads',
  },
  {
    tool: 'docker (client)',
    taken: 'logins',
    given: 'logins',
    spec: 'spec/real/login-command.spec.ts',
    test: 'reads, replaces and removes what docker login and podman login saved',
  },
  {
    tool: 'dockerd',
    given: 'the same responses to its client as dockerd gives',
    spec: 'spec/real/docker/dockerd.spec.ts',
    test: 'the client of Docker > inspects an image as dockerd does, but for where it lies',
  },
  {
    tool: 'dockerd',
    taken: '`daemon.json`: the same hosts are asked',
    spec: 'spec/real/hosts/docker.spec.ts',
    test: 'dockerd, with the same daemon.json > asks the hosts that are read for %s',
  },
  {
    tool: 'docker-compose',
    given: 'pulls of the images of all services, by `serve`',
    spec: 'spec/real/docker/client.spec.ts',
    test: 'the client of Docker > of Compose pulls the images of all services',
  },
  {
    tool: 'dockerode',
    given: 'pulls with progress, lists, archives, by `serve`',
    spec: 'spec/real/docker/dockerode.spec.ts',
    test: 'dockerode > pulls with credentials and follows the progress, line by line',
  },
  {
    tool: 'podman',
    taken: '`registries.conf`: the same hosts are asked',
    spec: 'spec/real/hosts/containers.spec.ts',
    test: 'skopeo and podman, with the same registries.conf > podman asks the hosts that are read: $title',
  },
  {
    tool: 'podman',
    taken: 'logins',
    given: 'logins',
    spec: 'spec/real/login-command.spec.ts',
    test: 'reads, replaces and removes what docker login and podman login saved',
  },
  {
    tool: 'containerd (ctr)',
    taken: '`hosts.toml`: the same hosts are asked',
    spec: 'spec/real/hosts/containerd.spec.ts',
    test: 'containerd, with the same hosts.toml > asks the hosts that are read: $title',
  },
  {
    tool: 'nginx',
    taken: 'a registry behind a path',
    spec: 'spec/real/setups/mirrors.spec.ts',
    test: 'Windlass and the tools whose files it reads, with > a registry behind a path of nginx, by hosts.toml',
  },
  {
    tool: 'docker-credential-pass',
    taken: 'logins',
    given: 'logins',
    spec: 'spec/real/login-command.spec.ts',
    test: 'shares the logins in the helper docker-credential-pass with docker',
  },
  {
    tool: 'runc',
    given: 'bundles and mounts, of root and of an ordinary user',
    spec: 'spec/real/runtime/bundle.spec.ts',
    test: 'a bundle of %s > is started by %s',
  },
  {
    tool: 'crun',
    given: 'bundles and mounts, of root and of an ordinary user',
    spec: 'spec/real/runtime/bundle.spec.ts',
    test: 'a bundle of %s > is started by %s from a mount of the layers',
  },
  {
    tool: 'cosign',
    taken: 'signatures: bundles of cosign 3, and simple signing',
    given: 'signatures that `copy --referrers` took along',
    spec: 'spec/real/signatures.spec.ts',
    test: 'signatures of the real cosign > go along in a copy, and cosign verifies them there',
  },
  {
    tool: 'docker (client)',
    given: 'archives of `copy` and `export`, by `docker load`',
    spec: 'spec/real/archives.spec.ts',
    test: 'archives and docker > docker loads %s',
  },
  {
    tool: 'docker (client)',
    taken: 'archives of `docker save`, of one and of several images',
    spec: 'spec/real/archives.spec.ts',
    test: 'archives and docker > archives of docker save are read, of one image and of several',
  },
  {
    tool: 'podman',
    given: 'archives of `copy` and `export`, by `podman load`',
    spec: 'spec/real/archives.spec.ts',
    test: 'archives and podman > podman loads %s',
  },
  {
    tool: 'podman',
    taken: 'archives of `podman save`, in both formats',
    spec: 'spec/real/archives.spec.ts',
    test: 'archives and podman > archives of podman are read',
  },
  {
    tool: 'skopeo',
    given: '`docker-archive:`, `oci-archive:`, `dir:`',
    spec: 'spec/real/archives.spec.ts',
    test: 'archives and skopeo > skopeo reads %s of %s',
  },
  {
    tool: 'skopeo',
    taken: '`docker-archive:`, `oci-archive:`, `dir:`',
    spec: 'spec/real/archives.spec.ts',
    test: 'archives and skopeo > %s of skopeo is read',
  },
  {
    tool: 'containerd (ctr)',
    given: 'archives of `copy` and `export`, by `ctr images import`',
    spec: 'spec/real/archives.spec.ts',
    test: 'archives and ctr > ctr imports %s',
  },
  {
    tool: 'containerd (ctr)',
    taken: 'archives of `ctr images export`',
    spec: 'spec/real/archives.spec.ts',
    test: 'archives and ctr > an archive of ctr is read',
  },
  {
    tool: 'skopeo',
    taken: 'lists of `skopeo sync`: the same tags and digests',
    spec: 'spec/real/sync.spec.ts',
    test: 'a sync > by a list of skopeo has the tags and digests of `skopeo sync`',
  },
  {
    tool: 'docker (client)',
    given: 'the same `images` and `history`',
    spec: 'spec/real/docker/keeping.spec.ts',
    test: 'keeping house like the client of Docker > lists the same images with the same names and IDs',
  },
  {
    tool: 'podman',
    taken: 'certificates and `insecure` of its files: the same outcome',
    spec: 'spec/real/setups/tls.spec.ts',
    test: 'the settings of TLS, with an authority of its own, > by the files of Podman: %s',
  },
  {
    tool: 'containerd (ctr)',
    taken: 'certificates and `skip_verify` of `hosts.toml`: the same outcome',
    spec: 'spec/real/setups/tls.spec.ts',
    test: 'the settings of TLS, with an authority of its own, > by hosts.toml: %s',
  },
]
