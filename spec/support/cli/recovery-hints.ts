/**
 * The states that a command of the store refuses, one a row: how a store comes into it, which command refuses it, and what
 * leads out. The way out is in the hint: what stands in “quotes” there is run, in this order, as a user would.
 */
import type { Child } from '../store/child.js'

/** A store with one whole image in it, and a registry that still has that. */
export interface World {
  readonly store: string
  /** The name of the image. */
  readonly name: string
  /** Digests of the image's own: they lead to files of the store. */
  readonly image: { readonly manifest: string; readonly config: string; readonly layer: string }
  readonly blob: (digest: string) => string
  /** A path where nothing is yet. */
  readonly fresh: () => string
  /** A process that does something to the store, ended after the test. */
  readonly child: (script: string, ...values: string[]) => Promise<Child>
  /** Changes the entries of `index.json`. */
  readonly entries: (change: (entries: Record<string, unknown>[]) => unknown[]) => Promise<void>
  readonly sh: (script: string) => void
}

export interface WayOut {
  readonly state: string
  readonly spoil: (world: World) => unknown
  /** The command that is refused; `STORE` stands for another store, `NAME` for the image. */
  readonly refused: readonly string[]
  readonly code: string
  readonly says: RegExp
  /** What it must name in quotes, the first of them. */
  readonly quotes: RegExp
  /** Where more than the hint is to be done, such as to leave out an option. */
  readonly instead?: readonly string[]
}

const rm = ['rm', 'NAME']
const images = ['images']
const gc = ['gc']
const unpack = ['unpack', '-q', '--platform', 'linux/amd64', 'NAME', 'FRESH']
const pull = ['pull', '-q', '--platform', 'linux/amd64', 'NAME']
const repair = /^windlass verify --repair$/
const move = /^mv /

