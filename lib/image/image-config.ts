/**
 * Image configs: what the image is for, what it runs, and the diffIDs its layers must have. Data only: nothing in it is
 * ever acted upon here.
 */
import * as t from 'io-ts'
import { type ErrorSubject, WindlassError } from '../errors.js'
import type { Digest } from './digest.js'
import { DigestCodec } from './digest-codec.js'
import { listOf } from './list-of.js'
import { orNull } from './or-null.js'
import type { Platform } from './platform.js'
import { StringMapCodec } from './string-map.js'

const texts = orNull(listOf(t.string))
const text = orNull(t.string)
const set = orNull(t.UnknownRecord)

/** What a container of the image would run with. Go writes empty lists and maps as `null`. */
const RuntimeConfig = t.partial(
  {
    User: text,
    Env: texts,
    Entrypoint: texts,
    Cmd: texts,
    WorkingDir: text,
    StopSignal: text,
    Labels: orNull(StringMapCodec),
    ExposedPorts: set,
    Volumes: set,
  },
  'a run-time config',
)

const History = t.partial(
  { created: text, created_by: text, author: text, comment: text, empty_layer: orNull(t.boolean) },
  'a history entry',
)

export type RuntimeConfig = Readonly<t.TypeOf<typeof RuntimeConfig>>
export type HistoryEntry = Readonly<t.TypeOf<typeof History>>

export interface ImageConfig extends Platform {
  readonly created?: string | null
  readonly author?: string | null
  readonly config?: RuntimeConfig | null
  readonly rootfs: {
    readonly type: 'layers'
    /** Digests of the uncompressed layers, base first. */
    readonly diff_ids: readonly Digest[]
  }
  /** Base first. Tells how the image was made; nothing is decided by it but that it fits the layers. */
  readonly history?: readonly HistoryEntry[] | null
}

const name = 'an image config'

/** Unknown fields are kept (image-spec config.md). */
export const ImageConfigCodec: t.Type<ImageConfig, unknown> = t.intersection(
  [
    t.type(
      {
        os: t.string,
        architecture: t.string,
        rootfs: t.type(
          { type: t.literal('layers'), diff_ids: listOf(DigestCodec, 'a list of diffIDs') },
          'a rootfs',
        ),
      },
      name,
    ),
    t.partial(
      {
        variant: t.string,
        'os.version': t.string,
        'os.features': listOf(t.string),
        created: text,
        author: text,
        config: orNull(RuntimeConfig),
        history: orNull(listOf(History, 'a list of history entries')),
      },
      name,
    ),
  ],
  name,
)

/** Refuses a config that cannot belong to `layers` (C7): `ROOTFS_MISMATCH`. */
export function checkConfigAgainstLayers(
  config: ImageConfig,
  layers: { readonly length: number },
  subject: ErrorSubject = {},
): void {
  const of = subject.reference === undefined ? '' : ` of ${subject.reference}`
  const diffIDs = config.rootfs.diff_ids.length
  const filled = (config.history ?? []).filter((entry) => entry.empty_layer !== true).length
  if (filled > diffIDs)
    throw new WindlassError(
      'ROOTFS_MISMATCH',
      `too many non-empty layers in History section: the config${of} has ${filled} of them and ${diffIDs} diffIDs`,
      subject,
    )
  if (diffIDs !== layers.length)
    throw new WindlassError(
      'ROOTFS_MISMATCH',
      `the config${of} has ${diffIDs} diffIDs for the ${layers.length} layers of the manifest`,
      subject,
    )
}

/** The platform that a config says its image is for. */
export function platformOfConfig(config: ImageConfig): Platform {
  const { os, architecture, variant, 'os.version': version, 'os.features': features } = config
  return {
    os,
    architecture,
    ...(variant === undefined || variant === '' ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(features === undefined ? {} : { 'os.features': features }),
  }
}