export const waysOut: readonly WayOut[] = [
  // The files that say what the store is.
  {
    ...{ state: 'windlass.json has rotted', refused: images, code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ sh }) => sh('printf x > windlass.json'),
    says: /windlass\.json cannot be read/,
  },
  {
    ...{ state: 'oci-layout has rotted', refused: images, code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ sh }) => sh('printf "{}" > oci-layout'),
    says: /oci-layout cannot be read/,
  },
  {
    ...{ state: 'windlass.json is a directory', refused: images, code: 'STORE_CORRUPT', quotes: move },
    spoil: ({ sh }) => sh('rm windlass.json; mkdir windlass.json'),
    says: /windlass\.json is not a regular file: it is a directory/,
  },
  {
    ...{ state: 'oci-layout is a link', refused: images, code: 'STORE_CORRUPT', quotes: move },
    spoil: ({ sh }) => sh('mv oci-layout other; ln -s other oci-layout'),
    says: /oci-layout is not a regular file/,
  },
  {
    ...{ state: 'a newer program made it', refused: images, code: 'STORE_CORRUPT', quotes: /^--store DIR$/ },
    spoil: ({ sh }) => sh(`printf '{"version":99}' > windlass.json`),
    says: /a newer version of Windlass created it/,
  },
  {
    ...{
      state: 'its layout has another version',
      refused: images,
      code: 'STORE_CORRUPT',
      quotes: /^--store DIR$/,
    },
    spoil: ({ sh }) => sh(`printf '{"imageLayoutVersion":"2.0.0"}' > oci-layout`),
    says: /its image layout has the unsupported version "2\.0\.0"/,
  },
  {
    ...{ state: 'it is no store', refused: images, code: 'STORE_CORRUPT', quotes: /^--store DIR$/ },
    spoil: ({ sh }) => sh('rm oci-layout windlass.json; touch letter.txt'),
    says: /is not a store: it contains other files/,
  },
  {
    ...{
      state: 'it is a link that leads to nothing',
      refused: images,
      code: 'STORE_DENIED',
      quotes: /^mkdir -p /,
    },
    spoil: ({ store, fresh, sh }) => sh(`rm -r '${store}'; ln -s '${fresh()}' '${store}'`),
    says: /is a symbolic link to a path that does not exist/,
  },

  // What stands in the place of its directories and files.
  ...['blobs', 'layers', 'partial', 'staging', 'blobs/sha256'].map((name): WayOut => ({
    ...{ state: `${name} is a file`, refused: pull, code: 'STORE_CORRUPT', quotes: move },
    spoil: ({ sh }) => sh(`rm -r ${name}; touch ${name}`),
    says: /is not a directory/,
  })),
  {
    ...{ state: 'blobs is a link', refused: images, code: 'STORE_CORRUPT', quotes: move },
    spoil: ({ sh, fresh }) => {
      const there = fresh()
      sh(`mv blobs '${there}'; ln -s '${there}' blobs`)
    },
    says: /blobs is not a directory/,
  },
  {
    ...{ state: 'the lock is a directory', refused: rm, code: 'STORE_CORRUPT', quotes: move },
    spoil: ({ sh }) => sh('rm lock; mkdir lock'),
    says: /Failed to take the lock of the store at .*: there is a directory at this path/,
  },
  {
    ...{ state: 'the lock is a link', refused: rm, code: 'STORE_CORRUPT', quotes: move },
    spoil: ({ sh }) => sh('mv lock other; ln -s other lock'),
    says: /Failed to take the lock of the store at .*: there is a symbolic link at this path/,
  },

  // The list of names.
  {
    ...{ state: 'the list of names has rotted', refused: images, code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ sh }) => sh('printf x > index.json'),
    says: /The list of names of the store is not valid/,
  },
  {
    ...{ state: 'the list of names is gone', refused: gc, code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ sh }) => sh('rm index.json'),
    says: /The list of names of the store is not valid/,
  },
  {
    ...{ state: 'the list of names is a FIFO', refused: images, code: 'STORE_CORRUPT', quotes: move },
    spoil: ({ sh }) => sh('rm index.json; mkfifo index.json'),
    says: /index\.json is not a regular file: it is a FIFO/,
  },
  {
    ...{ state: 'the list of names is too large', refused: images, code: 'STORE_CORRUPT', quotes: move },
    spoil: ({ sh }) => sh('truncate -s 65M index.json'),
    says: /index\.json is too large/,
  },

  // Its entries.
  {
    ...{
      state: 'an entry is not as it was written',
      refused: gc,
      code: 'STORE_CORRUPT',
      quotes: /^windlass rm /,
    },
    spoil: ({ entries }) => entries((all) => all.map((entry) => ({ ...entry, size: 1 }))),
    says: /Nothing was removed, because the entry of .* was damaged or changed/,
  },
  {
    ...{
      state: 'an entry leads nowhere',
      refused: gc,
      code: 'STORE_CORRUPT',
      quotes: /^windlass rm @[0-9a-f]{12}$/,
    },
    spoil: ({ entries }) => entries((all) => [...all, 7]),
    says: /Nothing was removed, because it is unknown what the entry @[0-9a-f]{12} refers to/,
  },
  {
    ...{ state: 'an entry of another tool leads to what is not here', refused: gc, code: 'STORE_CORRUPT' },
    quotes: repair,
    spoil: ({ entries }) =>
      entries((all) => [
        ...all,
        { mediaType: all[0]!['mediaType'], digest: `sha256:${'0'.repeat(64)}`, size: 1 },
      ]),
    says: /Nothing was removed, because the content of sha256:0+ is unknown: Blob sha256:0+ is not in the store/,
  },
  {
    ...{ state: 'an entry with a name of another tool leads to what is not here', refused: gc },
    ...{ code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ entries }) =>
      entries((all) => [
        ...all,
        {
          ...{ mediaType: all[0]!['mediaType'], digest: `sha256:${'0'.repeat(64)}`, size: 1 },
          annotations: { 'org.opencontainers.image.ref.name': "it's" },
        },
      ]),
    says: /Nothing was removed, because the content of it's is unknown/,
  },
  {
    ...{ state: 'an image of another tool is not whole', refused: ['unpack', '-q', 'a b', 'FRESH'] },
    ...{ code: 'STORE_CORRUPT', quotes: /^windlass rm 'a b'$/ },
    spoil: ({ entries }) =>
      entries((all) => [
        ...all,
        {
          ...{ mediaType: all[0]!['mediaType'], digest: `sha256:${'0'.repeat(64)}`, size: 1 },
          annotations: { 'org.opencontainers.image.ref.name': 'a b' },
        },
      ]),
    says: /The store has only a part of a b/,
    instead: ['images'],
  },

  {
    ...{
      state: 'a lease is damaged',
      refused: gc,
      code: 'STORE_CORRUPT',
      quotes: /^windlass lease rm \w{16}$/,
    },
    spoil: ({ sh }) => sh('mkdir leases; printf "{" > leases/0123456789abcdef.json'),
    says: /the lease 0123456789abcdef is damaged or of a newer version/,
  },

  // Blobs.
  {
    ...{ state: 'a manifest is missing', refused: gc, code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ sh, blob, image }) => sh(`rm '${blob(image.manifest)}'`),
    says: /Blob sha256:\w+ is not in the store/,
  },
  {
    ...{ state: 'a manifest is a link', refused: gc, code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ sh, blob, image }) =>
      sh(`mv '${blob(image.manifest)}' m; ln -s "$PWD/m" '${blob(image.manifest)}'`),
    says: /Blob sha256:\w+ in the store is not a regular file/,
  },
  {
    ...{ state: 'a config has rotted', refused: unpack, code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ sh, blob, image }) => sh(`printf x > '${blob(image.config)}'`),
    says: /Blob sha256:\w+ in the store is damaged/,
  },
  {
    ...{ state: 'a layer has rotted', refused: ['verify'], code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ sh, blob, image }) => sh(`printf x > '${blob(image.layer)}'`),
    says: /The store at .* has \d+ damaged or missing objects?/,
  },
  {
    ...{ state: 'the blob of a layer is missing, and its tree is here', refused: ['verify'] },
    ...{ code: 'STORE_CORRUPT', quotes: repair },
    spoil: ({ sh, blob, image }) => sh(`rm '${blob(image.layer)}'`),
    says: /has 1 damaged or missing object/,
  },
  {
    ...{ state: 'an image is larger than is allowed', code: 'LIMIT_EXCEEDED' },
    refused: ['unpack', '-q', '--platform', 'linux/amd64', '--limit', 'configBytes=10', 'NAME', 'FRESH'],
    spoil: () => undefined,
    says: /Blob sha256:\w+ has [\d.]+ k?B, more than the limit configBytes \(10 bytes\)/,
    quotes: /^$/,
    instead: ['unpack', '-q', '--platform', 'linux/amd64', '--limit', 'configBytes=100000', 'NAME', 'FRESH'],
  },

  // Locks.
  {
    ...{
      state: 'a stopped process has the lock',
      refused: rm,
      code: 'STORE_LOCKED',
      quotes: /^kill -CONT \d+$/,
    },
    spoil: async ({ child, store }) => (await child('hold-lock', store)).process.kill('SIGSTOP'),
    says: /Waited [\d.]+ seconds? for the lock of the store, which process \d+ \(stopped\) holds/,
  },
  {
    ...{ state: 'a process has the lock for long', refused: rm, code: 'STORE_LOCKED', quotes: /^kill \d+$/ },
    spoil: ({ child, store }) => child('hold-lock', store),
    says: /Waited [\d.]+ seconds? for the lock of the store, which process \d+ holds/,
  },
  {
    ...{
      state: 'a process downloads the same for long',
      refused: pull,
      code: 'STORE_LOCKED',
      quotes: /^kill \d+$/,
    },
    spoil: async ({ child, store, image, sh }) => {
      sh(`rm -r layers/* blobs/*; printf '{"schemaVersion":2,"manifests":[]}' > index.json`)
      await child('grow-partial', store, image.layer)
    },
    says: /Waited [\d.]+ seconds? for the download of sha256:\w+, which process \d+ holds/,
  },

  // What is asked for is not there.
  {
    ...{ state: 'there is no such image', refused: ['rm', 'nothing'], code: 'IMAGE_UNKNOWN' },
    spoil: () => undefined,
    says: /The store has no image "nothing"/,
    quotes: /^windlass images$/,
    instead: rm,
  },
  {
    ...{ state: 'a digest stands for several images', refused: ['rm', 'DIGEST'], code: 'USAGE' },
    spoil: ({ entries }) =>
      entries(([one]) =>
        ['one', 'two'].map((name) => ({
          ...{ mediaType: one!['mediaType'], digest: one!['digest'], size: one!['size'] },
          annotations: { 'org.opencontainers.image.ref.name': name },
        })),
      ),
    says: /matches 2 images of the store: one, two/,
    quotes: /^windlass images$/,
    instead: ['rm', 'one'],
  },
]

/** What is refused only where another specification brings it about: its words, and where. */
export const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/record of a mount is damaged/, 'spec/lib/store/mounts/mount-records.spec.ts'],
  [/Failed to store the name .*: its manifest/, 'spec/lib/store/names/names.spec.ts'],
  [/Failed to store .*: its layer .* is no longer in the store/, 'spec/stores/image-store.spec.ts'],
  [
    /Failed to assemble the tree of the image: layer .* is no longer in the store/,
    'spec/stores/image-store.spec.ts',
  ],
  [/Stopped waiting after .* for the download of/, 'spec/lib/store/partial/partials.spec.ts'],
  [/has locked$/, 'spec/lib/store/partial/partials.spec.ts'],
  [/Not enough disk space to pull .*: its layers take/, 'spec/lib/stages/policy/check-space.spec.ts'],
  [/Root does not use a store that other users can change/, 'spec/lib/store/layout/ownership.spec.ts'],
  [/and only its owner may write to it/, 'spec/lib/store/layout/ownership.spec.ts'],
  [/Failed to create a directory for the throw-away stores in/, 'spec/cli/commands/bench.spec.ts'],
  [/its blob and its tree are missing in the store/, 'spec/pulls/entries.spec.ts'],
  [/There is no store at/, 'spec/lib/store/store.spec.ts'],
  [/is nested too deeply|^Blob .* is damaged: /, 'spec/lib/store/garbage/garbage.spec.ts'],
  [/Failed to create a directory for the demo/, 'spec/cli/commands/demo.spec.ts'],
  [/which an archive of the image needs$/, 'spec/pipelines/archive/save-images.spec.ts'],
  [/in the store is damaged: it has another digest$/, 'spec/pipelines/archive/save-images.spec.ts'],
  [/in the store is incomplete or damaged$/, 'spec/cli/commands/archives/export.spec.ts'],
  [/Failed to write the report to/, 'spec/cli/commands/sync/sync.spec.ts'],
]
